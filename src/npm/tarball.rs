//! A packed package, as a value.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::text::Digest;

/// One file of a tarball.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackedFile {
    /// Below `package/`.
    pub(crate) path: String,
    /// In bytes.
    pub(crate) size: u64,
    /// 0644 or 0755.
    pub(crate) mode: u32,
}

/// What npm tells of a tarball besides, and nothing here is named by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksums {
    /// SHA-1, in hexadecimal.
    pub(crate) shasum: String,
    /// SHA-512, in the form of subresource integrity.
    pub(crate) integrity: String,
}

/// What is known of a tarball without looking at it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tarball {
    /// The package's name.
    pub(crate) name: String,
    /// The package's version.
    pub(crate) version: String,
    /// `<name without @, / as ->-<version>-<12 hex>.tgz`: of the SHA-256, or else of the tarball's
    /// [seal](crate::npm::seal::Seal).
    pub(crate) filename: String,
    /// Of the tarball.
    pub(crate) sha256: Digest,
    /// In bytes, compressed.
    pub(crate) size: u64,
    /// The files' sizes in bytes, added up.
    pub(crate) unpacked_size: u64,
    /// Where they were asked for.
    pub(crate) checksums: Option<Checksums>,
    /// Sorted by path. A package may have thousands, and several tarballs are handed from one to the other.
    pub(crate) files: Arc<[PackedFile]>,
}
