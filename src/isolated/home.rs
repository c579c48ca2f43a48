//! Where isolated builds keep what is theirs: a folder in the project's state folder.

use std::path::{Path, PathBuf};

/// The folder's name in the state folder.
pub(crate) const ISOLATED: &str = "isolated";

/// The folder. The trees lie in it by the names of their builds, none of which begins with a dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IsolatedHome(PathBuf);

impl IsolatedHome {
    /// That of a project, by its state folder.
    pub(crate) fn of(state_dir: &Path) -> Self {
        Self(state_dir.join(ISOLATED))
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// All tarballs.
    pub(crate) fn tarballs(&self) -> PathBuf {
        self.0.join(".tarballs")
    }

    /// The last file of compose. Its name has it read as YAML by bake, too.
    pub(crate) fn over(&self) -> PathBuf {
        self.0.join(".override.yaml")
    }

    /// What is mounted over files of the project, by their paths from its root.
    pub(crate) fn mounts(&self) -> PathBuf {
        self.0.join(".mounts")
    }

    /// What the helper process is told.
    pub(crate) fn instructions(&self) -> PathBuf {
        self.0.join(".instructions")
    }

    /// What a command wrote to such files.
    pub(crate) fn written(&self) -> PathBuf {
        self.0.join(".written")
    }

    /// The folder of the lock: one isolated run at a time.
    pub(crate) fn run(&self) -> PathBuf {
        self.0.join(".run")
    }
}
