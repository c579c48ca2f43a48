//! Commands that are run: that of the caller while the project is prepared, and package managers.

#[cfg(unix)]
#[path = "child/unix.rs"]
mod imp;
#[cfg(unix)]
mod listener;

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result, io_cause};
use crate::process::ended::Ended;

/// Runs a command in a folder and waits for its end. It has our stdin and stderr, and so our terminal, and these
/// variables beside ours.
///
/// A signal that a process sent to us is passed on. What the terminal sends for Ctrl-C or Ctrl-\, or as it is closed,
/// has reached the command already. The second Ctrl-C ends the waiting, not the command; so does the second SIGINT
/// that a process sent, but not one of each: npm sends on what it got from the terminal, and so did the terminal.
///
/// All that takes the token's [role](CancelToken::role), which has signals watched. Where it has none, no other child of
/// the process is looked at, and a token that is cancelled ends the command by the signal that it names, or by SIGTERM.
///
/// # Errors
/// [`ErrorKind::NotRun`]: there is no such command, or it cannot be executed. [`ErrorKind::Interrupted`]: a signal came before
/// it began, or a second SIGINT while it ran; or the token was cancelled.
pub(crate) fn run(
    words: &[OsString],
    folder: &Path,
    variables: &[(OsString, OsString)],
    stdout: Stdio,
    cancel: &CancelToken,
) -> Result<Ended> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Error::new(ErrorKind::Usage, "no command was named").hint("docker-prep run -- COMMAND…"));
    };
    let mut command = Command::new(program);
    // Some programs, and every shell, believe PWD.
    command.args(arguments).current_dir(folder).env("PWD", folder).stdout(stdout);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    imp::run(&mut command, cancel, ChildRole::Owner)
}

/// Runs a command that is ours and not the caller's: it has no stdin, and a signal to us, or a cancelled token, ends it
/// and all that it began, at once.
///
/// # Errors
/// As [`run`]; [`ErrorKind::Interrupted`] also where a signal came while it ran.
pub(crate) fn finish(command: &mut Command, cancel: &CancelToken) -> Result<Ended> {
    command.stdin(Stdio::null());
    // A group of its own: the terminal's Ctrl-C comes to us alone.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    imp::run(command, cancel, ChildRole::Servant)
}

/// Commands that are ours and run at the same time, as [`finish`] runs one. A signal to us is passed on to all that they
/// began, and a second one kills that: they work in folders that are somebody's, and may want to leave those in order.
pub(crate) struct ChildGroup<'a>(imp::PlatformGroup<'a>);

impl<'a> ChildGroup<'a> {
    /// Nobody yet.
    pub(crate) fn new(cancel: &'a CancelToken) -> Result<Self> {
        imp::PlatformGroup::new(cancel).map(Self)
    }

    /// Begins a command, which goes by a number.
    ///
    /// # Errors
    /// As [`run`].
    pub(crate) fn start(&mut self, number: usize, command: &mut Command) -> Result<()> {
        command.stdin(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        self.0.start(number, command)
    }

    /// Waits for the end of any; there must be one.
    ///
    /// # Errors
    /// [`ErrorKind::Interrupted`]: a signal came; all have ended then.
    pub(crate) fn wait(&mut self) -> Result<(usize, Ended)> {
        self.0.wait()
    }

    /// Ends all that run, and waits for that.
    pub(crate) fn end(&mut self) {
        self.0.end();
    }
}

impl Drop for ChildGroup<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

/// Who decides about the end of a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ChildRole {
    /// It does: what comes to us is passed on.
    Owner,
    /// We do.
    Servant,
}

/// Starts it, with a shell's exit codes where that fails.
fn spawn(command: &mut Command) -> Result<std::process::Child> {
    command.spawn().map_err(|error| not_started(command.get_program(), &error))
}

/// That a program could not be started, with a shell's exit codes.
pub(crate) fn not_started(program: &OsStr, error: &io::Error) -> Error {
    let program = program.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            Error::new(ErrorKind::NotRun(127), format!("{program}: command not found"))
                .hint("see whether it is installed and on PATH, and how it is spelled")
        }
        // There is no room for one more process, whatever it is.
        io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory => {
            Error::new(ErrorKind::Environment, format!("{program}: cannot be started: {}", io_cause(error)))
                .because(error)
                .hint("once the cause is gone, type it again")
        }
        _ => {
            Error::new(ErrorKind::NotRun(126), format!("{program}: cannot be executed: {}", io_cause(error)))
                .because(error)
                .hint(format!("see its mode, and that it is a program: ls -l {program}"))
        }
    }
}

/// The console sends Ctrl-C to the command too; the program notes it and waits.
#[cfg(not(unix))]
mod imp {
    use std::process::Command;

    use super::{ChildRole, spawn};
    use crate::cancel::CancelToken;
    use crate::error::{Error, ErrorKind, Result, io_cause};
    use crate::process::ended::Ended;

    /// See [`crate::process::apply::child::ChildGroup`]: one after the other.
    pub(crate) struct PlatformGroup<'a> {
        cancel: &'a CancelToken,
        ended: Vec<(usize, Ended)>,
    }

    impl<'a> PlatformGroup<'a> {
        pub(crate) fn new(cancel: &'a CancelToken) -> Result<Self> {
            Ok(Self { cancel, ended: Vec::new() })
        }

        pub(crate) fn start(&mut self, number: usize, command: &mut Command) -> Result<()> {
            self.ended.push((number, run(command, self.cancel, ChildRole::Servant)?));
            Ok(())
        }

        pub(crate) fn wait(&mut self) -> Result<(usize, Ended)> {
            self.ended.pop().ok_or_else(|| Error::new(ErrorKind::Environment, "there is nothing to wait for"))
        }

        pub(crate) fn end(&mut self) {}
    }

    pub(crate) fn run(command: &mut Command, cancel: &CancelToken, role: ChildRole) -> Result<Ended> {
        cancel.check()?;
        let status = spawn(command)?.wait().map_err(|error| {
            Error::new(ErrorKind::Environment, format!("cannot wait for the command: {}", io_cause(&error)))
                .because(&error)
        })?;
        match role {
            ChildRole::Owner => cancel.forget_signals(),
            ChildRole::Servant => cancel.check()?,
        }
        Ok(Ended::Exited(status.code().unwrap_or(1)))
    }
}
