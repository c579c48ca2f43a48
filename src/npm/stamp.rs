//! By what a file is known to be the same without being read.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::text::Digest;

/// A file system's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct FileTime {
    /// Since 1970.
    pub(crate) seconds: i64,
    /// Below a second.
    pub(crate) nanos: u32,
}

/// How coarse the times of a file system are whose times are whole seconds: FAT's step is the longest.
const COARSE: i64 = 2;

impl FileTime {
    /// Some milliseconds before.
    pub(crate) fn before(self, millis: u32) -> Self {
        let nanos = i64::from(self.nanos) - i64::from(millis) * 1_000_000;
        let below = nanos.rem_euclid(1_000_000_000);
        Self {
            seconds: self.seconds + nanos.div_euclid(1_000_000_000),
            nanos: u32::try_from(below).unwrap_or_default(),
        }
    }
}

/// What the file system says of a file or folder.
///
/// The time of the last change of a file's attributes cannot be set by anybody, so it tells of bytes that were
/// replaced by as many with the time put back (`touch -r`, `cp -p`, `rsync -a`, `tar -x`), and of another mode; the
/// inode tells of another file of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileStamp {
    /// The file system.
    pub(crate) device: u64,
    /// The file's number in it.
    pub(crate) inode: u64,
    /// In bytes.
    pub(crate) size: u64,
    /// Its kind and permissions.
    pub(crate) mode: u32,
    /// When its bytes were last written, or so it says.
    pub(crate) modified: FileTime,
    /// When anything of it was last changed.
    pub(crate) changed: FileTime,
}

impl FileStamp {
    /// Whether any change after `moment` gives another signature.
    ///
    /// A file that was changed in the same tick of the clock may be changed once more in it, and look the same: as in
    /// git's index, such a one is never trusted, nor is one whose times lie in the future.
    pub(crate) fn is_reliable_at(&self, moment: FileTime) -> bool {
        let is_coarse = self.modified.nanos == 0 && self.changed.nanos == 0;
        let margin = if is_coarse { COARSE } else { 0 };
        let before = |time: FileTime| {
            FileTime { seconds: time.seconds.saturating_add(margin), nanos: time.nanos } < moment
        };
        before(self.modified) && before(self.changed)
    }
}

/// The signatures of several files, as one digest.
#[derive(Clone, Debug)]
pub(crate) struct Signatures {
    hasher: Sha256,
    /// Whether each of them can be trusted.
    reliable: bool,
    moment: FileTime,
}

impl Signatures {
    /// None yet; they count if they are reliable at a moment.
    pub(crate) fn new(moment: FileTime) -> Self {
        Self { hasher: Sha256::new(), reliable: true, moment }
    }

