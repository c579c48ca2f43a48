//! The state folder: the journal, the originals' bytes and the texts that prepare wrote.

use std::io::ErrorKind;
use std::path::Path;

use super::file::{self, Attributes};
use super::lock::Lock;
use crate::error::{Error, Kind, Result};
use crate::model::digest::Digest;
use crate::model::journal::{Journal, ORIGINALS, REWRITTEN, STATE};

/// Nobody else has to read a project's manifests by way of its state.
const PRIVATE: Attributes = Attributes::mode(0o600);
const STATE_TEMP: &str = "state.json.new";

/// Writes the journal, so that the old or the new one stands there whole, and sees it onto the disk.
///
/// # Errors
/// Any step that fails.
pub fn save_journal(lock: &Lock, journal: &Journal) -> Result<()> {
    let (path, temp) = (lock.folder().join(STATE), lock.folder().join(STATE_TEMP));
    let bytes = journal.to_bytes().map_err(|cause| {
        Error::new(Kind::Environment, format!("{}: the journal cannot be written: {cause}", path.display()))
    })?;
    file::remove(&temp)?;
    file::atomic_write(&path, &temp, &bytes, &PRIVATE)
}

/// Writes the texts that must outlive the manifests, and sees them and the state folder itself onto the disk.
///
/// # Errors
/// Any step that fails.
pub fn save_texts<'a>(
    lock: &Lock,
    originals: impl Iterator<Item = (&'a Digest, &'a [u8])>,
    rewritten: impl Iterator<Item = (&'a Digest, &'a [u8])>,
) -> Result<()> {
    save_folder(&lock.folder().join(ORIGINALS), originals)?;
    save_folder(&lock.folder().join(REWRITTEN), rewritten)?;
    file::sync_dir(lock.folder())?;
    file::sync_folder_of(lock.folder())
}

fn save_folder<'a>(folder: &Path, texts: impl Iterator<Item = (&'a Digest, &'a [u8])>) -> Result<()> {
    file::create_folder(folder)?;
    for (digest, bytes) in texts {
        let path = folder.join(digest.as_str());
        // Two manifests with the same bytes share a copy.
        if path.symlink_metadata().is_err() {
            file::write_unsynced(&path, &folder.join(format!("{}.new", digest.as_str())), bytes, &PRIVATE)?;
        }
    }
    file::sync_dir(folder)
}

/// Removes the state, the journal last: until then a restore that is killed can be taken up again. Says whether
/// there was any.
///
/// # Errors
/// Something cannot be removed; the journal then still stands there.
pub fn clear(lock: &Lock) -> Result<bool> {
    let folder = lock.folder();
    let mut found = false;
    for name in [ORIGINALS, REWRITTEN] {
        found |= clear_folder(&folder.join(name))?;
    }
    found |= file::remove(&folder.join(STATE_TEMP))?;
    found |= file::remove(&folder.join(STATE))?;
    if found {
        file::sync_dir(folder)?;
    }
    Ok(found)
}

fn clear_folder(folder: &Path) -> Result<bool> {
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(file::failed("read", folder, &error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| file::failed("read", folder, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let digest = name.strip_suffix(".new").unwrap_or(&name);
        // Nothing else is ours, whoever put it there.
        if Digest::try_from(digest.to_owned()).is_ok() {
            file::remove(&entry.path())?;
        }
    }
    file::remove_empty_folder(folder)
}
