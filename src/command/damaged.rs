//! Files whose state is lost: the old docker-prep.sh never had one, and a state can be damaged.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Event, Notice, Report, tree};
use crate::apply::lock::Lock;
use crate::apply::restore::{MovedBack, keep_edit, kind_of, move_leftovers_back};
use crate::apply::state::set_aside;
use crate::error::{Error, Kind, Problem, Result};
use crate::model::journal::{FileKind, ORIGINALS};
use crate::model::json::Document;
use crate::model::yaml;
use crate::observe::project::Project;
use crate::observe::{state, surfaces};
use crate::plan::restore::{Leftover, leftover};
use crate::plan::rewrite;

/// Moves backups that no state names over rewritten files. Where one was edited besides, it is kept.
pub(super) fn move_back(
    project: &Project,
    lock: &Lock,
    manifests: &[PathBuf],
    report: Report<'_>,
) -> Result<Vec<MovedBack>> {
    let points_into = |kind: FileKind, bytes: &[u8]| tree::is_ours(project, kind, bytes);
    for manifest in manifests {
        let texts = (state::read_text(manifest), state::read_backup(manifest));
        let (Some(text), Some(backup)) = texts else { continue };
        let kind = kind_of(manifest);
        // What an install writes into a lockfile is nobody's work.
        if kind == FileKind::Lockfile
            || leftover(kind, &text, &backup, &points_into) != Leftover::MoveBack
            || state::is_rewritten_text(lock.folder(), &text)
            || is_only_rewritten(project, kind, &text, &backup)
        {
            continue;
        }
        let kept = keep_edit(lock, manifest)?;
        let (file, kept) = (surfaces::shown(project, manifest), surfaces::shown(project, &kept));
        report(Event::Notice(Notice::EditKept { file: &file, kept: &kept }));
    }
    move_leftovers_back(lock, manifests, &points_into)
}

/// Whether two texts of a file say the same but for what points into the deps dir.
fn is_only_rewritten(project: &Project, kind: FileKind, text: &[u8], backup: &[u8]) -> bool {
    let (Ok(text), Ok(backup)) = (std::str::from_utf8(text), std::str::from_utf8(backup)) else {
        return false;
    };
    if kind == FileKind::Settings {
        return are_only_rewritten(project, text, backup).unwrap_or(false);
    }
    let references = rewrite::points_into(text, &project.deps_dir);
    let keys: Vec<Vec<String>> = references.into_iter().map(|reference| reference.path).collect();
    let without = tree::as_committed(text, backup, &keys).ok();
    let without = without.and_then(|without| tree::drop_emptied(text, &without).ok());
    let value = |text: &str| -> Option<Value> {
        let document = Document::parse(text).ok()?;
        document.to_value(document.root()).ok()
    };
    without.is_some_and(|without| value(&without).is_some() && value(&without) == value(backup))
}

/// The same for settings; `None` where one of the texts cannot be read.
fn are_only_rewritten(project: &Project, text: &str, backup: &str) -> Option<bool> {
    let rest = |text: &str| -> Option<Value> {
        let mut value = yaml::parse(text).ok()?;
        value.as_object_mut()?.remove("overrides");
        Some(value)
    };
    let former = yaml::edit::read_overrides(backup).ok()?;
    let now = yaml::edit::read_overrides(text).ok()?;
    let is_known = |entry: &(String, String)| {
        rewrite::names_a_tarball_in(&entry.1, &project.deps_dir) || former.contains(entry)
    };
    Some(rest(text)? == rest(backup)? && now.iter().all(is_known))
}

/// Puts a project back whose state cannot be read, as far as its backups allow. Once no manifest is rewritten any
/// more, what is left of the state is put aside, every byte of it.
pub(super) fn restore(
    project: &Project,
    lock: &Lock,
    cause: &str,
    report: Report<'_>,
) -> Result<Vec<MovedBack>> {
    let moved = move_back(project, lock, &surfaces::with_backups(project), report)?;
    let surfaces = surfaces::all(project);
    let manifests = surfaces
        .iter()
        .filter(|surface| tree::points_into(project, surface.text.as_bytes()))
        .map(|surface| not_put_back(lock.folder(), &surface.manifest_name));
    let beside = surfaces::beside_manifests(project);
    let others = beside.iter().filter(|file| tree::is_rewritten(project, file));
    let left: Vec<Problem> =
        manifests.chain(others.map(|file| file_not_put_back(lock.folder(), &file.name))).collect();
    if !left.is_empty() {
        for manifest in moved.iter().filter(|moved| moved.decision == Leftover::MoveBack) {
            let manifest = surfaces::shown(project, &manifest.manifest);
            report(Event::Notice(Notice::MovedBack { manifest: &manifest }));
        }
        let mut problems = vec![Problem::new(format!("the state of this project cannot be used: {cause}"))];
        problems.extend(left);
        return Err(Error::all(Kind::Refused, problems));
    }
    if let Some(aside) = set_aside(lock)? {
        report(Event::Notice(Notice::StateSetAside { cause, folder: &aside }));
    }
    Ok(moved)
}

/// Where it was made by prepare, nothing but the state told so.
fn file_not_put_back(folder: &Path, name: &str) -> Problem {
    Problem::new(format!("{name}: is rewritten, and has no backup beside it")).hint(format!(
        "take its original from {}, or the committed one: git checkout HEAD -- {name}, or, if there was none: rm {name}; then type: docker-prep restore",
        folder.join(ORIGINALS).display()
    ))
}

fn not_put_back(folder: &Path, manifest: &str) -> Problem {
    Problem::new(format!("{manifest}: is rewritten, and has no backup beside it")).hint(format!(
        "take its original from {}, or the committed one: git checkout HEAD -- {manifest}; then type: docker-prep restore",
        folder.join(ORIGINALS).display()
    ))
}
