//! What the file system says of files without their being read.

use std::fs::Metadata;
use std::path::Path;

use super::{Folders, walk};
use crate::model::build::Tally;
use crate::model::digest::Digest;

/// What changes when a file is written or replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats(String);

impl Stats {
    /// Those of what is at a path, links not followed.
    pub(super) fn of(path: &Path) -> Option<Self> {
        Some(Self(shown(&path.symlink_metadata().ok()?)))
    }
}

/// All that the file system says of the files in a member's folder. It is only good for saying that nothing was touched.
#[must_use]
pub fn stamp(folders: &Folders<'_>, member: usize) -> Digest {
    let dir = folders.dir(member);
    let files = walk(dir, &folders.inside(dir));
    Tally::of(files.iter().map(|(path, stats)| (path.as_str(), stats.0.as_str())))
}

#[cfg(unix)]
fn shown(metadata: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let at = |seconds: i64, nanoseconds: i64| format!("{seconds}.{nanoseconds:09}");
    let (written, changed) =
        (at(metadata.mtime(), metadata.mtime_nsec()), at(metadata.ctime(), metadata.ctime_nsec()));
    format!("{} {:o} {} {written} {changed}", metadata.ino(), metadata.mode(), metadata.size())
}

#[cfg(not(unix))]
fn shown(metadata: &Metadata) -> String {
    format!("{} {:?}", metadata.len(), metadata.modified().ok())
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
