//! What is remembered.

use super::bytes::{Reader, Writer};
use super::signature::{Moment, Signature};
use crate::model::digest::Digest;
use crate::model::tarball::Checksums;

/// A path whose state decided what a package's files are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Witness {
    /// Absolute.
    pub path: String,
    /// Whether a symbolic link there was followed.
    pub follow: bool,
}

/// What a package's files are, and whose word it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Of all that the answer depends on besides the witnesses.
    pub key: Digest,
    /// The pack list.
    pub paths: Vec<String>,
    /// What was looked at.
    pub witnesses: Vec<Witness>,
    /// Their signatures.
    pub states: Digest,
    /// When it was looked.
    pub moment: Moment,
}

/// By what the files of a package are known to be the same: the package's folder, and its files' signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// The folder that is packed.
    pub dir: String,
    /// Of the files' signatures.
    pub files: Digest,
    /// When they were looked at.
    pub moment: Moment,
    /// Whether a change since then would be seen: else nothing is remembered.
    pub settled: bool,
    /// Of each file, in bytes.
    pub sizes: Vec<u64>,
}

/// A tarball's digests and sizes, without the files, which the package's listing knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Of all that the bytes depend on.
    pub key: Digest,
    /// When the files were looked at.
    pub moment: Moment,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The file's name.
    pub name: String,
    /// By which it is known to be the same.
    pub signature: Signature,
    /// Of its bytes.
    pub digest: Digest,
}

impl Listing {
    pub(super) fn write(&self, to: &mut Writer) {
        to.digest(&self.key);
        to.count(self.paths.len());
        self.paths.iter().for_each(|path| to.text(path));
        to.count(self.witnesses.len());
        for Witness { path, follow } in &self.witnesses {
            to.text(path);
            to.number(u64::from(*follow));
        }
        to.digest(&self.states);
        to.moment(self.moment);
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Option<Self> {
        let key = from.digest()?;
        let paths = from.list(Reader::text)?;
        let witnesses =
            from.list(|from| Some(Witness { path: from.text()?, follow: from.number()? == 1 }))?;
        let (states, moment) = (from.digest()?, from.moment()?);
        Some(Self { key, paths, witnesses, states, moment })
    }
}

impl Packed {
    pub(super) fn write(&self, to: &mut Writer) {
        let Self { key, moment, filename, sha256, size, checksums } = self;
        to.digest(key);
        to.moment(*moment);
        to.text(filename);
        to.digest(sha256);
        to.number(*size);
        to.number(u64::from(checksums.is_some()));
        if let Some(Checksums { shasum, integrity }) = checksums {
            to.text(shasum);
            to.text(integrity);
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            key: from.digest()?,
            moment: from.moment()?,
            filename: from.text()?,
            sha256: from.digest()?,
            size: from.number()?,
            checksums: match from.number()? {
                0 => None,
                _ => Some(Checksums { shasum: from.text()?, integrity: from.text()? }),
            },
        })
    }
}

impl Output {
    pub(super) fn write(&self, to: &mut Writer) {
        to.text(&self.name);
        to.signature(&self.signature);
        to.digest(&self.digest);
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { name: from.text()?, signature: from.signature()?, digest: from.digest()? })
    }
}
