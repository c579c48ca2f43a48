//! What the file system says of files without their being read.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::Folders;
use crate::text::Digest;

/// What changes when a file is written or replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stats([u8; SIZE]);

const SIZE: usize = 44;

impl Stats {
    /// Those of what is at a path, links not followed.
    pub(super) fn of(path: &Path) -> Option<Self> {
        Some(Self(told(&path.symlink_metadata().ok()?)))
    }
}

/// All that the file system says of the files in a member's folder. It is only good for saying that nothing was touched.
pub(crate) fn stamp(folders: &Folders<'_>, member: usize) -> Digest {
    // One digest of all in the end: many small ones take longer.
    let mut bytes = Vec::with_capacity(8192);
    visit(folders.dir(member), &folders.inside_member(member), |path, Stats(stats)| {
        bytes.extend_from_slice(path.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(&stats);
    });
    Digest::of(&bytes)
}

/// The files of a folder, by their paths from there. `node_modules`, repositories' own folders and those of `passed` are
/// passed over, and links not followed.
pub(super) fn walk(dir: &Path, passed: &[&Path]) -> BTreeMap<String, Stats> {
    let mut found = BTreeMap::new();
    visit(dir, passed, |path, stats| {
        found.insert(path.to_owned(), stats);
    });
    found
}

/// Calls `each` with the files of a folder, always in the same order, each with its path from there and `/` between
/// parts. One that is no UTF-8 stands for itself as well as it can. One question is asked of each folder, and one of each
/// file.
fn visit(dir: &Path, passed: &[&Path], mut each: impl FnMut(&str, Stats)) {
    let mut open: Vec<(PathBuf, String)> = vec![(dir.to_owned(), String::new())];
    while let Some((dir, mut path)) = open.pop() {
        let within = path.len();
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        let mut entries: Vec<_> = entries.map(|entry| (entry.file_name(), entry)).collect();
        entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (name, entry) in entries {
            let Ok(file_type) = entry.file_type() else { continue };
            if name == "node_modules" || name == ".git" {
                continue;
            }
            path.truncate(within);
            path.push_str(&name.to_string_lossy());
            if !file_type.is_dir() {
                // Asked of the folder that is open: the path to it need not be gone anew.
                if let Ok(metadata) = entry.metadata() {
                    each(&path, Stats(told(&metadata)));
                }
                continue;
            }
            let inner = entry.path();
            if !passed.contains(&&*inner) {
                open.push((inner, format!("{path}/")));
            }
        }
    }
}

#[cfg(unix)]
fn told(metadata: &Metadata) -> [u8; SIZE] {
    use std::os::unix::fs::MetadataExt as _;
    let mut told = [0; SIZE];
    told[..8].copy_from_slice(&metadata.ino().to_le_bytes());
    told[8..16].copy_from_slice(&metadata.size().to_le_bytes());
    told[16..20].copy_from_slice(&metadata.mode().to_le_bytes());
    told[20..28].copy_from_slice(&metadata.mtime().to_le_bytes());
    told[28..36].copy_from_slice(&metadata.ctime().to_le_bytes());
    // Below a second: less than 2^30.
    for (at, nanoseconds) in [(36, metadata.mtime_nsec()), (40, metadata.ctime_nsec())] {
        told[at..at + 4].copy_from_slice(&nanoseconds.to_le_bytes()[..4]);
    }
    told
}

#[cfg(not(unix))]
fn told(metadata: &Metadata) -> [u8; SIZE] {
    let mut told = [0; SIZE];
    told[..8].copy_from_slice(&metadata.len().to_le_bytes());
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    told[8..24].copy_from_slice(&modified.unwrap_or_default().as_nanos().to_le_bytes());
    told
}

#[cfg(unix)]
pub(super) fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
pub(super) fn is_executable(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_dependencies_are_passed_over() {
        let temp = tempfile::tempdir().unwrap();
        for path in ["a.js", "src/b.js", "node_modules/c.js", "src/node_modules/d.js", ".git/e"] {
            let path = temp.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found: Vec<_> = walk(temp.path(), &[]).into_keys().collect();
        assert_eq!(found, ["a.js", "src/b.js"]);
    }

    #[test]
    #[cfg(unix)]
    fn each_file_is_told_of_once_in_the_same_order() {
        let temp = tempfile::tempdir().unwrap();
        for path in ["b/c", "a/d/e", "b/a", "c"] {
            let path = temp.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        std::os::unix::fs::symlink("b", temp.path().join("link")).unwrap();
        let told = |passed: &[&Path]| {
            let mut paths = Vec::new();
            visit(temp.path(), passed, |path, _| paths.push(path.to_owned()));
            paths
        };
        assert_eq!(told(&[]), ["c", "link", "b/a", "b/c", "a/d/e"]);
        assert_eq!(told(&[&temp.path().join("b")]), ["c", "link", "a/d/e"]);
    }
}
