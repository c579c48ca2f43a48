//! `docker-prep run`: prepare, run a command, restore, whatever happens in between.

use std::ffi::OsString;
use std::process::Stdio;

use crate::cancel::CancelToken;
use crate::error::Result;
use crate::prepare::{Call, PreparePlan, call as prepare};
use crate::process::{Ended, child};
use crate::project::Requested;
use crate::report::{Event, Notice, Report};
use crate::transaction::{Phase, RestoreOutcome, files};

/// What to run, and how to prepare for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunOptions {
    /// How to prepare. With [`keep`](prepare::Options::keep), a command that fails leaves the project prepared.
    pub(crate) prepare: prepare::PrepareOptions,
    /// The program and its arguments.
    pub(crate) command: Vec<OsString>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunOutcome {
    /// What was prepared.
    pub(crate) plan: PreparePlan,
    /// How the command ended.
    pub(crate) ended: Ended,
    /// What was put back; `None` where nothing was rewritten, or it was left prepared.
    pub(crate) restored: Option<RestoreOutcome>,
}

/// How far it is, for whoever shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RunStep<'a> {
    /// The project is prepared, and the command begins.
    Prepared(&'a PreparePlan),
    /// The command has ended.
    Ended(Ended),
    /// The project is restored.
    Restored(&'a RestoreOutcome),
}

/// Prepares the project, runs the command at its root, and restores. The lock is held all the while. `stdout` is the
/// command's.
///
/// # Errors
/// As [`prepare::run`], before the command is begun. Then [`ErrorKind::NotRun`](crate::error::ErrorKind::NotRun) for a command that cannot be started,
/// [`ErrorKind::Interrupted`](crate::error::ErrorKind::Interrupted) where it was not waited for, or where a signal came after its end; always restored. Where
/// restoring fails, those errors too.
pub(crate) fn run(
    requested: &Requested,
    options: &RunOptions,
    stdout: Stdio,
    cancel: &CancelToken,
    report: Report<'_>,
    show: &dyn Fn(RunStep<'_>),
) -> Result<RunOutcome> {
    let call = Call::for_command(requested, &options.prepare, Some(&options.command), cancel, report)?;
    let (project, lock) = (&call.project, call.lock()?);
    let until = if options.prepare.keep { Phase::Prepared } else { Phase::Running };
    let (plan, prepared) = call.prepare(&lock, until, None)?;
    show(RunStep::Prepared(&plan));
    let done = child::run(&options.command, &project.root, stdout, cancel);
    if let Ok(ended) = done {
        show(RunStep::Ended(ended));
    }
    let failed = !done.as_ref().is_ok_and(|ended| ended.exit_code() == 0);
    let restored = match &prepared {
        None => Ok(None),
        Some(_) if options.prepare.keep && failed => {
            report(Event::Notice(Notice::LeftPrepared));
            Ok(None)
        }
        Some(prepared) => {
            let restored = || files(project, &lock, false, report);
            prepared.renew_state().and_then(|()| restored()).map(Some)
        }
    };
    // Put back, or to be left, or beyond our means: what failed would fail again when it is dropped.
    prepare::keep(prepared);
    if let Ok(Some(restored)) = &restored {
        show(RunStep::Restored(restored));
    }
    let released = lock.release();
    let restored = restored.and_then(|restored| released.map(|()| restored));
    let (ended, restored) = both(done, restored)?;
    cancel.check()?;
    Ok(RunOutcome { plan, ended, restored })
}

/// Both, or what went wrong with either. A tree that could not be put back weighs more than how the command ended.
fn both<U>(ended: Result<Ended>, restored: Result<U>) -> Result<(Ended, U)> {
    match (ended, restored) {
        (Ok(ended), Ok(restored)) => Ok((ended, restored)),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
        (Err(mut error), Err(more)) => {
            error.problems.extend(more.problems);
            Err(error)
        }
    }
}
