//! Where the project's folder is: a command may move it, or take it away.

#![cfg_attr(not(changes), expect(clippy::disallowed_methods, reason = "looks at the project's folder"))]

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::disk;

/// The folder at a path, whatever becomes of that path.
#[derive(Debug)]
pub(crate) struct HeldFolder {
    path: PathBuf,
    /// `None` where the system has no such thing: then only the path is looked at.
    open: Option<File>,
}

/// Where it is by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FolderNow {
    /// Where it was.
    InPlace,
    /// It has another path.
    Moved(PathBuf),
    /// It has no path, or none that can be known.
    Gone,
}

impl HeldFolder {
    /// Holds on to a folder.
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), open: if cfg!(unix) { disk::folder(path).ok() } else { None } }
    }

    /// Looks where it is.
    pub(crate) fn look(&self) -> FolderNow {
        let is_same = match &self.open {
            Some(open) => is_at(open, &self.path),
            None => self.path.is_dir(),
        };
        if is_same {
            return FolderNow::InPlace;
        }
        let moved = self.open.as_ref().and_then(|open| Some((path_of(open)?, open)));
        moved
            .filter(|(path, open)| is_at(open, path))
            .map_or(FolderNow::Gone, |(path, _)| FolderNow::Moved(path))
    }
}

#[cfg(unix)]
fn is_at(open: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(held), Ok(named)) = (open.metadata(), path.metadata()) else { return false };
    (held.dev(), held.ino()) == (named.dev(), named.ino())
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.is_dir()
}

#[cfg(target_os = "linux")]
fn path_of(open: &File) -> Option<PathBuf> {
    use std::os::fd::AsRawFd as _;
    std::fs::read_link(format!("/proc/self/fd/{}", open.as_raw_fd())).ok()
}

#[cfg(target_vendor = "apple")]
fn path_of(open: &File) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt as _;
    let path = rustix::fs::getpath(open).ok()?;
    Some(std::ffi::OsString::from_vec(path.into_bytes()).into())
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn path_of(_: &File) -> Option<PathBuf> {
    None
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_where_it_was_moved() {
        let temp = tempfile::tempdir().unwrap();
        let temp = temp.path().canonicalize().unwrap();
        let (before, after) = (temp.join("before"), temp.join("after"));
        std::fs::create_dir(&before).unwrap();
        let held = HeldFolder::new(&before);
        assert_eq!(held.look(), FolderNow::InPlace);
        std::fs::rename(&before, &after).unwrap();
        assert_eq!(held.look(), FolderNow::Moved(after.clone()));
        std::fs::create_dir(&before).unwrap();
        assert_eq!(held.look(), FolderNow::Moved(after.clone()));
        std::fs::remove_dir(&after).unwrap();
        assert_eq!(held.look(), FolderNow::Gone);
    }
}
