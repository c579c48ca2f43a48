//! Removes trees, whatever their modes are.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::attributes;
use crate::error::Result;
use crate::isolated::read::tree::{entry, list};
use crate::isolated::tree::{INDEX_SUFFIX, Kind, TEMP_SUFFIX};
use crate::transaction::failed;

/// Removes a tree with what is known of it, or a folder of trees. Nothing where it is not there.
///
/// # Errors
/// Something cannot be removed; what was before it is gone.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    // What is known of a tree goes first: it is of no use without it.
    for suffix in [TEMP_SUFFIX, INDEX_SUFFIX] {
        let mut path = folder.as_os_str().to_owned();
        path.push(suffix);
        all_below(Path::new(&path))?;
    }
    all_below(folder)
}

/// Removes what lies at a path, with all that is below it.
///
/// No recursion, and no file stays open, however deep it is.
pub(super) fn all_below(path: &Path) -> Result<()> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let (kind, stamp) = match entry(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("remove", path, &error)),
    };
    if kind != Kind::Folder {
        return file(path);
    }
    attributes::open(path, stamp.mode)?;
    folders.push(path.to_owned());
    let mut next = 0;
    while next < folders.len() {
        let folder = std::mem::take(&mut folders[next]);
        let entries = list(&folder).map_err(|error| failed("list", &folder, &error))?;
        for there in entries {
            let path = folder.join(&there.name);
            if there.kind == Kind::Folder {
                attributes::open(&path, there.stamp.mode)?;
                folders.push(path);
            } else {
                file(&path)?;
            }
        }
        folders[next] = folder;
        next += 1;
    }
    for folder in folders.iter().rev() {
        gone(fs::remove_dir(folder)).map_err(|error| failed("remove", folder, &error))?;
    }
    Ok(())
}

/// Removes a file or a link.
pub(super) fn file(path: &Path) -> Result<()> {
    let removed = gone(fs::remove_file(path));
    // A link to a folder is one there.
    #[cfg(windows)]
    let removed = removed.or_else(|error| fs::remove_dir(path).map_err(|_| error));
    removed.map_err(|error| failed("remove", path, &error))
}

/// It is as well if it was gone already.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
