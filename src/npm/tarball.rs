//! A packed package, as a value.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::text::digest::Digest;

/// One file of a tarball.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedFile {
    /// Below `package/`.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// 0644 or 0755.
    pub mode: u32,
}

/// What npm tells of a tarball besides, and nothing here is named by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksums {
    /// SHA-1, in hexadecimal.
    pub shasum: String,
    /// SHA-512, in the form of subresource integrity.
    pub integrity: String,
}

/// What is known of a tarball without looking at it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tarball {
    /// The package's name.
    pub name: String,
    /// The package's version.
    pub version: String,
    /// `<name without @, / as ->-<version>-<12 hex>.tgz`: of the SHA-256, or else of the tarball's
    /// [seal](crate::npm::seal::Seal).
    pub filename: String,
    /// Of the tarball.
    pub sha256: Digest,
    /// In bytes, compressed.
    pub size: u64,
    /// The files' sizes in bytes, added up.
    pub unpacked_size: u64,
    /// Where they were asked for.
    pub checksums: Option<Checksums>,
    /// Sorted by path. A package may have thousands, and several tarballs are handed from one to the other.
    pub files: Arc<[PackedFile]>,
}
