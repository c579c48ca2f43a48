//! The folders of a package, each read once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::npm::read::seen::SeenPaths;
use crate::text::resolve;

/// What lies at a path, links not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathKind {
    /// A folder.
    Dir,
    /// A symbolic link.
    Link,
    /// A regular file.
    File,
    /// A FIFO, a socket or a device.
    Special,
}

impl PathKind {
    /// Whether names may lie below it.
    pub(crate) fn may_lead_on(self) -> bool {
        matches!(self, Self::Dir | Self::Link)
    }
}

impl From<FileType> for PathKind {
    fn from(kind: FileType) -> Self {
        if kind.is_dir() {
            Self::Dir
        } else if kind.is_symlink() {
            Self::Link
        } else if kind.is_file() {
            Self::File
        } else {
            Self::Special
        }
    }
}

/// A name in a folder.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    pub(crate) name: String,
    pub(crate) kind: PathKind,
    /// The name's bytes are not UTF-8: `name` is how Node shows it, and no path.
    pub(crate) garbled: bool,
}

/// A folder's names.
pub(crate) type FolderNames = Rc<Vec<Child>>;

/// Why a folder has no names.
#[derive(Clone, Debug)]
pub(crate) struct ListError {
    pub(crate) path: PathBuf,
    pub(crate) cause: String,
    kind: io::ErrorKind,
    code: Option<i32>,
}

impl ListError {
    /// Whether glob takes the folder for one that is not there.
    pub(crate) fn is_absence(&self) -> bool {
        // ELOOP has no stable kind: 40 on Linux, 62 on macOS.
        matches!(self.code, Some(40 | 62))
            || matches!(
                self.kind,
                io::ErrorKind::NotFound
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::InvalidFilename
                    | io::ErrorKind::Unsupported
            )
    }
}

/// Reads below one folder. Paths are strings as JavaScript has them, relative to it.
pub(crate) struct PackTree {
    root: PathBuf,
    seen: Rc<SeenPaths>,
    lists: RefCell<HashMap<String, Result<FolderNames, ListError>>>,
}

impl PackTree {
    /// `seen` notes what is looked at.
    pub(crate) fn new(root: &Path, seen: &Rc<SeenPaths>) -> Self {
        Self { root: root.to_owned(), seen: Rc::clone(seen), lists: RefCell::new(HashMap::new()) }
    }

    /// What notes what is looked at.
    pub(crate) fn seen(&self) -> &Rc<SeenPaths> {
        &self.seen
    }

    /// The path on disk. Leading `..` are taken off the root as text, as Node's `path.resolve` does.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        if relative.starts_with('/') {
            return relative.into();
        }
        let mut root = self.root.as_path();
        let mut rest = relative.strip_prefix("./").unwrap_or(relative);
        while let Some(after) =
            rest.strip_prefix("..").filter(|after| after.is_empty() || after.starts_with('/'))
        {
            root = root.parent().unwrap_or(root);
            rest = after.trim_start_matches('/');
        }
        if matches!(rest, "" | ".") { root.to_owned() } else { root.join(rest) }
    }

    /// The names in a folder, links followed.
    pub(crate) fn list(&self, relative: &str) -> Result<FolderNames, ListError> {
        let key = resolve(relative);
        if let Some(known) = self.lists.borrow().get(&key) {
            return known.clone();
        }
        let path = self.path(&key);
        self.seen.look(&path, true);
        let listed = read(&path).map(Rc::new).map_err(|e| ListError {
            path,
            cause: crate::error::io_cause(&e),
            kind: e.kind(),
            code: e.raw_os_error(),
        });
        self.lists.borrow_mut().insert(key, listed.clone());
        listed
    }

    /// What lies at a path. Answered from a listing where there is one.
    pub(crate) fn kind(&self, relative: &str) -> io::Result<PathKind> {
        let known = relative.rsplit_once('/').map_or((".", relative), |(dir, name)| (dir, name));
        if !matches!(known.1, "" | "." | "..")
            && let Some(Ok(listing)) = self.lists.borrow().get(known.0)
            && let Ok(at) = listing.binary_search_by(|child| child.name.as_str().cmp(known.1))
            && !listing[at].garbled
        {
            return Ok(listing[at].kind);
        }
        let path = self.path(relative);
        self.seen.look(&path, false);
        Ok(std::fs::symlink_metadata(path)?.file_type().into())
    }
}

fn read(path: &Path) -> io::Result<Vec<Child>> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let raw = entry.file_name();
        children.push(Child {
            kind: entry.file_type()?.into(),
            garbled: raw.to_str().is_none(),
            name: raw.to_string_lossy().into_owned(),
        });
    }
    // Node's order, so that nothing depends on the file system's.
    children.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(children)
}
