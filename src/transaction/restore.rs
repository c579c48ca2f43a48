//! Puts the files of a prepared project back.

use crate::error::Result;
use crate::project::{Project, surfaces};
use crate::report::{Event, Notice, Report};
use crate::transaction::apply::lock::Lock;
use crate::transaction::apply::restore as apply;
use crate::transaction::apply::restore::Restored;
use crate::transaction::plan::Leftover;
use crate::transaction::read::beside::with_backups;
use crate::transaction::read::inputs;
use crate::transaction::tree_state::ProjectState;
use crate::transaction::{damaged, read as state};

/// What was put back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RestoreOutcome {
    /// What the state named.
    pub(crate) files: Vec<Restored>,
    /// Files over which a backup was moved that no state names: the old docker-prep.sh's, for one.
    pub(crate) moved_back: Vec<String>,
    /// Deps dirs that were removed.
    pub(crate) removed: Vec<String>,
    /// How many half-written tarballs of a killed run were removed.
    pub(crate) swept: usize,
}

/// Puts the files back: from the state, or, where there is none that can be read, from the backups beside them.
pub(crate) fn files(
    project: &Project,
    lock: &Lock,
    force: bool,
    report: Report<'_>,
) -> Result<RestoreOutcome> {
    let standing = state::read(lock.folder(), &project.root, &[])?.standing;
    let mut outcome = RestoreOutcome::default();
    let moved = if let ProjectState::Damaged { cause } = &standing {
        damaged::restore(project, lock, cause, report)?
    } else {
        outcome.files = put_back(project, lock, &standing, force)?;
        damaged::move_back(project, lock, &with_backups(project), report)?
    };
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
    let inputs = standing.observed().map(|observed| inputs::read(project, observed)).unwrap_or_default();
    apply::restore(lock, &project.root, standing, Some(&inputs), force)
}
