//! Children on Unix.

use std::process::Command;

use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, kill_process, kill_process_group, wait, waitpid,
};
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1, SIGUSR2};

use super::listener::{Heard, Listener};
use super::{ChildRole, spawn};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::process::ended::Ended;

pub(super) fn run(command: &mut Command, cancel: &CancelToken, role: ChildRole) -> Result<Ended> {
    let more: &[i32] = match role {
        ChildRole::Owner => &[SIGUSR1, SIGUSR2],
        ChildRole::Servant => &[],
    };
    let mut listener = Listener::new(cancel, more)?;
    // From here on each signal is in the queue, what comes while the command is begun too: a process's is passed on, and
    // the terminal's has most likely reached the command.
    cancel.check()?;
    let pid = begin(command, &listener)?;
    // Those of processes and those of the terminal.
    let mut interrupts = [0_u32; 2];
    loop {
        if let Some(ended) = reap(pid, &listener)? {
            match role {
                // The command got them, and its end says what became of that.
                ChildRole::Owner if listener.has_the_process() => cancel.forget_signals(),
                ChildRole::Owner | ChildRole::Servant => cancel.check()?,
            }
            return Ok(ended);
        }
        for Heard { signal, by_terminal } in listener.wait() {
            if role == ChildRole::Servant {
                // It works in a temporary folder, where nothing needs to be left in order.
                let _ = kill_process_group(pid, Signal::KILL);
                continue;
            }
            if signal == SIGINT {
                let so_far = &mut interrupts[usize::from(by_terminal)];
                *so_far += 1;
                if *so_far == 2 {
                    return Err(stopped_waiting(pid));
                }
            }
            if !by_terminal {
                pass_on(pid, signal);
            }
        }
    }
}

/// See [`crate::process::apply::child::ChildGroup`].
pub(super) struct PlatformGroup<'a> {
    cancel: &'a CancelToken,
    listener: Listener,
    running: Vec<(usize, Pid)>,
    /// How many signals were passed on.
    passed_on: u32,
}

impl<'a> PlatformGroup<'a> {
    pub(super) fn new(cancel: &'a CancelToken) -> Result<Self> {
        Ok(Self { cancel, listener: Listener::new(cancel, &[])?, running: Vec::new(), passed_on: 0 })
    }

    pub(super) fn start(&mut self, number: usize, command: &mut Command) -> Result<()> {
        self.cancel.check()?;
        self.running.push((number, begin(command, &self.listener)?));
        Ok(())
    }

    pub(super) fn wait(&mut self) -> Result<(usize, Ended)> {
        loop {
            if let Some(one) = self.reap()? {
                if !self.cancel.is_cancelled() {
                    return Ok(one);
                }
                // The others were told as well.
                while !self.running.is_empty() {
                    if self.reap()?.is_none() {
                        self.hear();
                    }
                }
            }
            self.cancel.check().or_else(|error| if self.running.is_empty() { Err(error) } else { Ok(()) })?;
            self.hear();
        }
    }

    pub(super) fn end(&mut self) {
        if !self.running.is_empty() {
            self.tell(SIGTERM);
        }
        while !self.running.is_empty() {
            match self.reap() {
                Ok(Some(_)) => {}
                Ok(None) => self.hear(),
                Err(_) => return,
            }
        }
    }

    /// One that has ended. Others' children are left to whoever began them.
    fn reap(&mut self) -> Result<Option<(usize, Ended)>> {
        for at in 0..self.running.len() {
            let (number, pid) = self.running[at];
            match waitpid(Some(pid), WaitOptions::NOHANG) {
                Ok(Some((_, status))) => {
                    if let Some(ended) = ended(status) {
                        self.running.swap_remove(at);
                        return Ok(Some((number, ended)));
                    }
                }
                Ok(None) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => {
                    self.running.swap_remove(at);
                    return Err(Error::new(
                        ErrorKind::Environment,
                        format!("cannot wait for a build: {error}"),
                    ));
                }
            }
        }
        Ok(None)
    }

    /// Waits for the next signal or end, and passes on what is meant for us.
    fn hear(&mut self) {
        for Heard { signal, .. } in self.listener.wait() {
            self.tell(signal);
        }
    }

    fn tell(&mut self, signal: i32) {
        self.passed_on += 1;
        let signal = Signal::from_named_raw(signal).filter(|_| self.passed_on == 1);
        for (_, pid) in &self.running {
            let _ = kill_process_group(*pid, signal.unwrap_or(Signal::KILL));
        }
    }
}

/// Starts it, and listens for its end.
fn begin(command: &mut Command, listener: &Listener) -> Result<Pid> {
    let mut child = spawn(command)?;
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return Err(Error::new(ErrorKind::Environment, format!("{}: no such process id", child.id())));
    };
    if let Err(error) = listener.attend(pid) {
        // Nobody would hear of its end.
        let _ = child.kill().and_then(|()| child.wait());
        return Err(error);
    }
    Ok(pid)
}

/// The end of our command, if it has ended. Where the process is ours, every other child is taken note of too: as
/// process 1 of a container we are given the orphans.
fn reap(pid: Pid, listener: &Listener) -> Result<Option<Ended>> {
    loop {
        let ended_one = match listener.has_the_process() {
            true => wait(WaitOptions::NOHANG),
            false => waitpid(Some(pid), WaitOptions::NOHANG),
        };
        match ended_one {
            Ok(Some((whose, status))) if whose == pid => {
                if let Some(ended) = ended(status) {
                    return Ok(Some(ended));
                }
            }
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
            Ok(None) => return Ok(None),
            Err(error) => {
                let message = format!("cannot wait for the command: {error}");
                return Err(Error::new(ErrorKind::Environment, message));
            }
        }
    }
}

fn ended(status: WaitStatus) -> Option<Ended> {
    let killed = status.terminating_signal().map(Ended::Killed);
    status.exit_status().map(Ended::Exited).or(killed)
}

/// Whether it has gone meanwhile does not matter: it is not waited for yet, so its id is nobody else's.
fn pass_on(pid: Pid, signal: i32) {
    if let Some(signal) = Signal::from_named_raw(signal) {
        let _ = kill_process(pid, signal);
    }
}

fn stopped_waiting(pid: Pid) -> Error {
    let id = pid.as_raw_nonzero();
    Error::new(ErrorKind::Interrupted(SIGINT), format!("interrupted twice: process {id} is not waited for"))
        .hint(format!("it may still be at work; to end it, type: kill {id}"))
}
