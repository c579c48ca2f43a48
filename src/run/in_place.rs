//! Prepare, run a command, restore, whatever happens in between.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use super::{RunOptions, RunOutcome, RunStep};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::prepare::{Call, call as prepare, refuse_left};
use crate::process::{Ended, child};
use crate::project::{FolderNow, HeldFolder, Project, Requested, read as project};
use crate::report::{Event, Notice, Report};
use crate::transaction::{Lock, Phase, Prepared, RestoreOutcome, file, files};

/// Prepares the project, runs the command at its root, and restores. The lock is held all the while. `stdout` is the
/// command's.
///
/// # Errors
/// As [`prepare::run`], before the command is begun. Then [`ErrorKind::NotRun`](crate::error::ErrorKind::NotRun) for a command that cannot be started,
/// [`ErrorKind::Interrupted`](crate::error::ErrorKind::Interrupted) where it was not waited for, or where a signal came after its end; always restored. Where
/// restoring fails, those errors too.
pub(super) fn run(
    call: &Call<'_>,
    requested: &Requested,
    options: &RunOptions,
    stdout: Stdio,
    cancel: &CancelToken,
    report: Report<'_>,
    show: &dyn Fn(RunStep<'_>),
) -> Result<RunOutcome> {
    let project = &call.project;
    let lock = call.lock()?;
    let until = if options.prepare.keep { Phase::Prepared } else { Phase::Running };
    let (plan, prepared) = call.prepare(&lock, until, None)?;
    show(RunStep::Prepared(&plan));
    if project.is_offline {
        report(Event::Notice(Notice::NetworkStays));
    }
    let held = HeldFolder::new(&project.root);
    let done = child::run(&options.command, &project.root, &[], stdout, cancel);
    if let Ok(ended) = done {
        show(RunStep::Ended(ended));
    }
    let failed = !done.as_ref().is_ok_and(|ended| ended.exit_code() == 0);
    let is_left = options.prepare.keep && failed && prepared.is_some();
    let now = held.look();
    let restored = match &prepared {
        Some(prepared) if !is_left && now == FolderNow::InPlace => {
            restore_in_place(project, &lock, prepared, report).map(Some)
        }
        _ => Ok(None),
    };
    let was_prepared = prepared.is_some();
    // Put back, or to be left, or beyond our means: what failed would fail again when it is dropped.
    prepare::keep(prepared);
    let restored = match now {
        FolderNow::Moved(to) if was_prepared && !is_left => {
            restore_moved(requested, &to, lock, report).map(Some)
        }
        FolderNow::Gone if was_prepared => Err(gone(project)),
        _ => {
            let released = lock.release();
            restored.and_then(|restored| released.map(|()| restored))
        }
    };
    if is_left {
        report(Event::Notice(Notice::LeftPrepared));
    }
    if let Ok(Some(restored)) = &restored {
        show(RunStep::Restored(restored));
    }
    let (ended, restored) = both(done, restored)?;
    cancel.check()?;
    Ok(RunOutcome { plan, ended, restored, isolated: None })
}

/// Puts back what was prepared, also where the command has taken the state away; folders that only the state needed go
/// with it.
fn restore_in_place(
    project: &Project,
    lock: &Lock,
    prepared: &Prepared<'_>,
    report: Report<'_>,
) -> Result<RestoreOutcome> {
    let made = file::missing_folders(lock.folder());
    let restored = prepared.renew_state().and_then(|()| files(project, lock, false, report));
    if restored.is_ok() {
        file::remove_made(&made);
    }
    restored.and_then(|restored| look_again(project).map(|()| restored))
}

/// Puts back a project that the command has moved, state and all.
fn restore_moved(requested: &Requested, to: &Path, lock: Lock, report: Report<'_>) -> Result<RestoreOutcome> {
    let shown = to.display();
    report(Event::Warning(&Problem::new(format!(
        "the command moved the project to {shown}: it is restored there"
    ))));
    let moved = Requested { project: Some(to.to_owned()), ..requested.clone() };
    let restored = project::find_to_restore(&moved).and_then(|project| {
        let lock = lock.moved_to(&project.state_dir);
        let restored = files(&project, &lock, false, report)?;
        lock.release()?;
        look_again(&project).map(|()| restored)
    });
    restored.map_err(|error| error.hint(format!("put it back: docker-prep -C {shown} restore")))
}

/// The command may have copied what was rewritten.
fn look_again(project: &Project) -> Result<()> {
    refuse_left(project, &BTreeSet::from([project.deps_dir.clone()]))
}

fn gone(project: &Project) -> Error {
    let message = format!("{}: the command has taken the project away", project.root.display());
    Error::new(ErrorKind::Refused, message)
        .hint("if it lies elsewhere by now, put it back there: docker-prep -C DIR restore")
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
