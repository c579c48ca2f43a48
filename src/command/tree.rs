//! What `prepare`, `restore` and `status` say of the state of the tree, and whether prepare may begin in it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::restore::put_back;
use super::{Event, Report, damaged};
use crate::apply::lock::{self, Holder, Lock};
use crate::apply::restore::Restored;
use crate::error::{Error, Kind, Problem, Result};
use crate::model::beside::Beside;
use crate::model::journal::{FileKind, Head, Phase, ProjectPath, SETTINGS};
use crate::model::surface::Surface;
use crate::model::tree_state::{Observed, Standing};
use crate::observe::project::Project;
use crate::observe::state;
use crate::observe::surfaces;
use crate::plan::ours;
use crate::plan::restore::{Leftover, Source, leftover};

/// Sees to it that nothing is prepared: repairs after a kill where nobody has edited since, restores where that is
/// asked for, and else refuses.
pub(super) fn make_clean(project: &Project, lock: &Lock, force: bool, report: Report<'_>) -> Result<()> {
    let standing = state::read(&project.state_dir, &project.root, &[])?.standing;
    if let Standing::Interrupted(observed) = &standing
        && repairs_itself(&standing)
    {
        report(Event::Notice(&format!("{}: it is repaired", interrupted(observed))));
        return put_back(project, lock, &standing, false).map(drop);
    }
    if force && standing.observed().is_some() {
        for file in put_back(project, lock, &standing, false)? {
            report(Event::Notice(&restored_line(&file)));
        }
        return Ok(());
    }
    refuse_unless_clean(project, &standing)
}

/// A process was killed in the middle, and what it left is known to the last byte.
pub(super) fn repairs_itself(standing: &Standing) -> bool {
    matches!(standing, Standing::Interrupted(observed) if observed.untouched())
}

/// Refuses a project that is prepared, or that a killed process left.
pub(super) fn refuse_unless_clean(project: &Project, standing: &Standing) -> Result<()> {
    let (message, hint) = match standing {
        Standing::Clean => return Ok(()),
        Standing::Prepared(observed) => (
            prepared(observed),
            "put it back with `docker-prep restore`, or do that and prepare anew with `docker-prep prepare --force`",
        ),
        Standing::Interrupted(observed) => (
            format!("{}, and a file was edited since", interrupted(observed)),
            "put it back: docker-prep restore",
        ),
        Standing::Damaged { cause } => (
            format!("{}: the state cannot be read: {cause}", project.state_dir.display()),
            "see what can be done: docker-prep restore",
        ),
    };
    Err(Error::new(Kind::Refused, message).hint(hint))
}

/// Another process is at it.
pub(super) fn busy(holder: &Holder) -> Error {
    let who = holder.pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
    let since = holder.started.map(|started| format!(" since {}", lock::age(started))).unwrap_or_default();
    Error::new(Kind::Refused, format!("{who} works on this project{since}"))
        .hint("wait for its end, then type it again")
}

/// One line on a prepared project.
fn prepared(observed: &Observed) -> String {
    let age = lock::age(observed.head.started);
    format!("the project is prepared already, by process {}, {age} ago", observed.head.pid)
}

/// One line on a project that a killed process left.
pub(super) fn interrupted(observed: &Observed) -> String {
    let Head { pid, started, phase, .. } = observed.head;
    let doing = match phase {
        Phase::Preparing => "prepared the project",
        Phase::Prepared | Phase::Running => "ran a command on the prepared project",
        Phase::Restoring => "restored the project",
    };
    format!(
        "process {pid}, begun {} ago, was killed, or could not go on, while it {doing}",
        lock::age(started)
    )
}

