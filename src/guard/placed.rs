//! What a run put into a deps dir, told by what it is and not by where it lies.

use std::collections::HashSet;

use super::GuardSettings;
use super::read::{TreeEntry, is_named};
use crate::deps_dir::{MARK, MARK_TEXT};
use crate::npm::digest_in_tarball;

/// Whether a path has a name as only the tool gives to what it packs.
pub(super) fn is_packed(path: &[u8]) -> bool {
    // Most names are ruled out here.
    path.ends_with(b".tgz")
        && std::str::from_utf8(name(path)).is_ok_and(|name| digest_in_tarball(name).is_some())
}

/// The folders that hold the mark of a deps dir, each with a slash at its end.
pub(super) fn marked_folders(entries: &[TreeEntry]) -> HashSet<&[u8]> {
    let is_mark = |entry: &&TreeEntry| {
        name(&entry.path) == MARK.as_bytes() && is_named(&entry.object, MARK_TEXT.as_bytes())
    };
    let marks = entries.iter().filter(is_mark);
    // What makes the tree's top a deps dir would make all of it one.
    marks.map(|mark| &mark.path[..mark.path.len() - MARK.len()]).filter(|folder| !folder.is_empty()).collect()
}

/// Whether a path lies in one of these folders.
pub(super) fn is_below(folders: &HashSet<&[u8]>, path: &[u8]) -> bool {
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at + 1);
    !folders.is_empty() && ends.into_iter().any(|end| folders.contains(&path[..end]))
}

/// How messages call the folder that something lies in which belongs into a deps dir.
pub(super) fn folder(settings: &GuardSettings, path: &[u8]) -> String {
    let folder = match settings.deps_dir_above(path) {
        above if above == path => {
            let folder = &path[..path.len() - name(path).len()];
            folder.strip_suffix(b"/").unwrap_or(folder).to_vec()
        }
        above => above,
    };
    String::from_utf8_lossy(&folder).into_owned()
}

fn name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::read::Mode;

    #[test]
    fn what_was_packed_is_told_by_its_name() {
        for path in ["a/b-c-1.0.0-0123456789ab.tgz", "b-1.0.0-0123456789ab.tgz"] {
            assert!(is_packed(path.as_bytes()), "{path}");
        }
        for path in ["b-1.0.0.tgz", "b-1.0.0-0123456789ab.tgz/x", "b-1.0.0-0123456789ag.tgz", "x.ts", ""] {
            assert!(!is_packed(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn a_folder_is_told_by_its_mark() {
        let entry = |path: &str, object: &str| TreeEntry {
            path: path.into(),
            object: object.to_owned(),
            mode: Mode::File,
            stage: 0,
        };
        let mark = "f36f5cd8d96a5e67ef6a1ebd29491d691c89620a";
        let entries = [entry("v/.docker-prep", mark), entry("w/.docker-prep", "0"), entry("v/x/y", "1")];
        let found = marked_folders(&entries);
        assert!(is_below(&found, b"v/x/y") && !is_below(&found, b"w/y") && !is_below(&found, b"v2/x"));
    }
}
