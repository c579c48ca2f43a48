//! What is remembered.

use serde::{Deserialize, Serialize};

use crate::npm::stamp::{FileStamp, FileTime};
use crate::npm::tarball::Checksums;
use crate::text::digest::Digest;

/// A path whose state decided what a package's files are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TrackedPath {
    /// Absolute.
    pub path: String,
    /// Whether a symbolic link there was followed.
    pub follow: bool,
}

/// What a package's files are, and whose word it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageListing {
    /// Of all that the answer depends on besides the witnesses.
    pub key: Digest,
    /// The pack list.
    pub paths: Vec<String>,
    /// What was looked at.
    pub witnesses: Vec<TrackedPath>,
    /// Their signatures.
    pub states: Digest,
    /// When it was looked.
    pub moment: FileTime,
}

/// By what the files of a package are known to be the same: the package's folder, and its files' signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentKey {
    /// The folder that is packed.
    pub dir: String,
    /// Of the files' signatures.
    pub files: Digest,
    /// When they were looked at.
    pub moment: FileTime,
    /// Whether a change since then would be seen: else nothing is remembered.
    pub settled: bool,
    /// Of each file, in bytes.
    pub sizes: Vec<u64>,
}

/// A tarball's digests and sizes, without the files, which the package's listing knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedDigests {
    /// Of all that the bytes depend on.
    pub key: Digest,
    /// When the files were looked at.
    pub moment: FileTime,
    /// The file's name.
    pub filename: String,
    /// Of the tarball.
    pub sha256: Digest,
    /// In bytes.
    pub size: u64,
    /// Where they were asked for.
    pub checksums: Option<Checksums>,
}

/// A tarball that lies in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CachedOutput {
    /// The file's name.
    pub name: String,
    /// By which it is known to be the same.
    pub signature: FileStamp,
    /// Of its bytes.
    pub digest: Digest,
}
