//! The entries of the tree that is judged, and where its symbolic links lead.

use std::collections::HashMap;

/// A file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    /// From the tree's top.
    pub(crate) path: Vec<u8>,
    /// Its object's name, in hex.
    pub(crate) object: String,
    /// What kind of thing it is.
    pub(crate) mode: Mode,
    /// 0, or 1 to 3 where a merge has not been decided.
    pub(crate) stage: u8,
}

/// What kind of thing an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A regular file.
    File,
    /// A symbolic link; its object holds where it leads.
    Link,
    /// A commit of another repository, which judges its own.
    Submodule,
}

impl TreeEntry {
    /// Whether it holds nothing, or is only meant to be added.
    pub(crate) fn is_empty(&self) -> bool {
        /// Those of an empty file, by both of git's digests.
        const EMPTY: [&str; 2] = [
            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
            "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
        ];
        EMPTY.contains(&self.object.as_str())
    }
}

impl Mode {
    /// What git's number stands for; a folder, as a sparse index has them, is none of these.
    fn of(number: u32) -> Option<Self> {
        match number >> 12 {
            0o10 => Some(Self::File),
            0o12 => Some(Self::Link),
            0o16 => Some(Self::Submodule),
            _ => None,
        }
    }
}

/// All entries of `git ls-files --stage -z` or `git ls-tree -r -z`, but those of which `--debug` says that they are only
/// meant to be added.
///
/// # Errors
/// The first line that is neither.
pub(super) fn parse(listing: &[u8]) -> Result<Vec<TreeEntry>, String> {
    let mut entries = Vec::new();
    for record in listing.split(|byte| *byte == 0) {
        let (about, line) = split(record);
        if is_intended(about) {
            entries.pop();
        }
        if !line.is_empty() {
            entries.push(parse_entry(line)?);
        }
    }
    Ok(entries)
}

/// What `--debug` says of the entry before, in lines that are set in, and the next entry.
fn split(record: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    while record[end..].starts_with(b" ") {
        let line = record[end..].iter().position(|byte| *byte == b'\n');
        end = line.map_or(record.len(), |line| end + line + 1);
    }
    record.split_at(end)
}

fn is_intended(about: &[u8]) -> bool {
    /// `CE_INTENT_TO_ADD` of git's `read-cache-ll.h`.
    const INTENT_TO_ADD: u32 = 1 << 29;
    let text = std::str::from_utf8(about).unwrap_or_default();
    let flags = text.rsplit_once("flags: ").map(|(_, flags)| u32::from_str_radix(flags.trim(), 16));
    matches!(flags, Some(Ok(flags)) if flags & INTENT_TO_ADD != 0)
}

fn parse_entry(line: &[u8]) -> Result<TreeEntry, String> {
    let entry = || {
        let tab = line.iter().position(|byte| *byte == b'\t')?;
        let (mode, rest) = std::str::from_utf8(&line[..tab]).ok()?.split_once(' ')?;
        let (object, stage) = match rest.split_once(' ')? {
            ("blob" | "commit", object) => (object, 0),
            (object, stage) => (object, stage.parse().ok()?),
        };
        let mode = Mode::of(u32::from_str_radix(mode, 8).ok()?)?;
        Some(TreeEntry { path: line[tab + 1..].to_vec(), object: object.to_owned(), mode, stage })
    };
    entry().ok_or_else(|| format!("git lists what we do not know: {}", String::from_utf8_lossy(line)))
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target<'e> {
    /// To a file of the tree.
    Entry(&'e TreeEntry),
    /// To nothing that the tree holds: what lies there is not committed.
    Elsewhere,
}

/// How many links may follow each other: as the kernel counts.
const MAX_LINKS: usize = 40;

/// Follows a link through the tree, and through links to folders.
///
/// # Errors
/// What `read` says of a link that cannot be read.
pub(crate) fn follow<'e, E>(
    entries: &HashMap<&[u8], &'e TreeEntry>,
    link: &TreeEntry,
    read: &mut dyn FnMut(&TreeEntry) -> Result<Vec<u8>, E>,
) -> Result<Target<'e>, E> {
    let mut waiting: Vec<Vec<u8>> = parts(&link.path);
    let mut place: Vec<Vec<u8>> = Vec::new();
    let mut links = 0;
    while let Some(part) = waiting.pop() {
        match part.as_slice() {
            b"" | b"." => continue,
            b".." if place.pop().is_none() => return Ok(Target::Elsewhere),
            b".." => continue,
            _ => place.push(part),
        }
        match entries.get(place.join(&b'/').as_slice()) {
            Some(entry) if entry.mode == Mode::Link => {
                links += 1;
                let target = read(entry)?;
                if links > MAX_LINKS || target.starts_with(b"/") {
                    return Ok(Target::Elsewhere);
                }
                place.pop();
                waiting.extend(parts(&target));
            }
            Some(entry) if waiting.is_empty() && entry.mode == Mode::File => return Ok(Target::Entry(entry)),
            Some(_) => return Ok(Target::Elsewhere),
            None => {}
        }
    }
    Ok(Target::Elsewhere)
}

