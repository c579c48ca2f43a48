//! Files of ours in the state folder.

use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::Result;
use crate::transaction::{Attributes, file};

/// Puts a text at a path, with the folders above it, unless it stands there already: its time stays then.
///
/// # Errors
/// The disk's.
pub(crate) fn put(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let is_there = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    if is_there && disk::read(path).is_ok_and(|there| there == bytes) {
        return file::change_attributes(path, &Attributes::mode(mode));
    }
    path.parent().map_or(Ok(()), file::create_folder)?;
    file::write_unsynced(path, &beside(path), bytes, &Attributes::mode(mode))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".tmp");
    path.with_file_name(name)
}

/// Makes a folder where none is; whether it was made.
///
/// # Errors
/// The disk's.
pub(crate) fn make_folder(path: &Path) -> Result<bool> {
    if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Ok(false);
    }
    file::create_folder(path)?;
    Ok(true)
}
