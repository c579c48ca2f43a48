//! Modes, times and owners of what is in a tree.

use std::fs::{File, FileTimes};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::Result;
use crate::npm::{FileStamp, FileTime};
use crate::transaction::failed;

/// What a folder may be given.
const PERMISSIONS: u32 = 0o7777;

/// What a folder has that no folder of the context stands for.
const PLAIN_FOLDER: u32 = 0o755;

/// What its owner must be able to do with a folder that is changed.
const CHANGED: u32 = 0o700;

/// The mode of a file of the tree. What a group's member could read in the context its owner has to read here.
pub(super) fn file_mode(mode: u32) -> u32 {
    mode & PERMISSIONS | if is_root() { 0 } else { 0o400 }
}

fn folder_mode(mode: u32) -> u32 {
    mode & PERMISSIONS | if is_root() { 0 } else { 0o500 }
}

fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    true
}

/// A file's time as the system's, if there is such a time.
pub(super) fn to_system(time: FileTime) -> io::Result<SystemTime> {
    let whole = Duration::from_secs(time.seconds.unsigned_abs());
    let whole = if time.seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
    let time = whole.and_then(|whole| whole.checked_add(Duration::from_nanos(time.nanos.into())));
    time.ok_or_else(|| io::Error::other("no such time"))
}

/// Gives an open file its time.
pub(super) fn set_time(file: &File, time: FileTime) -> io::Result<()> {
    file.set_times(FileTimes::new().set_modified(to_system(time)?))
}

/// Gives an open file its mode.
pub(super) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    return file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    {
        let _ = (file, mode);
        Ok(())
    }
}

/// Gives what lies at a path, which is no link, its mode.
pub(super) fn set_mode_at(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    return std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    {
        let _ = (path, mode);
        Ok(())
    }
}

/// Gives what lies at a path its time, a link not followed; files only on Windows.
pub(super) fn set_time_at(path: &Path, time: FileTime) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};
        let times = Timestamps {
            last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
            last_modification: Timespec { tv_sec: time.seconds, tv_nsec: time.nanos.into() },
        };
        Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
    }
    #[cfg(not(unix))]
    {
        let _ = (path, time);
        Ok(())
    }
}

/// Gives what lies at a path, a link itself, to somebody.
pub(super) fn give(path: &Path, owner: Option<(u32, u32)>) -> io::Result<()> {
    #[cfg(unix)]
    if let Some((user, group)) = owner {
        return std::os::unix::fs::lchown(path, Some(user), Some(group));
    }
    let _ = (path, owner);
    Ok(())
}

/// Lets a folder of this mode be changed.
pub(super) fn open(folder: &Path, mode: u32) -> Result<()> {
    if !cfg!(unix) || mode & CHANGED == CHANGED {
        return Ok(());
    }
    set_mode_at(folder, mode & PERMISSIONS | CHANGED).map_err(|error| failed("open", folder, &error))
}

/// Gives a folder the mode and the time of that of the context; `present` is what it has already.
pub(super) fn finish_folder(
    folder: &Path,
    source: Option<&FileStamp>,
    present: Option<&FileStamp>,
) -> Result<()> {
    let mode = source.map_or(PLAIN_FOLDER, |source| folder_mode(source.mode));
    let has_mode = present.is_some_and(|present| present.mode & PERMISSIONS == mode);
    let cannot = |error: io::Error| failed("set mode and time of", folder, &error);
    if let Some(source) = source
        && present.is_none_or(|present| present.modified != source.modified)
    {
        set_time_at(folder, source.modified).map_err(cannot)?;
    }
    if has_mode { Ok(()) } else { set_mode_at(folder, mode).map_err(cannot) }
}
