//! A folder of the project that a Dockerfile builds.

use std::path::PathBuf;

use crate::npm::Manifest;
use std::collections::BTreeMap;

/// A surface as it was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Surface {
    /// The folder from the project's root with `/` between parts; empty for the root.
    pub(crate) dir: String,
    /// The file that is edited: absolute, symbolic links followed, inside the project.
    pub(crate) manifest_path: PathBuf,
    /// The same file from the project's root, for messages.
    pub(crate) manifest_name: String,
    /// The manifest's text, byte for byte.
    pub(crate) text: String,
    /// What it says.
    pub(crate) manifest: Manifest,
}

impl Surface {
    /// The folder as a person writes it: `backend/`, or `.` for the root.
    pub(crate) fn label(&self) -> String {
        if self.dir.is_empty() { ".".to_owned() } else { format!("{}/", self.dir) }
    }
}

/// What stood at the paths of a prepared project's files before; `None` where nothing did.
pub(crate) type Originals = BTreeMap<PathBuf, Option<Vec<u8>>>;
