//! Walks through a context and its tree.

#![cfg_attr(
    not(changes),
    expect(clippy::disallowed_methods, reason = "looks at contexts, trees and what is known of them")
)]

mod walk;

use std::collections::BTreeSet;
use std::fs::{Metadata, read_dir};
use std::io;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::isolated::tree::{Boot, Kind, Listed, WhyLeftOut, names_of_others, order};
use crate::npm::{FileStamp, FileTime, stamp};
#[cfg(unix)]
use {crate::npm::WatchedFolder, std::ffi::OsStr};

pub(in crate::isolated) use self::walk::{cannot_read, look};

/// Longer than the index of any tree that could be built, in bytes.
const MOST_KNOWN: u64 = 1 << 30;

/// What is in a folder, in the order of the names; an entry that goes meanwhile is not there.
pub(in crate::isolated) fn list(folder: &Path) -> io::Result<Vec<Listed>> {
    let mut found = Vec::new();
    for entry in read_dir(folder)? {
        let entry = entry?;
        match entry.metadata() {
            Ok(metadata) => found.push(Listed {
                name: entry.file_name(),
                kind: kind_of(&metadata),
                stamp: stamp_of(&metadata),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    found.sort_unstable_by(|one, other| order(&one.name).cmp(order(&other.name)));
    Ok(found)
}

/// [`list`] for a folder of which it is known what is in it: it need not be read.
pub(in crate::isolated) fn list_known(folder: &Path, names: &[&[u8]]) -> io::Result<Vec<Listed>> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;

        let open = WatchedFolder::open(folder);
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            let name = OsStr::from_bytes(name);
            match open.sign_entry(name) {
                Some(Ok(stamp)) => {
                    found.push(Listed { name: name.to_owned(), kind: kind_of_mode(stamp.mode), stamp });
                }
                Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => {}
                // It was not to be opened, or more: it is listed as any, and says what is wrong.
                Some(Err(_)) | None => return list(folder),
            }
        }
        Ok(found)
    }
    #[cfg(not(unix))]
    {
        let _ = names;
        list(folder)
    }
}

/// What lies at a path itself, a link not followed.
pub(in crate::isolated) fn entry(path: &Path) -> io::Result<(Kind, FileStamp)> {
    path.symlink_metadata().map(|metadata| (kind_of(&metadata), stamp_of(&metadata)))
}

#[cfg(unix)]
fn kind_of(metadata: &Metadata) -> Kind {
    kind_of_mode(std::os::unix::fs::MetadataExt::mode(metadata))
}

#[cfg(not(unix))]
fn kind_of(metadata: &Metadata) -> Kind {
    match metadata.file_type() {
        kind if kind.is_file() => Kind::File,
        kind if kind.is_dir() => Kind::Folder,
        kind if kind.is_symlink() => Kind::Link,
        _ => Kind::Other(WhyLeftOut::Device),
    }
}

/// What the bits above the permissions say: they are the same on every Unix.
#[cfg(unix)]
fn kind_of_mode(mode: u32) -> Kind {
    match mode & 0o170_000 {
        0o100_000 => Kind::File,
        0o040_000 => Kind::Folder,
        0o120_000 => Kind::Link,
        0o010_000 => Kind::Other(WhyLeftOut::Fifo),
        0o140_000 => Kind::Other(WhyLeftOut::Socket),
        _ => Kind::Other(WhyLeftOut::Device),
    }
}

/// What the file system says; where it says too little to tell every change, as much as it does.
pub(in crate::isolated) fn stamp_of(metadata: &Metadata) -> FileStamp {
    stamp(metadata).unwrap_or_else(|| FileStamp {
        device: 0,
        inode: 0,
        size: metadata.len(),
        mode: if metadata.permissions().readonly() { 0o444 } else { 0o644 },
        modified: metadata.modified().map(time_of).unwrap_or_default(),
        changed: FileTime::default(),
    })
}

/// A time of the system's as a file's.
pub(in crate::isolated) fn time_of(time: std::time::SystemTime) -> FileTime {
    let (since, is_before) = match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(since) => (since, false),
        Err(error) => (error.duration(), true),
    };
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    match (is_before, since.subsec_nanos()) {
        (false, nanos) => FileTime { seconds, nanos },
        (true, 0) => FileTime { seconds: -seconds, nanos: 0 },
        (true, nanos) => FileTime { seconds: -seconds - 1, nanos: 1_000_000_000 - nanos },
    }
}

/// The bytes of an index; none where it is not there or cannot be read.
pub(in crate::isolated) fn read_index(path: &Path) -> Vec<u8> {
    let is_file = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    is_file.then(|| disk::read_up_to(path, MOST_KNOWN).ok()).flatten().unwrap_or_default()
}

/// The trees in a folder of trees, and what is known of trees, that belong to none of the builds: each path is one for
/// [`remove`](crate::isolated::remove).
///
/// # Errors
/// The folder is there and cannot be listed.
pub(crate) fn others(folder: &Path, keep: &BTreeSet<String>) -> Result<Vec<PathBuf>> {
    let entries = match list(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(Error::io(ErrorKind::Environment, "list", folder, &error)
                .hint(format!("see who may look into it: ls -ld {}", folder.display())));
        }
    };
    let names = entries.into_iter().filter_map(|entry| entry.name.into_string().ok()).collect();
    Ok(names_of_others(names, keep).into_iter().map(|name| folder.join(name)).collect())
}

/// When the machine was started.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(in crate::isolated) fn boot() -> Boot {
    let id = disk::read_up_to(Path::new("/proc/sys/kernel/random/boot_id"), 64);
    let id = id.ok().and_then(|id| String::from_utf8(id).ok()).filter(|id| !id.trim().is_empty());
    id.map_or_else(by_clocks, Boot::Id)
}

/// When the machine was started.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(in crate::isolated) fn boot() -> Boot {
    by_clocks()
}

/// When the machine was started: nothing tells it here, where no file's stamp is trusted either.
#[cfg(not(unix))]
pub(in crate::isolated) fn boot() -> Boot {
    Boot::Unknown
}

#[cfg(unix)]
fn by_clocks() -> Boot {
    use rustix::time::{ClockId, clock_gettime};
    let [now, since] = [ClockId::Realtime, ClockId::Monotonic].map(|clock| clock_gettime(clock).tv_sec);
    Boot::Began(now - since)
}
