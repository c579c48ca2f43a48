//! `docker-prep restore`: every byte back.

use std::collections::BTreeSet;

use crate::cache::read::Outputs;
use crate::cancel::CancelToken;
use crate::deps_dir::apply as deps_dir;
use crate::deps_dir::apply::DepsDirState;
use crate::error::Result;
use crate::project::file_kind::FileKind;
use crate::project::read as project;
use crate::project::read::Project;
use crate::project::read::surfaces;
use crate::project::requested::Requested;
use crate::project::tracked_path::ProjectPath;
use crate::report::{Event, Notice, Report};
use crate::rewrite::ours;
use crate::transaction::apply::lock::Lock;
use crate::transaction::apply::restore as apply;
use crate::transaction::plan::{Leftover, RestoreInputs, needs_commit};
use crate::transaction::read as state;
use crate::transaction::read::committed;
use crate::transaction::tree_state::ProjectState;
use crate::transaction::{damaged, tree};

pub use crate::transaction::apply::restore::Restored;
pub use crate::transaction::plan::Source;

/// How to restore.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoreOptions {
    /// Remove the deps dir too.
    pub clean: bool,
    /// Put the original back also where it was edited while prepared; the edit is kept beside it.
    pub force: bool,
}

/// What was put back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestoreOutcome {
    /// What the state named.
    pub files: Vec<Restored>,
    /// Files over which a backup was moved that no state names: the old docker-prep.sh's, for one.
    pub moved_back: Vec<String>,
    /// Deps dirs that were removed.
    pub removed: Vec<String>,
    /// How many half-written tarballs of a killed run were removed.
    pub swept: usize,
}

/// Restores. A project that is not prepared is no error.
///
/// # Errors
/// [`Kind::Refused`] where an edit cannot be told apart from the rewrite, before anything is changed.
/// [`Kind::Interrupted`] where it was cancelled meanwhile: all is restored then, since it is short, and what a signal asks
/// for is what it does.
pub fn run(
    requested: &Requested,
    options: &RestoreOptions,
    cancel: &CancelToken,
    report: Report<'_>,
) -> Result<RestoreOutcome> {
    let project = project::find(requested)?;
    let lock = Lock::acquire(&project.state_dir)?;
    let deps_dirs = deps_dirs(&project)?;
    let mut outcome = files(&project, &lock, options.force, report)?;
    if outcome == RestoreOutcome::default() {
        rewritten_by_nobody(&project, report);
    }
    left_beside(&project, report);
    for dir in deps_dirs {
        let path = project.root.join(&dir);
        if !options.clean {
            outcome.swept += deps_dir::sweep_staged(&path)?;
        } else if deps_dir::remove(&path, &Outputs::of(requested.cache.as_ref(), &path))?.folder {
            outcome.removed.push(dir);
        } else if path.symlink_metadata().is_ok() {
            report(Event::Notice(Notice::DepsDirLeft { dir: &dir }));
        }
    }
    lock.release()?;
    if let Err(stopped) = cancel.check() {
        report(Event::Notice(Notice::RestoredBeforeSignal(&outcome)));
        return Err(stopped);
    }
    Ok(outcome)
}

/// Puts the files back: from the state, or, where there is none that can be read, from the backups beside them.
pub(crate) fn files(
    project: &Project,
    lock: &Lock,
    force: bool,
    report: Report<'_>,
) -> Result<RestoreOutcome> {
    let standing = state::read(lock.folder(), &project.root, &[])?.standing;
    let moved = if let ProjectState::Damaged { cause } = &standing {
        damaged::restore(project, lock, cause, report)?
    } else {
        let files = put_back(project, lock, &standing, force)?;
        if standing.observed().is_some() {
            return Ok(RestoreOutcome { files, ..RestoreOutcome::default() });
        }
        damaged::move_back(project, lock, &surfaces::with_backups(project), report)?
    };
    let mut outcome = RestoreOutcome::default();
    for moved in moved {
        let manifest = surfaces::shown(project, &moved.file);
        match moved.decision {
            Leftover::MoveBack => outcome.moved_back.push(manifest),
            Leftover::BothRewritten => {
                let deps_dir = &project.deps_dir;
                report(Event::Notice(Notice::BackupRewritten { manifest: &manifest, deps_dir }));
            }
            Leftover::NotRewritten => {
                report(Event::Notice(Notice::BackupOfOriginal { manifest: &manifest }));
            }
        }
    }
    Ok(outcome)
}

/// Puts back what was observed just now, under the lock. git is asked where nothing else knows a file's original.
pub(crate) fn put_back(
    project: &Project,
    lock: &Lock,
    standing: &ProjectState,
    force: bool,
) -> Result<Vec<Restored>> {
    let mut inputs = RestoreInputs::default();
    if let Some(observed) = standing.observed() {
        inputs.deps_dirs = vec![observed.head.deps_dir.as_str().to_owned(), project.deps_dir.clone()];
        let files = needs_commit(observed, &inputs.deps_dirs);
        inputs.committed = committed::texts(&project.root, files);
    }
    apply::restore(lock, &project.root, standing, Some(&inputs), force)
}

/// Tells of manifests that are rewritten though nothing is known of it: from a stash that was taken while the project
/// was prepared, for one, or from a commit.
fn rewritten_by_nobody(project: &Project, report: Report<'_>) {
    for surface in surfaces::all(project) {
        if ours::points_into(FileKind::Manifest, surface.text.as_bytes(), &project.deps_dir) {
            let problem = tree::unknown_original(project, &surface.manifest_name);
            report(Event::Warning(&problem));
        }
    }
}

/// Tells of files beside manifests that still lead to tarballs: an install may have made a lockfile while the project
/// was prepared.
fn left_beside(project: &Project, report: Report<'_>) {
    for beside in surfaces::beside_manifests(project) {
        if ours::is_rewritten(&beside, &project.deps_dir) {
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
