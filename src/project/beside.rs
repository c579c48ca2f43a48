//! A file beside a surface's manifest that an install reads: settings, a lockfile.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::file_kind::FileKind;

/// Such a file, there or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Beside {
    /// Absolute; never a symbolic link.
    pub(crate) path: PathBuf,
    /// The same from the project's root, for messages.
    pub(crate) name: String,
    /// What it is, by its name.
    pub(crate) kind: FileKind,
    /// Its text; `None` where there is no such file.
    pub(crate) text: Option<String>,
}

impl Beside {
    /// Puts what was there before prepare in the place of what is there now.
    ///
    /// # Errors
    /// The original is not UTF-8.
    pub(crate) fn substitute(
        &mut self,
        originals: &BTreeMap<PathBuf, Option<Vec<u8>>>,
    ) -> Result<(), String> {
        let Some(original) = originals.get(&self.path) else { return Ok(()) };
        let text = original.clone().map(String::from_utf8).transpose();
        self.text = text.map_err(|_| format!("{}: is not UTF-8", self.name))?;
        Ok(())
    }
}
