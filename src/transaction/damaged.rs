//! Files whose state is lost: the old docker-prep.sh never had one, and a state can be damaged.

use crate::transaction::read::beside as beside_files;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Problem, Result};
use crate::project::{FileKind, Project, surfaces};
use crate::report::{Event, Notice, Report};
use crate::rewrite::ours;
use crate::transaction::apply::lock::Lock;
use crate::transaction::apply::restore::{keep_edit, move_back as move_over};
use crate::transaction::apply::state::set_aside;
use crate::transaction::journal::ORIGINALS;
use crate::transaction::plan::{Leftover, is_edited_besides, leftover};
use crate::transaction::read as state;
use crate::transaction::read::beside::BackedUp;
use crate::transaction::tree;

/// A backup without state was looked at, and what became of it.
pub(crate) struct MovedBack {
    /// Its file.
    pub(crate) file: PathBuf,
    /// What was decided; only [`Leftover::MoveBack`] was acted upon.
    pub(crate) decision: Leftover,
}

/// Moves backups that no state names over rewritten files. Where one was edited besides, it is kept.
pub(crate) fn move_back(
    project: &Project,
    lock: &Lock,
    files: &[PathBuf],
    report: Report<'_>,
) -> Result<Vec<MovedBack>> {
    let dir = &project.deps_dir;
    let mut moved = Vec::new();
    for BackedUp { path, kind, is_link, present, backup } in beside_files::backed_up(files)? {
        let decision = leftover(kind, &present, &backup, dir);
        if decision == Leftover::MoveBack {
            let is_known = is_link || state::is_rewritten_text(lock.folder(), &present);
            if !is_known && is_edited_besides(kind, &present, &backup, dir) {
                let kept = keep_edit(lock, &path)?;
                let (file, kept) = (surfaces::shown(project, &path), surfaces::shown(project, &kept));
                report(Event::Notice(Notice::EditKept { file: &file, kept: &kept }));
            }
            move_over(lock, &path)?;
        }
        moved.push(MovedBack { file: path, decision });
    }
    Ok(moved)
}

/// Puts a project back whose state cannot be read, as far as its backups allow. Once no manifest is rewritten any
/// more, what is left of the state is put aside, every byte of it.
pub(crate) fn restore(
    project: &Project,
    lock: &Lock,
    cause: &str,
    report: Report<'_>,
) -> Result<Vec<MovedBack>> {
    let moved = move_back(project, lock, &beside_files::with_backups(project), report)?;
    let surfaces = surfaces::all(project);
    let manifests = surfaces
        .iter()
        .filter(|surface| ours::points_into(FileKind::Manifest, surface.text.as_bytes(), &project.deps_dir))
        .map(|surface| not_put_back(project, lock.folder(), &surface.manifest_name, FileKind::Manifest));
    let beside = beside_files::beside_manifests(project);
    let others = beside.iter().filter(|file| ours::is_rewritten(file, &project.deps_dir));
    let left: Vec<Problem> = manifests
        .chain(others.map(|file| not_put_back(project, lock.folder(), &file.name, file.kind)))
        .collect();
    if !left.is_empty() {
        for moved in moved.iter().filter(|moved| moved.decision == Leftover::MoveBack) {
            let file = surfaces::shown(project, &moved.file);
            report(Event::Notice(Notice::MovedBack { file: &file }));
        }
        let mut problems = vec![Problem::new(format!("the state of this project cannot be used: {cause}"))];
        problems.extend(left);
        return Err(Error::all(ErrorKind::Refused, problems));
    }
    if let Some(aside) = set_aside(lock)? {
        report(Event::Notice(Notice::StateSetAside { cause, folder: &aside }));
    }
    Ok(moved)
}

/// The original may still be known by its digest, or by git; where it was made by prepare, nothing but the state told so.
fn not_put_back(project: &Project, folder: &Path, name: &str, kind: FileKind) -> Problem {
    let mut ways = vec![format!("take its original from {}", folder.join(ORIGINALS).display())];
    ways.extend(
        tree::checkout(project, name, kind).map(|command| format!("or the committed one: {command}")),
    );
    if kind != FileKind::Manifest {
        ways.push(format!("or, if there was none: rm {name}"));
    }
    Problem::new(format!("{name}: is rewritten, and has no backup beside it"))
        .hint(format!("{}; then type: docker-prep restore", ways.join(", ")))
}
