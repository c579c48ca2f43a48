//! Commands that are run: that of the caller while the project is prepared, and package managers.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use super::signal::Signals;
use crate::error::{Error, Kind, Result, io_cause};
use crate::model::ended::Ended;

/// Runs a command in a folder and waits for its end. It has our stdin and stderr, and so our terminal.
///
/// A signal that a process sent to us is passed on. What the terminal sends for Ctrl-C or Ctrl-\, or as it is closed,
/// has reached the command already. The second Ctrl-C ends the waiting, not the command; so does the second SIGINT
/// that a process sent, but not one of each: npm sends on what it got from the terminal, and so did the terminal.
///
/// # Errors
/// [`Kind::NotRun`]: there is no such command, or it cannot be executed. [`Kind::Interrupted`]: a signal came before
/// it began, or a second SIGINT while it ran.
pub fn run(words: &[OsString], folder: &Path, stdout: Stdio, signals: &Signals) -> Result<Ended> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Error::new(Kind::Usage, "no command was named").hint("docker-prep run -- COMMAND…"));
    };
    let mut command = Command::new(program);
    // Some programs, and every shell, believe PWD.
    command.args(arguments).current_dir(folder).env("PWD", folder).stdout(stdout);
    imp::run(&mut command, signals, Conduct::Owner)
}

/// Runs a command that is ours and not the caller's: it has no stdin, and a signal to us ends it and all that it
/// began, at once.
///
/// # Errors
/// As [`run`]; [`Kind::Interrupted`] also where a signal came while it ran.
pub(super) fn finish(command: &mut Command, signals: &Signals) -> Result<Ended> {
    command.stdin(Stdio::null());
    // A group of its own: the terminal's Ctrl-C comes to us alone.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    imp::run(command, signals, Conduct::Servant)
}

/// Commands that are ours and run at the same time, as [`finish`] runs one. A signal to us is passed on to all that they
/// began, and a second one kills that: they work in folders that are somebody's, and may want to leave those in order.
pub(super) struct Crew<'a>(imp::Crew<'a>);

impl<'a> Crew<'a> {
    /// Nobody yet.
    pub(super) fn new(signals: &'a Signals) -> Result<Self> {
        imp::Crew::new(signals).map(Self)
    }

    /// Begins a command, which goes by a number.
    ///
    /// # Errors
    /// As [`run`].
    pub(super) fn start(&mut self, number: usize, command: &mut Command) -> Result<()> {
        command.stdin(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        self.0.start(number, command)
    }

    /// Waits for the end of any; there must be one.
    ///
    /// # Errors
    /// [`Kind::Interrupted`]: a signal came; all have ended then.
    pub(super) fn wait(&mut self) -> Result<(usize, Ended)> {
        self.0.wait()
    }

    /// Ends all that run, and waits for that.
    pub(super) fn end(&mut self) {
        self.0.end();
    }
}

impl Drop for Crew<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

/// Who decides about the end of a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Conduct {
    /// It does: what comes to us is passed on.
    Owner,
    /// We do.
    Servant,
}

/// Starts it, with a shell's exit codes where that fails.
fn spawn(command: &mut Command) -> Result<std::process::Child> {
    command.spawn().map_err(|error| {
        let program = command.get_program().display();
        match error.kind() {
            ErrorKind::NotFound => Error::new(Kind::NotRun(127), format!("{program}: command not found"))
                .hint("see whether it is installed and on PATH, and how it is spelled"),
            // There is no room for one more process, whatever it is.
            ErrorKind::WouldBlock | ErrorKind::OutOfMemory => {
                Error::new(Kind::Environment, format!("{program}: cannot be started: {}", io_cause(&error)))
                    .hint("once the cause is gone, type it again")
            }
            _ => {
                Error::new(Kind::NotRun(126), format!("{program}: cannot be executed: {}", io_cause(&error)))
                    .hint(format!("see its mode, and that it is a program: ls -l {program}"))
            }
        }
    })
}

