//! What planning a restore must know besides the state and the files.

use std::collections::BTreeMap;

use super::stray::StrayStep;
use super::{has_copy, undone};
use crate::project::{FileKind, ProjectPath};
use crate::rewrite::ours;
use crate::transaction::tree_state::{Backup, FileState, Now, ObservedJournal};

/// Read before anything is planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RestoreInputs {
    /// The folders whose tarballs tell a text that was rewritten: the deps dir that is meant now, and the one that the
    /// state names, which may be anything.
    pub(crate) deps_dirs: Vec<String>,
    /// The texts of the last commit, where it has one, of the files that [`needs_commit`] names.
    pub(crate) committed: BTreeMap<ProjectPath, String>,
    /// Where the project was prepared, for people: `1a2b3c4d5e6f (main)`.
    pub(crate) prepared_on: String,
    /// The files of which the present commit has another text than the one that was prepared.
    pub(crate) changed: BTreeMap<ProjectPath, ChangedFile>,
    /// The files that their owner moved, with where they lie now.
    pub(crate) moved: BTreeMap<ProjectPath, ProjectPath>,
    /// The other files that hold the rewrite: moved, or copied.
    pub(crate) strays: Vec<StrayStep>,
}

/// A file of which the present commit has another text than the one that was prepared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangedFile {
    /// The present commit's text; `None` where it does not have the file.
    pub(crate) present: Option<String>,
    /// Whether what stood there before prepare is the text of the commit that was prepared: git has it.
    pub(crate) is_kept: bool,
}

/// The files about which the last commit must be asked. Of a project that nobody has touched there are none.
pub(crate) fn needs_commit<'a>(
    observed: &'a ObservedJournal,
    deps_dirs: &'a [String],
) -> impl Iterator<Item = &'a ProjectPath> {
    observed.files.iter().filter(|file| needs(file, deps_dirs)).map(|file| &file.entry.path)
}

pub(super) fn needs(file: &FileState, deps_dirs: &[String]) -> bool {
    let kind = file.entry.kind();
    let is_ours = || ours::holds_ours(kind, file.text.as_deref().unwrap_or_default(), deps_dirs);
    match file.now {
        Now::Missing => file.backup != Backup::Whole,
        Now::Rewritten => !file.created && !has_copy(file) && is_ours() && undone(file).is_none(),
        Now::Edited => kind == FileKind::Lockfile && (file.created || !has_copy(file)) && is_ours(),
        Now::Original | Now::Merged | Now::NotAFile => false,
    }
}
