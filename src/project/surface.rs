//! A folder of the project that a Dockerfile builds.

use std::path::PathBuf;

use crate::npm::manifest::Manifest;

/// A surface as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    /// The folder from the project's root with `/` between parts; empty for the root.
    pub dir: String,
    /// The file that is edited: absolute, symbolic links followed, inside the project.
    pub manifest_path: PathBuf,
    /// The same file from the project's root, for messages.
    pub manifest_name: String,
    /// The manifest's text, byte for byte.
    pub text: String,
    /// What it says.
    pub manifest: Manifest,
}

impl Surface {
    /// The folder as a person writes it: `backend/`, or `.` for the root.
    #[must_use]
    pub fn label(&self) -> String {
        if self.dir.is_empty() { ".".to_owned() } else { format!("{}/", self.dir) }
    }
}
