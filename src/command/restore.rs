//! `docker-prep restore`: every byte back.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Event, Report, damaged, tree};
use crate::apply::deps_dir::{self, Found};
use crate::apply::lock::Lock;
use crate::apply::restore::{self as apply, Restored};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::model::journal::{FileKind, ProjectPath};
use crate::model::requested::Requested;
use crate::model::tree_state::Standing;
use crate::observe::cache::Outputs;
use crate::observe::committed;
use crate::observe::project::{self, Project};
use crate::observe::state;
use crate::observe::surfaces;
use crate::plan::ours;
use crate::plan::restore::{Leftover, RestoreInputs, Source, needs_commit};

/// How to restore.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Remove the deps dir too.
    pub clean: bool,
    /// Put the original back also where it was edited while prepared; the edit is kept beside it.
    pub force: bool,
}

/// What was put back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What the state named.
    pub files: Vec<Restored>,
    /// Files over which a backup was moved that no state names: the old docker-prep.sh's, for one.
    pub moved_back: Vec<String>,
    /// Deps dirs that were removed.
    pub removed: Vec<String>,
    /// How many half-written tarballs of a killed run were removed.
    pub swept: usize,
}

impl Outcome {
    /// For `--json`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "files": self.files.iter().map(|file| json!({
                "manifest": file.path.as_str(),
                "source": source(file.source),
                "note": file.note,
            })).collect::<Vec<_>>(),
            "movedBack": self.moved_back,
            "removed": self.removed,
            "swept": self.swept,
        })
    }

    /// For people, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.files.iter().map(tree::restored_line).collect();
        lines.extend(self.moved_back.iter().map(|manifest| {
            format!(
                "restored {manifest} (from a backup that no state names, such as the old docker-prep.sh's)"
            )
        }));
        if self.swept > 0 {
            lines.push(format!("removed half-written tarballs of a run that was killed: {}", self.swept));
        }
        if lines.is_empty() {
            lines.push("nothing to restore: the project is not prepared".to_owned());
        }
        lines.extend(self.removed.iter().map(|dir| format!("removed {dir}/")));
        lines
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::AlreadyOriginal => "alreadyOriginal",
        Source::Backup => "backup",
        Source::StateCopy => "stateCopy",
        Source::Undone => "undone",
        Source::Committed => "committed",
        Source::Merged => "merged",
        Source::Untouched => "untouched",
        Source::Removed => "removed",
    }
}

/// Restores. A project that is not prepared is no error.
///
/// # Errors
/// [`Kind::Refused`] where an edit cannot be told apart from the rewrite, before anything is changed.
/// [`Kind::Interrupted`] where it was cancelled meanwhile: all is restored then, since it is short, and what a signal asks
/// for is what it does.
pub fn run(
    requested: &Requested,
    options: &Options,
    cancel: &CancelToken,
    report: Report<'_>,
) -> Result<Outcome> {
    let project = project::find(requested)?;
    let lock = Lock::acquire(&project.state_dir)?;
    let deps_dirs = deps_dirs(&project)?;
    let mut outcome = files(&project, &lock, options.force, report)?;
    if outcome == Outcome::default() {
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
            report(Event::Notice(&format!(
                "{dir}/: left, since it holds files that docker-prep did not make"
            )));
        }
    }
    lock.release()?;
    if let Err(stopped) = cancel.check() {
        outcome.lines().iter().for_each(|line| report(Event::Notice(line)));
        return Err(stopped);
    }
    Ok(outcome)
}

/// Puts the files back: from the state, or, where there is none that can be read, from the backups beside them.
pub(super) fn files(project: &Project, lock: &Lock, force: bool, report: Report<'_>) -> Result<Outcome> {
    let standing = state::read(lock.folder(), &project.root, &[])?.standing;
    let moved = if let Standing::Damaged { cause } = &standing {
        damaged::restore(project, lock, cause, report)?
    } else {
        let files = put_back(project, lock, &standing, force)?;
        if standing.observed().is_some() {
            return Ok(Outcome { files, ..Outcome::default() });
        }
        damaged::move_back(project, lock, &surfaces::with_backups(project), report)?
    };
    let mut outcome = Outcome::default();
    for moved in moved {
        let manifest = surfaces::shown(project, &moved.file);
        match moved.decision {
            Leftover::MoveBack => outcome.moved_back.push(manifest),
            Leftover::BothRewritten => report(Event::Notice(&format!(
                "{manifest}.bak: points into {}/ as {manifest} does: left alone; the original is in the last commit",
                project.deps_dir
            ))),
            Leftover::NotRewritten => report(Event::Notice(&format!(
                "{manifest}.bak: left alone, since {manifest} is not rewritten"
            ))),
        }
    }
    Ok(outcome)
}

/// Puts back what was observed just now, under the lock. git is asked where nothing else knows a file's original.
pub(super) fn put_back(
    project: &Project,
    lock: &Lock,
    standing: &Standing,
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
        state::locate(&project.root, dir).is_ok_and(|path| deps_dir::look(&path) == Ok(Found::Ours))
    };
    let recorded = tree.standing.observed().map(|observed| &observed.head.deps_dir).filter(is_ours);
    let recorded = recorded.map(|dir| dir.as_str().to_owned());
    Ok(recorded.into_iter().chain([project.deps_dir.clone()]).collect())
}
