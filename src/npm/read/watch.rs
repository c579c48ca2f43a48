//! What the disk says of files, and whether its word counts.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::npm::stamp::{FileStamp, FileTime};

/// Takes signatures from a moment on: a change that comes after it is told by another signature.
#[derive(Debug)]
pub(crate) struct Watch {
    moment: FileTime,
    /// Whether a file system's times and numbers can be trusted, by device.
    devices: Mutex<HashMap<u64, bool>>,
}

impl Watch {
    /// From now on.
    pub(crate) fn begin() -> Self {
        Self { moment: now(), devices: Mutex::default() }
    }

    /// When it began.
    pub(crate) fn moment(&self) -> FileTime {
        self.moment
    }

    /// Whether what was seen at some moment can be held against the present: not if the clock has gone back since.
    pub(crate) fn is_past(&self, moment: FileTime) -> bool {
        moment <= self.moment
    }

    /// What the file system says of a path.
    ///
    /// # Errors
    /// Nothing is there, or it cannot be asked; on Windows always, since the standard library knows neither a file's
    /// number nor the time of its last change there.
    pub(crate) fn sign(&self, path: &Path, follow: bool) -> io::Result<FileStamp> {
        let metadata = if follow { path.metadata()? } else { path.symlink_metadata()? };
        stamp(&metadata).ok_or_else(|| io::ErrorKind::Unsupported.into())
    }

    /// [`Watch::sign`] of what is in a folder, links followed.
    ///
    /// # Errors
    /// As [`Watch::sign`].
    pub(crate) fn sign_in(&self, folder: &WatchedFolder<'_>, path: &Path) -> io::Result<FileStamp> {
        match folder.sign(path) {
            Some(signature) => signature,
            None => self.sign(path, true),
        }
    }

    /// Whether the file system is one whose word counts.
    pub(crate) fn trusts(&self, path: &Path, signature: &FileStamp) -> bool {
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        *devices.entry(signature.device).or_insert_with(|| is_trusted(path))
    }
}

/// A folder of which many files are asked for: below it their paths need not be looked up from the root on.
#[derive(Debug)]
pub(crate) struct WatchedFolder<'a> {
    path: &'a Path,
    #[cfg(any(target_os = "linux", target_os = "android"))]
    open: Option<std::fs::File>,
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl<'a> WatchedFolder<'a> {
    /// Opens it; one that cannot be opened is as good as none.
    pub(crate) fn open(path: &'a Path) -> Self {
        Self { path, open: crate::disk::folder(path).ok() }
    }

    /// `None` where the path is not below the folder as it is written.
    fn sign(&self, path: &Path) -> Option<io::Result<FileStamp>> {
        use std::os::unix::ffi::OsStrExt as _;

        let prefix = self.path.as_os_str().as_bytes();
        let below = path.as_os_str().as_bytes().strip_prefix(prefix)?.strip_prefix(b"/")?;
        if below.first().is_none_or(|first| *first == b'/') {
            return None;
        }
        self.sign_below(below, rustix::fs::AtFlags::empty())
    }

    /// What the file system says of an entry itself, a link not followed; `None` where it has to be asked otherwise.
    pub(crate) fn sign_entry(&self, name: &std::ffi::OsStr) -> Option<io::Result<FileStamp>> {
        use std::os::unix::ffi::OsStrExt as _;

        self.sign_below(name.as_bytes(), rustix::fs::AtFlags::SYMLINK_NOFOLLOW)
    }

    fn sign_below(&self, below: &[u8], flags: rustix::fs::AtFlags) -> Option<io::Result<FileStamp>> {
        use rustix::fs::{StatxFlags, makedev, statx};
        let wanted = StatxFlags::TYPE
            | StatxFlags::MODE
            | StatxFlags::INO
            | StatxFlags::SIZE
            | StatxFlags::MTIME
            | StatxFlags::CTIME;
        let found = match statx(self.open.as_ref()?, below, flags, wanted) {
            // An old kernel.
            Err(rustix::io::Errno::NOSYS) => return None,
            Err(error) => return Some(Err(error.into())),
            Ok(found) => found,
        };
        Some(Ok(FileStamp {
            device: makedev(found.stx_dev_major, found.stx_dev_minor),
            inode: found.stx_ino,
            size: found.stx_size,
            mode: found.stx_mode.into(),
            modified: FileTime { seconds: found.stx_mtime.tv_sec, nanos: found.stx_mtime.tv_nsec },
            changed: FileTime { seconds: found.stx_ctime.tv_sec, nanos: found.stx_ctime.tv_nsec },
        }))
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl<'a> WatchedFolder<'a> {
    /// Not opened.
    pub(crate) fn open(path: &'a Path) -> Self {
        Self { path }
    }

    /// Its files are asked for as any.
    fn sign(&self, _: &Path) -> Option<io::Result<FileStamp>> {
        let _ = self.path;
        None
    }

    /// Its entries are asked for as any.
    #[cfg(unix)]
    pub(crate) fn sign_entry(&self, _: &std::ffi::OsStr) -> Option<io::Result<FileStamp>> {
        None
    }
}

/// What the file system says of a file that it has been asked for; nothing where that tells no change.
#[cfg(unix)]
pub(crate) fn stamp(metadata: &Metadata) -> Option<FileStamp> {
    use std::os::unix::fs::MetadataExt as _;
    let moment = |seconds: i64, nanos: i64| Some(FileTime { seconds, nanos: u32::try_from(nanos).ok()? });
    Some(FileStamp {
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.len(),
        mode: metadata.mode(),
        modified: moment(metadata.mtime(), metadata.mtime_nsec())?,
        changed: moment(metadata.ctime(), metadata.ctime_nsec())?,
    })
}

#[cfg(not(unix))]
pub(crate) fn stamp(_: &Metadata) -> Option<FileStamp> {
    None
}

/// The clock that local file systems stamp files by, at its last tick.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn now() -> FileTime {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::RealtimeCoarse);
    FileTime { seconds: time.tv_sec, nanos: u32::try_from(time.tv_nsec).unwrap_or_default() }
}

/// The same where its ticks are not known: longer ago than any.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn now() -> FileTime {
    let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(time.as_secs()).unwrap_or_default();
    FileTime { seconds, nanos: time.subsec_nanos() }.before(20)
}

