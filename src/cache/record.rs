//! What is remembered.

use serde::{Deserialize, Serialize};

use crate::npm::{Checksums, FileStamp, FileTime, TrackedPath};
use crate::text::Digest;

/// What a package's files are, and whose word it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackageListing {
    /// Of all that the answer depends on besides the witnesses.
    pub(crate) key: Digest,
    /// The pack list.
    pub(crate) paths: Vec<String>,
    /// What was looked at.
    pub(crate) witnesses: Vec<TrackedPath>,
    /// Their signatures.
    pub(crate) states: Digest,
    /// When it was looked.
    pub(crate) moment: FileTime,
}

/// A tarball's digests and sizes, without the files, which the package's listing knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackedDigests {
    /// Of all that the bytes depend on.
    pub(crate) key: Digest,
    /// When the files were looked at.
    pub(crate) moment: FileTime,
    /// The file's name.
    pub(crate) filename: String,
    /// Of the tarball.
    pub(crate) sha256: Digest,
    /// In bytes.
    pub(crate) size: u64,
    /// Where they were asked for.
    pub(crate) checksums: Option<Checksums>,
}

/// A tarball that lies in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CachedOutput {
    /// The file's name.
    pub(crate) name: String,
    /// By which it is known to be the same.
    pub(crate) signature: FileStamp,
    /// Of its bytes.
    pub(crate) digest: Digest,
}
