//! Paths that cannot lead out of a project.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The path of a file from the project's root, with `/` between parts. It cannot lead out of the project by its
/// words, nor into its `.git`; that no symbolic link leads out is for those to check who read the disk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct ProjectPath(String);

impl ProjectPath {
    /// The path as it is written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last part.
    pub(crate) fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Where the original stands while prepared.
    pub(crate) fn backup(&self) -> Self {
        Self(format!("{}.bak", self.0))
    }

    /// Where new text is written before it is renamed into place.
    pub(crate) fn temp(&self) -> Self {
        Self(format!("{}{TEMP_SUFFIX}", self.0))
    }

    /// Where an owner's edit is kept that restoring by force put aside.
    pub(crate) fn edited(&self) -> Self {
        Self(format!("{}{EDITED_SUFFIX}", self.0))
    }
}

impl fmt::Display for ProjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ProjectPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bad = |part: &str| {
            matches!(part, "" | "." | "..")
                || part.eq_ignore_ascii_case(".git")
                || part.contains('\0')
                || cfg!(windows) && part.contains(['\\', ':'])
        };
        if text.split('/').any(bad) {
            return Err(format!("'{}' is no path inside the project", text.escape_debug()));
        }
        Ok(Self(text))
    }
}

impl From<ProjectPath> for String {
    fn from(path: ProjectPath) -> Self {
        path.0
    }
}

/// What a file's name is followed by while its new text is written.
pub(crate) const TEMP_SUFFIX: &str = ".docker-prep-new";

/// What a file's name is followed by where an owner's edit is kept that gave way to the original.
pub(crate) const EDITED_SUFFIX: &str = ".edited";