    /// One more: what is at a path (`None`: nothing is), and what else is to be told apart.
    pub(crate) fn add(&mut self, path: &str, tag: u8, signature: Option<&FileStamp>) {
        let mut bytes = [0_u8; 58];
        bytes[0] = tag;
        if let Some(signature) = signature {
            let FileStamp { device, inode, size, mode, modified, changed } = signature;
            bytes[1] = 1;
            bytes[2..10].copy_from_slice(&device.to_le_bytes());
            bytes[10..18].copy_from_slice(&inode.to_le_bytes());
            bytes[18..26].copy_from_slice(&size.to_le_bytes());
            bytes[26..30].copy_from_slice(&mode.to_le_bytes());
            bytes[30..38].copy_from_slice(&modified.seconds.to_le_bytes());
            bytes[38..42].copy_from_slice(&modified.nanos.to_le_bytes());
            bytes[42..50].copy_from_slice(&changed.seconds.to_le_bytes());
            bytes[50..54].copy_from_slice(&changed.nanos.to_le_bytes());
            self.reliable &= signature.is_reliable_at(self.moment);
        }
        bytes[54..58].copy_from_slice(&u32::try_from(path.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.hasher.update(bytes);
        self.hasher.update(path.as_bytes());
    }

    /// Something that cannot be vouched for is among them.
    pub(crate) fn spoil(&mut self) {
        self.reliable = false;
    }

    /// The digest, and whether what it stands for may be trusted later.
    pub(crate) fn finish(self) -> (Digest, bool) {
        (Digest::finish(self.hasher), self.reliable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, nanos: u32) -> FileTime {
        FileTime { seconds, nanos }
    }

    fn signature(modified: FileTime, changed: FileTime) -> FileStamp {
        FileStamp { device: 1, inode: 2, size: 3, mode: 0o100_644, modified, changed }
    }

    #[test]
    fn what_was_changed_in_the_same_tick_or_in_the_future_is_not_reliable() {
        let now = at(100, 500);
        assert!(signature(at(99, 1), at(100, 499)).is_reliable_at(now));
        for (modified, changed) in [
            (at(99, 1), at(100, 500)),
            (at(100, 500), at(99, 1)),
            (at(200, 1), at(99, 1)),
            (at(9, 1), at(101, 0)),
        ] {
            assert!(!signature(modified, changed).is_reliable_at(now), "{modified:?} {changed:?}");
        }
    }

    #[test]
    fn whole_seconds_are_taken_for_a_coarse_clock() {
        let reliable = |seconds| signature(at(90, 0), at(seconds, 0)).is_reliable_at(at(100, 500));
        assert_eq!([96, 97, 98, 99, 100].map(reliable), [true, true, true, false, false]);
    }

    #[test]
    fn moments_are_counted_back_over_a_second() {
        assert_eq!(at(10, 5).before(20), at(9, 980_000_005));
        assert_eq!(at(10, 30_000_000).before(20), at(10, 10_000_000));
        assert_eq!(at(0, 0).before(1), at(-1, 999_000_000));
    }

    #[test]
    fn every_part_of_a_signature_counts() {
        let digest = |path: &str, tag, signature: Option<FileStamp>| {
            let mut all = Signatures::new(at(1000, 0));
            all.add(path, tag, signature.as_ref());
            all.finish().0
        };
        let one = signature(at(1, 2), at(3, 4));
        let mut seen = std::collections::BTreeSet::new();
        let mut is_new = |digest| assert!(seen.insert(digest));
        is_new(digest("a", 0, Some(one)));
        is_new(digest("b", 0, Some(one)));
        is_new(digest("a", 1, Some(one)));
        is_new(digest("a", 0, None));
        is_new(digest("a", 0, Some(FileStamp { device: 9, ..one })));
        is_new(digest("a", 0, Some(FileStamp { inode: 9, ..one })));
        is_new(digest("a", 0, Some(FileStamp { size: 9, ..one })));
        is_new(digest("a", 0, Some(FileStamp { mode: 9, ..one })));
        is_new(digest("a", 0, Some(FileStamp { modified: at(9, 2), ..one })));
        is_new(digest("a", 0, Some(FileStamp { modified: at(1, 9), ..one })));
        is_new(digest("a", 0, Some(FileStamp { changed: at(9, 4), ..one })));
        is_new(digest("a", 0, Some(FileStamp { changed: at(3, 9), ..one })));
    }

    #[test]
    fn one_that_is_not_reliable_spoils_all() {
        let mut all = Signatures::new(at(2, 0));
        all.add("a", 0, Some(&signature(at(1, 2), at(1, 4))));
        all.add("b", 0, None);
        assert!(all.clone().finish().1);
        let mut spoilt = all.clone();
        spoilt.spoil();
        assert!(!spoilt.finish().1);
        all.add("c", 0, Some(&signature(at(1, 2), at(3, 4))));
        assert!(!all.finish().1);
    }
}

/// A path whose state decided what a package's files are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct TrackedPath {
    /// Absolute.
    pub(crate) path: String,
    /// Whether a symbolic link there was followed.
    pub(crate) follow: bool,
}

/// By what the files of a package are known to be the same: the package's folder, and its files' signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContentKey {
    /// The folder that is packed.
    pub(crate) dir: String,
    /// Of the files' signatures.
    pub(crate) files: Digest,
    /// When they were looked at.
    pub(crate) moment: FileTime,
    /// Whether a change since then would be seen: else nothing is remembered.
    pub(crate) reliable: bool,
    /// Of each file, in bytes.
    pub(crate) sizes: Vec<u64>,
}
