//! A packed package, as callers see it.

use std::path::{Path, PathBuf};

/// A packed package.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let world = world()?;
/// use docker_prep::{PackOptions, Selection, Workspace};
///
/// let options = PackOptions::into_folder(world.folder.path().join("out"));
/// for tarball in Workspace::open(&world.common)?.pack(&Selection::All, &options)? {
///     assert_eq!((tarball.name(), tarball.version()), ("@bytelyst/errors", "1.4.2"));
///     assert_eq!(tarball.size(), std::fs::metadata(tarball.path())?.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tarball {
    name: String,
    version: String,
    path: PathBuf,
    sha256: String,
    size: u64,
    unpacked_size: u64,
}

impl Tarball {
    pub(super) fn new(folder: &Path, tarball: &crate::npm::Tarball) -> Self {
        Self {
            name: tarball.name.clone(),
            version: tarball.version.clone(),
            path: folder.join(&tarball.filename),
            sha256: tarball.sha256.as_str().to_owned(),
            size: tarball.size,
            unpacked_size: tarball.unpacked_size,
        }
    }

    /// The package's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The package's version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Where it lies, or would lie: `<name without @, / as ->-<version>-<12 hex>.tgz` in its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its SHA-256, in 64 hexadecimal digits.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Its size in bytes, compressed.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The size of the files in it, in bytes.
    #[must_use]
    pub fn unpacked_size(&self) -> u64 {
        self.unpacked_size
    }
}
