//! The folder that `pack` puts tarballs into: the caller's own, so nothing in it is ever removed.

use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::deps_dir::{self, Placed};
use super::file;
use crate::error::Result;

/// A folder for tarballs; where it had to be made, it goes again unless it is kept.
#[derive(Debug)]
pub struct OutDir {
    path: PathBuf,
    /// Folders that were made for it, the deepest first.
    made: Vec<PathBuf>,
}

impl OutDir {
    /// Makes the folder if it is not there.
    ///
    /// # Errors
    /// The disk's.
    pub fn create(path: &Path) -> Result<Self> {
        // First, so that a failure half-way is undone too.
        let dir = Self { path: path.to_owned(), made: file::missing_folders(path) };
        file::create_folder(path)?;
        Ok(dir)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A new file to write a tarball into; it goes when it is dropped.
    ///
    /// # Errors
    /// The disk's.
    pub fn stage(&self) -> std::io::Result<NamedTempFile> {
        deps_dir::stage(&self.path)
    }

    /// Gives a staged tarball its name.
    ///
    /// # Errors
    /// The disk's.
    pub fn place(&self, staged: NamedTempFile, name: &str) -> Result<Placed> {
        deps_dir::place(&self.path, staged, name)
    }

    /// Leaves the folder, and sees the names in it onto the disk.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep(mut self) -> Result<()> {
        self.made.clear();
        file::sync_dir(&self.path)
    }
}

impl Drop for OutDir {
    fn drop(&mut self) {
        file::remove_made(&self.made);
    }
}