/// The last one first.
fn parts(path: &[u8]) -> Vec<Vec<u8>> {
    path.split(|byte| *byte == b'/').rev().map(<[u8]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, mode: Mode, object: &str) -> TreeEntry {
        TreeEntry { path: path.into(), object: object.to_owned(), mode, stage: 0 }
    }

    #[test]
    fn listings_are_read() {
        let object = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        let listing = format!("100644 {object} 0\ta\tb\n\0120000 {object} 2\tl\0160000 commit {object}\ts\0");
        let entries = parse(listing.as_bytes()).unwrap();
        assert_eq!(entries[0], entry("a\tb\n", Mode::File, object));
        assert_eq!((entries[1].mode, entries[1].stage), (Mode::Link, 2));
        assert_eq!(entries[2].mode, Mode::Submodule);
        let about = |flags: &str| format!("  ctime: 1:0\n  size: 0\tflags: {flags}\n");
        let (kept, meant) = (about("0"), about("20004000"));
        let listing = format!(
            "100644 {object} 0\ta\0{meant}100644 {object} 0\t\n b\0{kept}100644 {object} 0\tc\0{meant}"
        );
        assert_eq!(parse(listing.as_bytes()).unwrap(), [entry("\n b", Mode::File, object)]);
        assert!(parse(b"100644 x\ta\0").is_err());
        assert!(parse(b"040000 tree x\ta\0").is_err());
    }

    #[test]
    fn links_are_followed_in_the_tree_only() {
        let all = [
            entry("a/file", Mode::File, ""),
            entry("to-file", Mode::Link, "a/./file"),
            entry("to-folder", Mode::Link, "a"),
            entry("b/through", Mode::Link, "../to-folder/file"),
            entry("chain", Mode::Link, "b/through"),
            entry("round", Mode::Link, "round"),
            entry("out", Mode::Link, "../x"),
            entry("absolute", Mode::Link, "/a/file"),
            entry("nothing", Mode::Link, "a/none"),
            entry("below-file", Mode::Link, "a/file/x"),
        ];
        let entries: HashMap<&[u8], &TreeEntry> =
            all.iter().map(|entry| (entry.path.as_slice(), entry)).collect();
        let mut read = |link: &TreeEntry| Ok::<_, ()>(link.object.clone().into_bytes());
        for (path, expected) in [
            ("to-file", true),
            ("b/through", true),
            ("chain", true),
            ("round", false),
            ("out", false),
            ("absolute", false),
            ("nothing", false),
            ("below-file", false),
        ] {
            let found = follow(&entries, entries[path.as_bytes()], &mut read).unwrap();
            assert_eq!(found, if expected { Target::Entry(&all[0]) } else { Target::Elsewhere }, "{path}");
        }
    }
}