/// Local ones, which are stamped by this machine's clock and change under no cache of ours. Not over a network (the
/// clock is another's, and what is known of files may be old), not in user space (which may say anything), not FAT (it
/// has no file numbers).
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_trusted(path: &Path) -> bool {
    /// From `linux/magic.h`, and `zfs.h`.
    const LOCAL: [i64; 8] = [
        0xEF53,      // ext2, ext3, ext4
        0x5846_5342, // XFS
        0x9123_683E, // Btrfs
        0x0102_1994, // tmpfs
        0x794C_7630, // overlayfs
        0x2FC1_2FC1, // ZFS
        0xF2F5_2010, // F2FS
        0xCA45_1A4E, // bcachefs
    ];
    #[allow(
        clippy::unnecessary_cast,
        reason = "the field's type differs between processors; on some it has a sign"
    )]
    rustix::fs::statfs(path).is_ok_and(|found| LOCAL.contains(&(found.f_type as i64 & 0xFFFF_FFFF)))
}

#[cfg(target_vendor = "apple")]
fn is_trusted(path: &Path) -> bool {
    const MNT_LOCAL: u32 = 0x1000;
    rustix::fs::statfs(path).is_ok_and(|found| found.f_flags & MNT_LOCAL != 0)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn is_trusted(_: &Path) -> bool {
    false
}

#[cfg(test)]
#[cfg(any(target_os = "linux", target_os = "android"))]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_in_a_folder_has_the_signature_that_it_has_from_the_root_on() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("a");
        fs::create_dir_all(dir.join("b/c")).unwrap();
        fs::write(dir.join("b/file"), "bytes").unwrap();
        std::os::unix::fs::symlink("b/file", dir.join("link")).unwrap();
        let (folder, watch) = (WatchedFolder::open(&dir), Watch::begin());
        for name in ["b/file", "link", "b", "b/../b/c/../file", "b//file"] {
            let path = dir.join(name);
            let signature = folder.sign(&path).expect(name).unwrap();
            assert_eq!(signature, watch.sign(&path, true).unwrap(), "{name}");
        }
        let missing = folder.sign(&dir.join("b/missing")).unwrap();
        assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
        for other in [dir.clone(), temp.path().join("ab"), format!("{}//etc", dir.display()).into()] {
            assert!(folder.sign(&other).is_none(), "{}", other.display());
        }
    }
}
