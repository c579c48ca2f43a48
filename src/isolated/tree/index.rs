//! What is known of a tree: what each file's origin looked like when the tree's file was made, and what that looked like
//! then.
//!
//! A file of the tree is believed to be right if both look as they did. An index that was left by a call that was killed
//! is as good as any: what that call changed looks different. After a power cut, bytes may be missing from files that
//! look right; so nothing is believed that was noted before the machine was last started, and trees need not be synced.
//! What is not believed is held against the bytes of its origin.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::npm::{FileStamp, FileTime};

/// Grows when the form or the meaning of an index changes.
const FORMAT: &[u8] = b"docker-prep tree 1\n";

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

/// The records of a folder, by its path from the root.
type Folder<'a> = (&'a [u8], Vec<Record<'a>>);

#[derive(Serialize)]
struct Written<'a> {
    boot: &'a Boot,
    moment: FileTime,
    folders: &'a [Folder<'a>],
}

#[derive(Deserialize)]
struct Parsed<'a> {
    boot: Boot,
    moment: FileTime,
    #[serde(borrow)]
    folders: Vec<Folder<'a>>,
}

/// What was known when a tree was last brought up to date.
#[derive(Debug, Default)]
pub(in crate::isolated) struct Index<'a> {
    folders: HashMap<&'a [u8], Vec<Record<'a>>>,
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
        let (parsed, behind) = postcard::take_from_bytes::<Parsed<'_>>(body).ok()?;
        let is_believed = parsed.boot.is_same(boot) && parsed.moment <= now;
        behind.is_empty().then(|| Self { folders: parsed.folders.into_iter().collect(), is_believed })
    }

    /// Whether a file that looks as it did has the bytes that it had.
    pub(in crate::isolated) fn is_believed(&self) -> bool {
        self.is_believed
    }

    /// What is known of a folder's files, in the order of their names.
    pub(in crate::isolated) fn folder(&self, path: &[u8]) -> &[Record<'a>] {
        self.folders.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether it knows exactly this.
    pub(in crate::isolated) fn is(&self, folders: &[Folder<'_>]) -> bool {
        self.is_believed
            && self.folders.len() == folders.len()
            && folders.iter().all(|(path, records)| self.folder(path) == records.as_slice())
    }
}

/// An index as bytes; `moment` is when its call began. Folders without files need not be in it.
pub(in crate::isolated) fn encode(boot: &Boot, moment: FileTime, folders: &[Folder<'_>]) -> Vec<u8> {
    // It never fails: there is room for any, and each knows its length.
    let body = postcard::to_extend(&Written { boot, moment, folders }, Vec::new()).unwrap_or_default();
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
        let folders = [
            (&b""[..], vec![record(b"a", Some(stamp(1))), record(b"b\xff", None)]),
            (b"sub/dir", vec![record(b"c", Some(stamp(2)))]),
        ];
        encode(&boot(), NOW, &folders)
    }

    #[test]
    fn an_index_is_read_as_it_was_written() {
        let bytes = bytes();
        let index = Index::parse(&bytes, &boot(), NOW);
        assert!(index.is_believed());
        assert_eq!(
            index.folder(b"").iter().map(|record| record.name).collect::<Vec<_>>(),
            [&b"a"[..], b"b\xff"]
        );
        assert_eq!(index.folder(b"sub/dir")[0].source, Some(stamp(2)));
        assert_eq!(index.folder(b"sub").len(), 0);
    }

    #[test]
    fn another_start_of_the_machine_or_an_earlier_clock_believes_nothing() {
        let bytes = bytes();
        let earlier = FileTime { seconds: 99, nanos: 999_999_999 };
        for (boot, now) in [(Boot::Id("two".to_owned()), NOW), (Boot::Unknown, NOW), (boot(), earlier)] {
            let index = Index::parse(&bytes, &boot, now);
            assert!(!index.is_believed());
            assert_eq!(index.folder(b"sub/dir").len(), 1, "what was there counts for the times of files");
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
            assert!(!index.is_believed() && index.folder(b"").is_empty(), "{at}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let bytes = [FORMAT, checksum(&body).as_slice(), &body].concat();
            let _ = Index::parse(&bytes, &boot(), NOW);
        }
    }
}