/// One line on a file that was put back.
pub(super) fn restored_line(file: &Restored) -> String {
    if let Some(note) = &file.note {
        return note.clone();
    }
    let source = match file.source {
        Source::AlreadyOriginal => "it was the original already",
        Source::Backup => return format!("restored {} (from {})", file.path, backup_name(&file.path)),
        Source::StateCopy => "from the copy in the state folder",
        Source::Undone => "the rewrite undone",
        Source::Committed => "with the tool's keys as in the last commit",
        Source::Merged => "with the edit kept",
        Source::Untouched => "left as it is",
        Source::Removed => return format!("removed {} (it was not there before)", file.path),
    };
    format!("restored {} ({source})", file.path)
}

fn backup_name(path: &ProjectPath) -> String {
    path.backup().file_name().to_owned()
}

/// Moves backups that the old docker-prep.sh left back over the surfaces' manifests; says whether there were any.
pub(super) fn move_leftovers_back(
    project: &Project,
    lock: &Lock,
    surfaces: &[Surface],
    report: Report<'_>,
) -> Result<bool> {
    let manifests: Vec<PathBuf> = surfaces.iter().map(|surface| surface.manifest_path.clone()).collect();
    let moved = damaged::move_back(project, lock, &manifests, report)?;
    Ok(moved.iter().any(|moved| moved.decision == Leftover::MoveBack))
}

/// The backups that [`move_leftovers_back`] would move, by manifest: what a dry run plans from.
pub(super) fn leftovers(project: &Project, surfaces: &[Surface]) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let backed_up = surfaces.iter().filter_map(|surface| {
        let backup = state::read_backup(&surface.manifest_path)?;
        let text = surface.text.as_bytes();
        (leftover(FileKind::Manifest, text, &backup, &project.deps_dir) == Leftover::MoveBack)
            .then(|| (surface.manifest_path.clone(), Some(backup)))
    });
    backed_up.collect()
}

/// Refuses a manifest that was rewritten without a state that tells by whom, and a backup that is not ours.
pub(super) fn refuse_leftovers(project: &Project, surfaces: &[Surface], standing: &Standing) -> Result<()> {
    let mut problems = Vec::new();
    let ours: Vec<&str> =
        standing.observed().iter().flat_map(|seen| &seen.files).map(|file| file.path.as_str()).collect();
    for surface in surfaces {
        let manifest = &surface.manifest_name;
        let backup = format!("{manifest}.bak");
        let rewritten = ours::points_into(FileKind::Manifest, surface.text.as_bytes(), &project.deps_dir);
        let has_backup = state::backup_of(&surface.manifest_path).symlink_metadata().is_ok();
        if has_backup && !ours.contains(&manifest.as_str()) {
            let problem = Problem::new(format!("{backup}: a backup lies there that no state names"));
            problems.push(if rewritten {
                problem.hint("if docker-prep.sh left it, put it back: docker-prep restore")
            } else {
                problem.hint(format!("move it away: mv {backup} {backup}.mine"))
            });
        } else if rewritten {
            problems.push(unknown_original(project, manifest));
        }
        // It would be taken for the original; one that cannot be read, by whoever needs it.
        if let Ok(settings) = surfaces::beside(project, surface, SETTINGS)
            && ours::is_rewritten(&settings, &project.deps_dir)
            && !ours.contains(&settings.name.as_str())
        {
            problems.push(unknown_file(project, &settings));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::all(Kind::Refused, problems)) }
}

/// A file beside a manifest is rewritten, and nobody knows what it was.
pub(super) fn unknown_file(project: &Project, file: &Beside) -> Problem {
    let (name, dir) = (&file.name, &project.deps_dir);
    Problem::new(format!("{name}: points into {dir}/, and nothing is known of what was there before"))
        .hint(format!("take the committed one: git checkout -- {name}   (or, if there was none: rm {name})"))
}

/// A manifest is rewritten, and nobody knows what it was.
pub(super) fn unknown_original(project: &Project, manifest: &str) -> Problem {
    let dir = &project.deps_dir;
    Problem::new(format!("{manifest}: points into {dir}/ already, and nothing is known of its original")).hint(
        format!(
            "take the committed one: git checkout -- {manifest}   (or take the references out: docker-prep --strip-overrides)"
        ),
    )
}
