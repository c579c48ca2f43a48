//! What is known of a tree: what each file's origin looked like when the tree's file was made, and what that looked like
//! then.
//!
//! Also the names of what was in each of the context's folders: while such a folder looks as it did it holds the same
//! names, and need not be listed.
//!
//! A file of the tree is believed to be right if both look as they did. An index that was left by a call that was killed
//! is as good as any: what that call changed looks different. After a power cut, bytes may be missing from files that
//! look right; so nothing is believed that was noted before the machine was last started, and trees need not be synced.
//! What is not believed is held against the bytes of its origin.

use std::collections::HashMap;
use std::ffi::OsStr;

use serde::{Deserialize, Serialize};

use crate::npm::{FileStamp, FileTime};

/// Grows when the form or the meaning of an index changes.
const FORMAT: &[u8] = b"docker-prep tree 2\n";

/// The length of the checksum behind the format.
const SUM: usize = 4;

/// Two looks at the clocks may be so many seconds apart.
const CLOCK_SLACK: u64 = 2;

/// When the machine was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::isolated) enum Boot {
    /// By the kernel's name for it.
    Id(String),
    /// By the clocks, in seconds since 1970.
    Began(i64),
    /// Nobody says.
    Unknown,
}

impl Boot {
    /// Whether the machine has surely not been started since.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Id(one), Self::Id(other)) => one == other,
            (Self::Began(one), Self::Began(other)) => one.abs_diff(*other) <= CLOCK_SLACK,
            _ => false,
        }
    }
}

/// What is known of a file or link of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::isolated) struct Record<'a> {
    /// In its folder.
    #[serde(borrow)]
    pub(in crate::isolated) name: &'a [u8],
    /// What its origin looked like; nothing of a text.
    pub(in crate::isolated) source: Option<FileStamp>,
    /// Whether a change of its origin would be seen.
    pub(in crate::isolated) is_reliable: bool,
    /// What it looked like in the tree.
    pub(in crate::isolated) tree: FileStamp,
}

/// What was in a folder of the context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::isolated) struct Names<'a> {
    /// What the folder looked like: whatever comes or goes behind its listing gives it another look.
    pub(in crate::isolated) stamp: FileStamp,
    /// All that was there, whatever becomes of it, in the order of the names.
    #[serde(borrow)]
    pub(in crate::isolated) names: Vec<&'a [u8]>,
}

/// What is known of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::isolated) struct KnownFolder<'a> {
    /// Of its files, in the order of their names.
    #[serde(borrow)]
    pub(in crate::isolated) files: Vec<Record<'a>>,
    /// What was in it in the context, where a change of that would be seen.
    pub(in crate::isolated) names: Option<Names<'a>>,
}

impl KnownFolder<'_> {
    /// What is in the folder of the context if it looks like this, and that is known.
    pub(in crate::isolated) fn names_at(&self, stamp: &FileStamp) -> Option<&Names<'_>> {
        self.names.as_ref().filter(|names| names.stamp == *stamp)
    }
}

/// An index as it is on the disk.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    boot: Boot,
    moment: FileTime,
    /// How many files are in all of the folders.
    files: usize,
    /// Each [`KnownFolder`] by itself, as bytes, with its path from the root.
    #[serde(borrow)]
    folders: Vec<(&'a [u8], &'a [u8])>,
}

/// What was known when a tree was last brought up to date. A folder's part is read when it is asked for, since a walk
/// asks from many threads.
#[derive(Debug, Default)]
pub(in crate::isolated) struct Index<'a> {
    folders: HashMap<&'a [u8], &'a [u8]>,
    files: usize,
    is_believed: bool,
}

impl<'a> Index<'a> {
    /// Reads an index; what is not exactly as it was written knows nothing. It is believed since this start of the
    /// machine, unless the clock has gone back.
    pub(in crate::isolated) fn parse(bytes: &'a [u8], boot: &Boot, now: FileTime) -> Self {
        Self::try_parse(bytes, boot, now).unwrap_or_default()
    }

    fn try_parse(bytes: &'a [u8], boot: &Boot, now: FileTime) -> Option<Self> {
        let (sum, body) = bytes.strip_prefix(FORMAT)?.split_at_checked(SUM)?;
        if sum != checksum(body) {
            return None;
        }
        let (stored, behind) = postcard::take_from_bytes::<Stored<'_>>(body).ok()?;
        let is_believed = stored.boot.is_same(boot) && stored.moment <= now;
        let folders = stored.folders.into_iter().collect();
        behind.is_empty().then_some(Self { folders, files: stored.files, is_believed })
    }

    /// Whether a file that looks as it did has the bytes that it had.
    pub(in crate::isolated) fn is_believed(&self) -> bool {
        self.is_believed
    }

