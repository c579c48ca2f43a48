//! `docker-prep restore`: every byte back.

use crate::transaction::{RestoreOutcome, beside as beside_files, files};
use std::collections::BTreeSet;

use super::left::refuse_left;
use crate::cache::Outputs;
use crate::cancel::CancelToken;
use crate::deps_dir::{DepsDirState, FolderNotes, apply as deps_dir};
use crate::error::{Error, Result};
use crate::project::{FileKind, Project, ProjectPath, Requested, read as project};
use crate::report::{Event, Notice, Report, warn};
use crate::rewrite::ours;
use crate::transaction::{Lock, file, read as state, tree};

/// How to restore.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RestoreOptions {
    /// Remove the deps dir too.
    pub(crate) clean: bool,
    /// Put the original back also where it was edited while prepared; the edit is kept beside it.
    pub(crate) force: bool,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RestoreCall {
    /// What was put back.
    pub(crate) restored: RestoreOutcome,
    /// That a manifest still points into the deps dir, or that the call was cancelled meanwhile. What can be restored is
    /// restored even so, since it is short, and what a signal asks for is what it does.
    pub(crate) stopped: Option<Error>,
}

/// Restores. A project that is not prepared is no error.
///
/// # Errors
/// [`ErrorKind::Refused`] where an edit cannot be told apart from the rewrite, before anything is changed.
pub(crate) fn run(
    requested: &Requested,
    options: &RestoreOptions,
    cancel: &CancelToken,
    report: Report<'_>,
) -> Result<RestoreCall> {
    let project = project::find_to_restore(requested)?;
    warn(report, project.unmet_version.as_slice());
    let lock = Lock::acquire(&project.state_dir)?;
    let deps_dirs = deps_dirs(&project)?;
    let mut outcome = files(&project, &lock, options.force, report)?;
    left_beside(&project, report);
    let left = refuse_left(&project, &deps_dirs).err();
    FolderNotes::sweep(&project.state_dir)?;
    let mut folders = FolderNotes::read(&project.state_dir);
    for dir in deps_dirs {
        let path = project.root.join(&dir);
        // What still points there would be broken without it.
        if !options.clean || left.is_some() {
            outcome.swept += deps_dir::sweep_staged(&path)?;
            continue;
        }
        let made = folders.made_for(&dir);
        let outputs = Outputs::of(requested.cache.as_ref(), &path);
        let removed = deps_dir::remove(&path, &outputs, made.contains(&dir))?;
        if removed.is_left {
            report(Event::Notice(Notice::DepsDirLeft { dir: &dir }));
            continue;
        }
        folders.forget(&dir);
        let above = made.iter().filter(|made| **made != dir);
        file::remove_made(&above.map(|made| project.root.join(made)).collect::<Vec<_>>());
        if removed.folder {
            outcome.removed.push(dir);
        }
    }
    if options.clean {
        folders.of_those_in(&project.root).write(&project.state_dir)?;
    }
    lock.release()?;
    Ok(RestoreCall { restored: outcome, stopped: cancel.check().err().or(left) })
}

/// Tells of lockfiles that still lead to tarballs: an install may have made one while the project
/// was prepared.
fn left_beside(project: &Project, report: Report<'_>) {
    for beside in beside_files::beside_manifests(project) {
        if beside.kind == FileKind::Lockfile && ours::is_rewritten(&beside, &project.deps_dir) {
            report(Event::Warning(&tree::unknown_file(project, &beside)));
        }
    }
}

/// The deps dir that prepare used, if it bears the tool's mark, and the one that is meant now.
fn deps_dirs(project: &Project) -> Result<BTreeSet<String>> {
    let tree = state::read(&project.state_dir, &project.root, &[])?;
    let is_ours = |dir: &&ProjectPath| {
        state::locate(&project.root, dir).is_ok_and(|path| deps_dir::look(&path) == Ok(DepsDirState::Ours))
    };
    let recorded = tree.standing.observed().map(|observed| &observed.head.deps_dir).filter(is_ours);
    let recorded = recorded.map(|dir| dir.as_str().to_owned());
    Ok(recorded.into_iter().chain([project.deps_dir.clone()]).collect())
}
