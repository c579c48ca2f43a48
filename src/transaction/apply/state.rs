//! The state folder: the journal, the originals' bytes and the texts that prepare wrote.

use std::io;
use std::path::{Path, PathBuf};

use super::file;
use super::file::Attributes;
use super::lock::Lock;
use crate::error::{Error, ErrorKind, Result};
use crate::text::Digest;
use crate::transaction::journal::{Journal, ORIGINALS, REWRITTEN, STATE};

/// Nobody else has to read a project's manifests by way of its state.
const PRIVATE: Attributes = Attributes::mode(0o600);
const STATE_TEMP: &str = "state.json.new";

/// Writes the journal, so that the old or the new one stands there whole, and sees it onto the disk.
///
/// # Errors
/// Any step that fails.
pub(crate) fn save_journal(lock: &Lock, journal: &Journal) -> Result<()> {
    let (path, temp) = (lock.folder().join(STATE), lock.folder().join(STATE_TEMP));
    let bytes = journal.to_bytes().map_err(|cause| {
        Error::new(
            ErrorKind::Environment,
            format!("{}: the journal cannot be written: {cause}", path.display()),
        )
    })?;
    file::remove(&temp)?;
    file::atomic_write(&path, &temp, &bytes, &PRIVATE)
}

/// Writes the texts that must outlive the manifests, and sees them and the state folder itself onto the disk.
///
/// # Errors
/// Any step that fails.
pub(crate) fn save_texts<'a>(
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
pub(crate) fn clear(lock: &Lock) -> Result<bool> {
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

/// Puts a state that nobody can read aside, so that the project counts as clean; returns the folder that holds it
/// then. The journal last: until then it is found damaged again, and the rest is put aside too.
///
/// # Errors
/// Something cannot be renamed.
pub(crate) fn set_aside(lock: &Lock) -> Result<Option<PathBuf>> {
    let folder = lock.folder();
    let there: Vec<&str> = [ORIGINALS, REWRITTEN, STATE_TEMP, STATE]
        .into_iter()
        .filter(|name| folder.join(name).symlink_metadata().is_ok())
        .collect();
    if there.is_empty() {
        return Ok(None);
    }
    let aside = (1_u32..)
        .map(|number| folder.join(format!("damaged-{number}")))
        .find(|aside| aside.symlink_metadata().is_err())
        .unwrap_or_else(|| folder.join("damaged"));
    file::create_folder(&aside)?;
    for name in there {
        file::rename(&folder.join(name), &aside.join(name))?;
    }
    file::sync_dir(&aside)?;
    file::sync_dir(folder)?;
    Ok(Some(aside))
}

fn clear_folder(folder: &Path) -> Result<bool> {
    if folder.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir()) {
        // Not what it leads to.
        return file::remove(folder);
    }
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
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
