//! The folder that `pack` puts tarballs into: the caller's own, so nothing in it is ever removed.

use std::path::{Path, PathBuf};

use super::{Placed, StagedTarball, TempTarball};
use crate::cache::Outputs;
use crate::deps_dir::apply as deps_dir;
use crate::error::Result;
use crate::npm::Tarball;
use crate::transaction::file;

/// A folder for tarballs; where it had to be made, it goes again unless it is kept.
#[derive(Debug)]
pub(crate) struct OutDir<'a> {
    path: PathBuf,
    /// Folders that were made for it, the deepest first.
    made: Vec<PathBuf>,
    /// Whether there may be names in it that a power cut would take.
    is_unsynced: bool,
    outputs: &'a Outputs,
}

impl<'a> OutDir<'a> {
    /// Makes the folder if it is not there; `outputs` is what is known of it.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn create(path: &Path, outputs: &'a Outputs) -> Result<Self> {
        // First, so that a failure half-way is undone too.
        let dir =
            Self { path: path.to_owned(), made: file::missing_folders(path), is_unsynced: false, outputs };
        file::create_folder(path)?;
        Ok(dir)
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A new file to write a tarball into; it goes when it is dropped.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn stage(&self) -> std::io::Result<TempTarball> {
        deps_dir::stage(&self.path)
    }

    /// Gives a tarball that is [synced](super::sync_staged) its name.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn place(&mut self, staged: StagedTarball, tarball: &Tarball) -> Result<Placed> {
        self.is_unsynced |= staged.may_be_lost();
        deps_dir::place_known(&self.path, staged, tarball, self.outputs)
    }

    /// The tarball that lies there already, where that is known without reading it.
    pub(crate) fn there(&self, tarball: &Tarball) -> Option<StagedTarball> {
        deps_dir::there(&self.path, tarball, self.outputs)
    }

    /// Leaves the folder, and sees the names in it onto the disk.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn keep(mut self) -> Result<()> {
        self.made.clear();
        if self.is_unsynced { file::sync_dir(&self.path) } else { Ok(()) }
    }
}

impl Drop for OutDir<'_> {
    fn drop(&mut self) {
        file::remove_made(&self.made);
    }
}
