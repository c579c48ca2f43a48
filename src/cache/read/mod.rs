//! Reads what is remembered, and holds it against the disk.

#![cfg_attr(not(changes), expect(clippy::disallowed_methods, reason = "reads what is remembered"))]

mod builds;
mod memory;
mod outputs;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::cache::LinkedTarballs;
use crate::cache::index::parse_linked;
use crate::disk;
use crate::error::io_cause;
use crate::project::CacheFolder;
use crate::text::Digest;

pub(crate) use self::builds::{BuildRecords, build_file};
pub(crate) use self::memory::Memory;
pub(crate) use self::outputs::Outputs;

/// What is known of workspaces, below the cache's folder.
pub(crate) const INDEX: &str = "index";
/// Which tarballs lie in which folders.
pub(crate) const OUTPUTS: &str = "outputs";
/// Tarballs, each under its SHA-256.
pub(crate) const BLOBS: &str = "blobs";
/// Tarballs of others, each under the digest of its integrity.
pub(crate) const FETCHED: &str = "fetched";
/// Which tarballs were made of those.
pub(crate) const LINKED: &str = "linked";
/// What was built of which sources: a folder for each workspace.
pub(crate) const BUILDS: &str = "builds";
/// What backup programs know a cache by.
pub(crate) const TAG: &str = "CACHEDIR.TAG";
/// The ending of a file that is being written.
pub(crate) const TEMP: &str = ".tmp";

/// A larger file is none of ours: memory has a bound.
const MOST: u64 = 24 << 20;

/// The cache's file that is meant for a folder.
pub(crate) fn file_for(cache: &Path, kind: &str, folder: &Path) -> Option<PathBuf> {
    let folder = folder.to_str()?;
    Some(cache.join(kind).join(Digest::of(folder.as_bytes()).as_str()))
}

/// Whether a cache's folder can be trusted: that it is one, is ours, and that nobody else can write into it. `None`
/// where nothing is there.
///
/// # Errors
/// Why it is not.
pub(crate) fn look(folder: &Path) -> Result<Option<()>, String> {
    let metadata = match folder.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{}: {}", folder.display(), io_cause(&error))),
    };
    let no = |why: &str| Err(format!("{}: {why}", folder.display()));
    if metadata.is_symlink() {
        return no("is a symbolic link");
    }
    if !metadata.is_dir() {
        return no("is no folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return no("belongs to another user");
        }
        if metadata.mode() & 0o022 != 0 {
            return no("can be written by other users");
        }
    }
    Ok(Some(()))
}

/// Which tarballs were made of those of others for a project's surface.
pub(crate) fn linked(place: Option<&CacheFolder>, meant_for: &str) -> LinkedTarballs {
    let known = || {
        let cache = &place?.folder;
        parse_linked(meant_for, &read(cache, &file_for(cache, LINKED, meant_for.as_ref())?)?)
    };
    LinkedTarballs::new(known().unwrap_or_default())
}

/// A file of the cache; nothing where it is not there, or is no file that can be read.
fn read(cache: &Path, path: &Path) -> Option<Vec<u8>> {
    if look(cache) != Ok(Some(())) || look(path.parent()?) != Ok(Some(())) {
        return None;
    }
    read_file(path)
}

/// A file in a folder that can be trusted.
fn read_file(path: &Path) -> Option<Vec<u8>> {
    // Nothing of the cache is a link.
    if path.symlink_metadata().ok()?.is_symlink() {
        return None;
    }
    disk::read_up_to(path, MOST).ok()
}

/// A file of the cache's own making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// In bytes.
    pub(crate) size: u64,
    /// When it was last used, to the day.
    pub(crate) used: std::time::SystemTime,
    /// It was left by a run that was killed.
    pub(crate) is_temp: bool,
}

/// The folders in which files of one kind lie, from the cache's folder.
///
/// # Errors
/// The folder of these folders is there and cannot be listed.
pub(crate) fn folders_of(cache: &Path, kind: &str) -> io::Result<Vec<String>> {
    if kind != BUILDS {
        return Ok(vec![kind.to_owned()]);
    }
    let Some(entries) = list(&cache.join(BUILDS))? else { return Ok(Vec::new()) };
    let mut folders = Vec::new();
    for entry in entries {
        let (name, file_type) = entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?)))?;
        let name = name.into_string().ok().filter(|name| Digest::try_from(name.clone()).is_ok());
        folders.extend(name.filter(|_| file_type.is_dir()).map(|name| format!("{BUILDS}/{name}")));
    }
    Ok(folders)
}

/// What is in a folder of the cache; nothing where it is not there, or is none that can be trusted.
fn list(folder: &Path) -> io::Result<Option<fs::ReadDir>> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(Some(entries).filter(|_| look(folder) == Ok(Some(())))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The files of one kind that are ours: told by their names.
///
/// # Errors
/// The folder is there and cannot be listed.
pub(crate) fn kept(cache: &Path, kind: &str) -> io::Result<Vec<Kept>> {
    let mut found = Vec::new();
    for folder in folders_of(cache, kind)? {
        let Some(entries) = list(&cache.join(folder))? else { continue };
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_temp = name.ends_with(TEMP);
            let is_ours = is_temp || Digest::try_from(name).is_ok();
            let Ok(metadata) = entry.metadata() else { continue };
            if is_ours && metadata.is_file() {
                let used = metadata.modified().unwrap_or(std::time::UNIX_EPOCH);
                found.push(Kept { path: entry.path(), size: metadata.len(), used, is_temp });
            }
        }
    }
    Ok(found)
}
