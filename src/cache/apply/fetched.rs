//! Tarballs of others, as they were fetched: each under the digest of its integrity.

use std::io;
use std::path::PathBuf;

use tempfile::{NamedTempFile, TempDir};

use super::{Store, touch};
use crate::cache::read::{FETCHED, LINKED, TEMP, file_for};
use crate::cache::{LinkedTarballs, linked_to_bytes};
use crate::error::{Error, ErrorKind, Result};
use crate::project::CacheFolder;
use crate::text::Digest;
use crate::transaction::{failed, file};

/// Where they lie; without a cache for this call alone.
#[derive(Debug)]
pub(crate) struct Fetched {
    folder: PathBuf,
    temp: Option<TempDir>,
}

impl Fetched {
    /// Makes the folder where it is missing.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn open(place: Option<&CacheFolder>) -> Result<Self> {
        let folder = place.and_then(|place| Store::new(place).folder(FETCHED).ok());
        if let Some(folder) = folder {
            return Ok(Self { folder, temp: None });
        }
        let temp = tempfile::Builder::new().prefix("docker-prep-").tempdir().map_err(|error| {
            Error::new(ErrorKind::Environment, format!("cannot make a temporary folder: {error}"))
                .hint("make room there, or name another place, as in TMPDIR=/var/tmp")
        })?;
        Ok(Self { folder: temp.path().to_owned(), temp: Some(temp) })
    }

    /// Where the tarball of an integrity lies, or would.
    pub(crate) fn path(&self, integrity: &str) -> PathBuf {
        self.folder.join(Digest::of(integrity.as_bytes()).as_str())
    }

    /// The one that lies there, which counts as used.
    pub(crate) fn there(&self, integrity: &str) -> Option<PathBuf> {
        let path = self.path(integrity);
        let is_file = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
        if is_file && self.temp.is_none() {
            touch(Some(path.clone()));
        }
        is_file.then_some(path)
    }

    /// A new file to write one into.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn stage(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new().suffix(TEMP).tempfile_in(&self.folder)
    }

    /// Gives one that was verified its name.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn keep(&self, staged: NamedTempFile, integrity: &str) -> Result<PathBuf> {
        let path = self.path(integrity);
        staged.persist(&path).map_err(|error| failed("create", &path, &error.error))?;
        Ok(path)
    }

    /// Removes one that is not what it is called.
    pub(crate) fn remove(&self, integrity: &str) {
        let _ = file::remove(&self.path(integrity));
    }
}

impl Store<'_> {
    /// Keeps which tarballs were made of which.
    pub(crate) fn keep_linked(&self, meant_for: &str, linked: &LinkedTarballs) {
        let path = file_for(&self.place.folder, LINKED, meant_for.as_ref());
        let Some(learned) = linked.learned() else { return touch(path) };
        let bytes = linked_to_bytes(meant_for, &learned);
        drop(self.write(LINKED, path, &bytes));
        // What was fetched for it may be too much by now.
        self.wrote.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}