#[cfg(unix)]
mod imp {
    use std::io::IsTerminal as _;
    use std::process::Command;

    use nix::unistd::{getpid, getsid};
    use rustix::process::{
        Pid, Signal, WaitOptions, WaitStatus, kill_process, kill_process_group, wait, waitpid,
    };
    use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    use signal_hook::iterator::SignalsInfo;
    use signal_hook::iterator::exfiltrator::origin::WithOrigin;
    use signal_hook::low_level::siginfo::{Cause, Origin};

    use super::{Conduct, spawn};
    use crate::apply::signal::Signals;
    use crate::error::{Error, Kind, Result};
    use crate::model::ended::Ended;

    pub(super) fn run(command: &mut Command, signals: &Signals, conduct: Conduct) -> Result<Ended> {
        let more: &[i32] = match conduct {
            Conduct::Owner => &[SIGCHLD, SIGUSR1, SIGUSR2],
            Conduct::Servant => &[SIGCHLD],
        };
        let watched = signals.watched().iter().chain(more).copied();
        let mut queue = SignalsInfo::<WithOrigin>::new(watched)
            .map_err(|error| Error::new(Kind::Environment, format!("cannot watch for signals: {error}")))?;
        // From here on each one is in the queue, what comes while the command is begun too: a process's is passed on, and
        // the terminal's has most likely reached the command.
        signals.check()?;
        let child = spawn(command)?;
        let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
            return Err(Error::new(Kind::Environment, format!("{}: no such process id", child.id())));
        };
        // Those of processes and those of the terminal.
        let mut interrupts = [0_u32; 2];
        loop {
            if let Some(ended) = reap(pid)? {
                match conduct {
                    Conduct::Owner => signals.forget(),
                    Conduct::Servant => signals.check()?,
                }
                return Ok(ended);
            }
            for origin in queue.wait() {
                if origin.signal == SIGCHLD {
                    continue;
                }
                if conduct == Conduct::Servant {
                    // It works in a temporary folder, where nothing needs to be left in order.
                    let _ = kill_process_group(pid, Signal::KILL);
                    continue;
                }
                let by_terminal = is_from_terminal(&origin);
                if origin.signal == SIGINT {
                    let so_far = &mut interrupts[usize::from(by_terminal)];
                    *so_far += 1;
                    if *so_far == 2 {
                        return Err(stopped_waiting(child.id()));
                    }
                }
                if !by_terminal {
                    pass_on(pid, origin.signal);
                }
            }
        }
    }

    /// See [`super::Crew`].
    pub(super) struct Crew<'a> {
        signals: &'a Signals,
        queue: SignalsInfo<WithOrigin>,
        running: Vec<(usize, Pid)>,
        /// How many signals were passed on.
        passed_on: u32,
    }

    impl<'a> Crew<'a> {
        pub(super) fn new(signals: &'a Signals) -> Result<Self> {
            let watched = signals.watched().iter().chain(&[SIGCHLD]).copied();
            let queue = SignalsInfo::<WithOrigin>::new(watched).map_err(|error| {
                Error::new(Kind::Environment, format!("cannot watch for signals: {error}"))
            })?;
            Ok(Self { signals, queue, running: Vec::new(), passed_on: 0 })
        }

        pub(super) fn start(&mut self, number: usize, command: &mut Command) -> Result<()> {
            self.signals.check()?;
            let child = spawn(command)?;
            let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(|| {
                Error::new(Kind::Environment, format!("{}: no such process id", child.id()))
            })?;
            self.running.push((number, pid));
            Ok(())
        }

        pub(super) fn wait(&mut self) -> Result<(usize, Ended)> {
            loop {
                if let Some(one) = self.reap()? {
                    if self.signals.received().is_none() {
                        return Ok(one);
                    }
                    // The others were told as well.
                    while !self.running.is_empty() {
                        self.hear();
                        while self.reap()?.is_some() {}
                    }
                }
                self.signals
                    .check()
                    .or_else(|error| if self.running.is_empty() { Err(error) } else { Ok(()) })?;
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
                            Kind::Environment,
                            format!("cannot wait for a build: {error}"),
                        ));
                    }
                }
            }
            Ok(None)
        }

        /// Waits for the next signal, and passes on what is meant for us.
        fn hear(&mut self) {
            let heard: Vec<i32> = self.queue.wait().map(|origin| origin.signal).collect();
            for signal in heard.into_iter().filter(|signal| *signal != SIGCHLD) {
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

    /// The end of our command, if it has ended. Takes note of every other child too: as process 1 of a container we
    /// are given the orphans.
    fn reap(pid: Pid) -> Result<Option<Ended>> {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((whose, status))) if whose == pid => {
                    if let Some(ended) = ended(status) {
                        return Ok(Some(ended));
                    }
                }
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => return Ok(None),
                Err(error) => {
                    return Err(Error::new(
                        Kind::Environment,
                        format!("cannot wait for the command: {error}"),
                    ));
                }
            }
        }
    }

    fn ended(status: WaitStatus) -> Option<Ended> {
        let killed = status.terminating_signal().map(Ended::Killed);
        status.exit_status().map(Ended::Exited).or(killed)
    }

    /// Whether the kernel sent it to the whole foreground group, our command among it. Linux says so; elsewhere a
    /// process at a terminal is taken to have been sent it from there.
    fn is_from_terminal(origin: &Origin) -> bool {
        match (origin.signal, origin.cause) {
            (SIGINT | SIGQUIT, Cause::Kernel) => true,
            (SIGINT | SIGQUIT, Cause::Unknown) => std::io::stdin().is_terminal(),
            // The terminal is gone. It tells the leader of its session alone, as in a container, else the whole group.
            (SIGHUP, Cause::Kernel) => getsid(None).is_ok_and(|leader| leader != getpid()),
            _ => false,
        }
    }

    /// Whether it has gone meanwhile does not matter: it is not waited for yet, so its id is nobody else's.
    fn pass_on(pid: Pid, signal: i32) {
        if let Some(signal) = Signal::from_named_raw(signal) {
            let _ = kill_process(pid, signal);
        }
    }

    fn stopped_waiting(id: u32) -> Error {
        Error::new(Kind::Interrupted(SIGINT), format!("interrupted twice: process {id} is not waited for"))
            .hint(format!("it may still be at work; to end it, type: kill {id}"))
    }
}

