//! The files in which things are remembered: one for each workspace, one for each folder of tarballs.
//!
//! Each record is sealed with its own digest, and its digest covers the version of the program and the file that it is
//! meant for: what was cut, garbled, exchanged or written by another version is not there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::linked::LinkedTarball;
use super::record::{CachedOutput, PackageListing, PackedDigests};
use crate::text::Digest;

/// Grows when anything changes in how records are written, how files are chosen, or how tarballs are made; the
/// program's own version counts besides.
const FORMAT: &str = concat!("docker-prep cache 4 ", env!("CARGO_PKG_VERSION"), "\n");

const SEAL: usize = 32;

/// How many tarballs of one package are remembered: plain, and one for each way in which tarballs name each other.
const VARIANTS: usize = 16;

/// What is known of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackageRecord {
    /// Its files.
    pub(crate) listing: Option<PackageListing>,
    /// Its tarballs, the last made first.
    pub(crate) packed: Vec<PackedDigests>,
}

impl PackageRecord {
    /// The tarball of a key.
    pub(crate) fn packed(&self, key: &Digest) -> Option<&PackedDigests> {
        self.packed.iter().find(|packed| packed.key == *key)
    }

    /// Remembers a tarball, in the place of the one that was made first where there are many.
    pub(crate) fn add(&mut self, packed: PackedDigests) {
        self.packed.retain(|known| known.key != packed.key);
        self.packed.insert(0, packed);
        self.packed.truncate(VARIANTS);
    }
}

/// The records of a workspace, by the package's folder. Each is opened when it is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct CacheIndex {
    meant_for: String,
    records: BTreeMap<String, Sealed>,
}

/// What a record is of, its seal and its bytes, as they stand in a file.
type Entry<'a> = (&'a str, [u8; SEAL], &'a [u8]);

#[derive(Clone, Debug)]
struct Sealed {
    seal: [u8; SEAL],
    bytes: Vec<u8>,
}

impl CacheIndex {
    /// Nothing is known of a workspace yet.
    pub(crate) fn new(meant_for: &str) -> Self {
        Self { meant_for: meant_for.to_owned(), records: BTreeMap::new() }
    }

    /// What the file says that is meant for a workspace; up to where it is damaged.
    pub(crate) fn parse(meant_for: &str, bytes: &[u8]) -> Self {
        let mut index = Self::new(meant_for);
        let mut rest = bytes.strip_prefix(FORMAT.as_bytes()).unwrap_or_default();
        while let Ok(((dir, seal, bytes), behind)) = postcard::take_from_bytes::<Entry<'_>>(rest) {
            index.records.insert(dir.to_owned(), Sealed { seal, bytes: bytes.to_owned() });
            rest = behind;
        }
        index
    }

    /// The record of a package's folder, if it is whole.
    pub(crate) fn get(&self, dir: &str) -> Option<PackageRecord> {
        let sealed = self.records.get(dir)?;
        if sealed.seal != seal(&self.meant_for, dir, &sealed.bytes) {
            return None;
        }
        parse(&sealed.bytes)
    }

    /// The folders of which something is known.
    #[cfg(test)]
    pub(crate) fn dirs(&self) -> impl Iterator<Item = &str> {
        self.records.keys().map(String::as_str)
    }

    /// Puts a record in the place of the one that is known.
    pub(crate) fn put(&mut self, dir: &str, record: &PackageRecord) {
        let bytes = to_bytes(record);
        let seal = seal(&self.meant_for, dir, &bytes);
        self.records.insert(dir.to_owned(), Sealed { seal, bytes });
    }

    /// Leaves those that are wanted.
    pub(crate) fn retain(&mut self, mut wanted: impl FnMut(&str) -> bool) {
        self.records.retain(|dir, _| wanted(dir));
    }

    /// The file's bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let entries = self.records.iter();
        file(entries.map(|(dir, Sealed { seal, bytes })| (dir.as_str(), *seal, bytes.as_slice())))
    }
}

/// The tarballs in a folder, as a file's bytes.
pub(crate) fn outputs_to_bytes(folder: &str, outputs: &[CachedOutput]) -> Vec<u8> {
    let body = to_bytes(outputs);
    file([(folder, seal(folder, "", &body), body.as_slice())])
}

/// The tarballs in a folder, if the file is whole and is meant for it.
pub(crate) fn parse_outputs(folder: &str, bytes: &[u8]) -> Option<Vec<CachedOutput>> {
    let (name, sealed_by, body): Entry<'_> = parse(bytes.strip_prefix(FORMAT.as_bytes())?)?;
    if name != folder || sealed_by != seal(folder, "", body) {
        return None;
    }
    parse(body)
}

/// Which tarballs were made of those of others, as a file's bytes.
pub(crate) fn linked_to_bytes(meant_for: &str, linked: &BTreeMap<Digest, LinkedTarball>) -> Vec<u8> {
    let body = to_bytes(linked);
    file([(meant_for, seal(meant_for, "", &body), body.as_slice())])
}

/// The same from a file's bytes; nothing where it is not whole, or is meant for something else.
pub(crate) fn parse_linked(meant_for: &str, bytes: &[u8]) -> Option<BTreeMap<Digest, LinkedTarball>> {
    let (name, sealed_by, body): Entry<'_> = parse(bytes.strip_prefix(FORMAT.as_bytes())?)?;
    if name != meant_for || sealed_by != seal(meant_for, "", body) {
        return None;
    }
    parse(body)
}

fn file<'a>(entries: impl IntoIterator<Item = Entry<'a>>) -> Vec<u8> {
    entries.into_iter().fold(FORMAT.as_bytes().to_vec(), |mut file, entry| {
        file.extend(to_bytes(&entry));
        file
    })
}

/// What is remembered as bytes. It never fails: there is room for any, and each knows its length.
fn to_bytes(known: &(impl Serialize + ?Sized)) -> Vec<u8> {
    postcard::to_extend(known, Vec::new()).unwrap_or_default()
}

/// The same from bytes, if they are all of it. A length that lies takes no memory.
fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    let (known, behind) = postcard::take_from_bytes(bytes).ok()?;
    behind.is_empty().then_some(known)
}

fn seal(meant_for: &str, name: &str, bytes: &[u8]) -> [u8; SEAL] {
    let mut hasher = Sha256::new();
    hasher.update(FORMAT);
    for text in [meant_for, name] {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    hasher.update(bytes);
    hasher.finalize().into()
}

#[cfg(test)]
mod tests;
