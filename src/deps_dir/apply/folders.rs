//! Which folders were made for a deps dir: they go with it, and those that were there stay.

#![expect(clippy::disallowed_methods, reason = "keeps a file in the state folder")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::disk;
use crate::error::Result;
use crate::project::TEMP_SUFFIX;
use crate::transaction::{beside, file};

/// What the removal of a deps dir must know, and what is in it does not say: kept in the state folder until then, where
/// it is not the usual case of a folder that was made in one that was there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FolderNotes(BTreeMap<String, BTreeSet<String>>);

impl FolderNotes {
    const NAME: &str = "folders.json";

    /// What is known; nothing where the file is not one of ours.
    pub(crate) fn read(state_dir: &Path) -> Self {
        let bytes = disk::read(&state_dir.join(Self::NAME)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Removes what a run that was killed left of writing it.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn sweep(state_dir: &Path) -> Result<()> {
        let temp = beside(&state_dir.join(Self::NAME), TEMP_SUFFIX);
        if temp.symlink_metadata().is_ok() { file::remove(&temp).map(drop) } else { Ok(()) }
    }

    /// Notes which folders, from the project's root, had to be made for a deps dir.
    pub(super) fn note(&mut self, root: &Path, deps_dir: &Path, made: &[PathBuf], is_new: bool) {
        let below =
            |folder: &Path| Some(folder.strip_prefix(root).ok()?.to_str()?.replace(MAIN_SEPARATOR, "/"));
        let Some(deps_dir) = below(deps_dir) else { return };
        // A run that was killed has noted more than can be seen now.
        if !is_new && !made.is_empty() && self.0.contains_key(&deps_dir) {
            return;
        }
        let made: BTreeSet<String> = made.iter().filter_map(|folder| below(folder)).collect();
        if made.len() == 1 {
            self.0.remove(&deps_dir);
        } else {
            self.0.insert(deps_dir, made);
        }
    }

    /// The folders that go with a deps dir, from the project's root, the deepest first.
    pub(crate) fn made_for(&self, deps_dir: &str) -> Vec<String> {
        let made = self.0.get(deps_dir);
        made.map_or_else(|| vec![deps_dir.to_owned()], |made| made.iter().rev().cloned().collect())
    }

    /// Forgets what is known of a deps dir that was removed.
    pub(crate) fn forget(&mut self, deps_dir: &str) {
        self.0.remove(deps_dir);
    }

    /// What is known of the deps dirs that are there.
    pub(crate) fn of_those_in(mut self, root: &Path) -> Self {
        self.0.retain(|deps_dir, _| root.join(deps_dir).is_dir());
        self
    }

    /// Writes what is known.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn write(&self, state_dir: &Path) -> Result<()> {
        let path = state_dir.join(Self::NAME);
        if self.0.is_empty() {
            return file::remove(&path).map(drop);
        }
        let text = serde_json::to_string(self).unwrap_or_default();
        file::put_text(&path, &text, false)
    }
}