/// The console sends Ctrl-C to the command too; the program notes it and waits.
#[cfg(not(unix))]
mod imp {
    use std::process::Command;

    use super::{Conduct, spawn};
    use crate::apply::signal::Signals;
    use crate::error::{Error, Kind, Result, io_cause};
    use crate::model::ended::Ended;

    /// See [`super::Crew`]: one after the other.
    pub(super) struct Crew<'a> {
        signals: &'a Signals,
        ended: Vec<(usize, Ended)>,
    }

    impl<'a> Crew<'a> {
        pub(super) fn new(signals: &'a Signals) -> Result<Self> {
            Ok(Self { signals, ended: Vec::new() })
        }

        pub(super) fn start(&mut self, number: usize, command: &mut Command) -> Result<()> {
            self.ended.push((number, run(command, self.signals, Conduct::Servant)?));
            Ok(())
        }

        pub(super) fn wait(&mut self) -> Result<(usize, Ended)> {
            self.ended.pop().ok_or_else(|| Error::new(Kind::Environment, "there is nothing to wait for"))
        }

        pub(super) fn end(&mut self) {}
    }

    pub(super) fn run(command: &mut Command, signals: &Signals, conduct: Conduct) -> Result<Ended> {
        signals.check()?;
        let status = spawn(command)?.wait().map_err(|error| {
            Error::new(Kind::Environment, format!("cannot wait for the command: {}", io_cause(&error)))
        })?;
        match conduct {
            Conduct::Owner => signals.forget(),
            Conduct::Servant => signals.check()?,
        }
        Ok(Ended::Exited(status.code().unwrap_or(1)))
    }
}
