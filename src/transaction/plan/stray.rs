//! Files that hold the rewrite and that no journal names: a surface that was moved or copied while it was prepared.

use std::collections::BTreeMap;

use crate::project::{FileKind, ProjectPath};
use crate::report::RestoredFrom;
use crate::rewrite::{ours, take_back};
use crate::text::Digest;
use crate::transaction::journal::Original;
use crate::transaction::tree_state::{FileState, Now, ObservedJournal};

/// Such a file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stray {
    /// Its path.
    pub(crate) path: ProjectPath,
    /// What it is.
    pub(crate) kind: FileKind,
    /// What it says.
    pub(crate) text: String,
    /// The backup beside it.
    pub(crate) backup: Option<Vec<u8>>,
}

/// What is done with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StrayAction {
    /// The backup beside it is renamed over it.
    RenameBackup,
    /// This text is written there, with the original's mode and time where it was moved; the backup beside it goes.
    Write(Vec<u8>, Option<Original>),
    /// It is removed: prepare had made what it is a copy of.
    Remove,
}

/// What is done with one, and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StrayStep {
    /// The file.
    pub(crate) path: ProjectPath,
    /// What has to stand there for the step to hold.
    pub(crate) expected: Digest,
    /// What is done.
    pub(crate) action: StrayAction,
    /// Where its text comes from.
    pub(crate) source: RestoredFrom,
    /// Whether the backup beside it goes.
    pub(crate) remove_backup: bool,
    /// What a person should know.
    pub(crate) note: String,
}

/// Decides for each of the files, and tells which of the journal's were moved. What none of its rewrites fits stays.
pub(crate) fn find_strays(
    observed: &ObservedJournal,
    strays: &[Stray],
    deps_dirs: &[String],
) -> (Vec<StrayStep>, BTreeMap<ProjectPath, ProjectPath>) {
    let mut steps = Vec::new();
    let mut moved = BTreeMap::new();
    for stray in strays {
        let mut fitting: Vec<&FileState> =
            observed.files.iter().filter(|file| file.entry.kind() == stray.kind).collect();
        // One that is missing was moved rather than copied.
        fitting.sort_by_key(|file| (file.now != Now::Missing, moved.contains_key(&file.entry.path)));
        let exact = fitting.iter().find(|file| file.entry.rewritten == Digest::of(stray.text.as_bytes()));
        let found =
            exact.into_iter().chain(&fitting).find_map(|file| Some((*file, step(stray, file, deps_dirs)?)));
        let Some((file, step)) = found else { continue };
        if file.now == Now::Missing {
            moved.entry(file.entry.path.clone()).or_insert_with(|| stray.path.clone());
        }
        steps.push(step);
    }
    (steps, moved)
}

/// What is done where a file's rewrite fits.
fn step(stray: &Stray, file: &FileState, deps_dirs: &[String]) -> Option<StrayStep> {
    let entry = &file.entry;
    let undone = take_back::undo(stray.kind, &stray.text, &entry.undo).ok()?;
    if deps_dirs.iter().any(|dir| ours::points_into(stray.kind, undone.as_bytes(), dir)) {
        return None;
    }
    let is_moved = file.now == Now::Missing || file.created && file.now == Now::Original;
    let is_original = entry.original_digest() == Some(&Digest::of(undone.as_bytes()));
    let has_original =
        stray.backup.as_ref().is_some_and(|it| Some(&Digest::of(it)) == entry.original_digest());
    let (action, source) = if is_original && has_original {
        (StrayAction::RenameBackup, RestoredFrom::Backup)
    } else if file.created && undone.trim().is_empty() {
        (StrayAction::Remove, RestoredFrom::Removed)
    } else {
        let attributes = entry.original.clone().filter(|_| is_moved && is_original);
        let source = if is_original { RestoredFrom::Undone } else { RestoredFrom::Merged };
        (StrayAction::Write(undone.into_bytes(), attributes), source)
    };
    let how = if is_moved { "was moved from" } else { "is a copy of" };
    let edit = if source == RestoredFrom::Merged { ", and the edit is kept" } else { "" };
    let what =
        if action == StrayAction::Remove { "removed, as there was none before" } else { "restored too" };
    Some(StrayStep {
        path: stray.path.clone(),
        expected: Digest::of(stray.text.as_bytes()),
        remove_backup: has_original,
        note: format!("{}: {how} {} while prepared: {what}{edit}", stray.path, entry.path),
        action,
        source,
    })
}