    /// What is known of a folder, by its path from the root. Names are not told by an index that is not believed.
    pub(in crate::isolated) fn folder(&self, path: &OsStr) -> KnownFolder<'a> {
        let bytes = self.folders.get(path.as_encoded_bytes());
        let known: Option<KnownFolder<'a>> = bytes.and_then(|bytes| postcard::from_bytes(bytes).ok());
        let known = known.unwrap_or_default();
        if self.is_believed { known } else { KnownFolder { names: None, ..known } }
    }

    /// Of how many files anything is known.
    pub(in crate::isolated) fn len(&self) -> usize {
        self.files
    }
}

/// An index as bytes; `moment` is when its call began. The folders have their paths from the root.
pub(in crate::isolated) fn encode(
    boot: &Boot,
    moment: FileTime,
    folders: &[(&OsStr, KnownFolder<'_>)],
) -> Vec<u8> {
    // It never fails: there is room for any, and each knows its length.
    let encoded: Vec<Vec<u8>> = folders
        .iter()
        .map(|(_, folder)| postcard::to_extend(folder, Vec::new()).unwrap_or_default())
        .collect();
    let paths = folders.iter().map(|(path, _)| path.as_encoded_bytes());
    let stored = Stored {
        boot: boot.clone(),
        moment,
        files: folders.iter().map(|(_, folder)| folder.files.len()).sum(),
        folders: paths.zip(encoded.iter().map(Vec::as_slice)).collect(),
    };
    let body = postcard::to_extend(&stored, Vec::new()).unwrap_or_default();
    [FORMAT, checksum(&body).as_slice(), &body].concat()
}

/// It tells of damage, and nobody else writes into the state folder.
fn checksum(body: &[u8]) -> [u8; SUM] {
    crc32fast::hash(body).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: FileTime = FileTime { seconds: 100, nanos: 0 };

    fn stamp(inode: u64) -> FileStamp {
        FileStamp { device: 1, inode, size: 2, mode: 0o100_644, modified: NOW, changed: NOW }
    }

    fn boot() -> Boot {
        Boot::Id("one".to_owned())
    }

    fn bytes() -> Vec<u8> {
        let record = |name, source| Record { name, source, is_reliable: true, tree: stamp(9) };
        let names = Some(Names { stamp: stamp(3), names: vec![b"a", b"sub"] });
        let files = vec![record(b"a", Some(stamp(1))), record(b"b\xff", None)];
        let sub = vec![record(b"c", Some(stamp(2)))];
        let folders = [
            (OsStr::new(""), KnownFolder { files, names }),
            (OsStr::new("sub/dir"), KnownFolder { files: sub, names: None }),
        ];
        encode(&boot(), NOW, &folders)
    }

    #[test]
    fn an_index_is_read_as_it_was_written() {
        let bytes = bytes();
        let index = Index::parse(&bytes, &boot(), NOW);
        assert!(index.is_believed());
        let [root, inner, none] = ["", "sub/dir", "sub"].map(|path| index.folder(OsStr::new(path)));
        assert_eq!(root.files.iter().map(|record| record.name).collect::<Vec<_>>(), [&b"a"[..], b"b\xff"]);
        assert_eq!(inner.files[0].source, Some(stamp(2)));
        assert_eq!(none, KnownFolder::default());
        assert_eq!(root.names_at(&stamp(3)).unwrap().names, [&b"a"[..], b"sub"]);
        assert_eq!((root.names_at(&stamp(4)), inner.names_at(&stamp(3))), (None, None));
        assert_eq!(index.len(), 3);
    }

    #[test]
    fn another_start_of_the_machine_or_an_earlier_clock_believes_nothing() {
        let bytes = bytes();
        let earlier = FileTime { seconds: 99, nanos: 999_999_999 };
        for (boot, now) in [(Boot::Id("two".to_owned()), NOW), (Boot::Unknown, NOW), (boot(), earlier)] {
            let index = Index::parse(&bytes, &boot, now);
            assert!(!index.is_believed());
            assert_eq!(index.folder(OsStr::new("")).names, None);
            assert_eq!(
                index.folder(OsStr::new("sub/dir")).files.len(),
                1,
                "what was there counts for the times of files"
            );
        }
        assert!(!Boot::Unknown.is_same(&Boot::Unknown));
        assert!(Boot::Began(10).is_same(&Boot::Began(12)) && !Boot::Began(10).is_same(&Boot::Began(13)));
    }

    #[test]
    fn what_was_cut_or_changed_knows_nothing() {
        let bytes = bytes();
        for end in 0..bytes.len() {
            assert!(!Index::parse(&bytes[..end], &boot(), NOW).is_believed(), "{end}");
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let index = Index::parse(&changed, &boot(), NOW);
            assert!(!index.is_believed() && index.folder(OsStr::new("")).files.is_empty(), "{at}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let bytes = [FORMAT, checksum(&body).as_slice(), &body].concat();
            let index = Index::parse(&bytes, &boot(), NOW);
            let known = Index { folders: HashMap::from([(&b"a"[..], &*body)]), ..index };
            let _ = known.folder(OsStr::new("a"));
        }
    }
}
