//! The files in which things are remembered: one for each workspace, one for each folder of tarballs.
//!
//! Each record is sealed with its own digest, and its digest covers the version of the program and the file that it is
//! meant for: what was cut, garbled, exchanged or written by another version is not there.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::bytes::{Reader, Writer};
use super::record::{Listing, Output, Packed};
use crate::model::digest::Digest;

/// Grows when anything changes in how records are written, how files are chosen, or how tarballs are made; the
/// program's own version counts besides.
const FORMAT: &str = concat!("docker-prep cache 3 ", env!("CARGO_PKG_VERSION"), "\n");

const SEAL: usize = 32;

/// How many tarballs of one package are remembered: plain, and one for each way in which tarballs name each other.
const VARIANTS: usize = 16;

/// What is known of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its files.
    pub listing: Option<Listing>,
    /// Its tarballs, the last made first.
    pub packed: Vec<Packed>,
}

impl Record {
    /// The tarball of a key.
    #[must_use]
    pub fn packed(&self, key: &Digest) -> Option<&Packed> {
        self.packed.iter().find(|packed| packed.key == *key)
    }

    /// Remembers a tarball, in the place of the one that was made first where there are many.
    pub fn add(&mut self, packed: Packed) {
        self.packed.retain(|known| known.key != packed.key);
        self.packed.insert(0, packed);
        self.packed.truncate(VARIANTS);
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut to = Writer::default();
        to.number(u64::from(self.listing.is_some()));
        if let Some(listing) = &self.listing {
            listing.write(&mut to);
        }
        to.count(self.packed.len());
        self.packed.iter().for_each(|packed| packed.write(&mut to));
        to.0
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let listing = match from.number()? {
            0 => None,
            _ => Some(Listing::read(&mut from)?),
        };
        let packed = from.list(Packed::read)?;
        from.0.is_empty().then_some(Self { listing, packed })
    }
}

/// The records of a workspace, by the package's folder. Each is opened when it is asked for.
#[derive(Clone, Debug, Default)]
pub struct Index {
    meant_for: String,
    records: BTreeMap<String, Sealed>,
}

#[derive(Clone, Debug)]
struct Sealed {
    seal: [u8; SEAL],
    bytes: Vec<u8>,
}

impl Index {
    /// Nothing is known of a workspace yet.
    #[must_use]
    pub fn new(meant_for: &str) -> Self {
        Self { meant_for: meant_for.to_owned(), records: BTreeMap::new() }
    }

    /// What the file says that is meant for a workspace; up to where it is damaged.
    #[must_use]
    pub fn parse(meant_for: &str, bytes: &[u8]) -> Self {
        let mut index = Self::new(meant_for);
        let Some(rest) = bytes.strip_prefix(FORMAT.as_bytes()) else { return index };
        let mut from = Reader(rest);
        while let Some((dir, sealed)) = read_sealed(&mut from) {
            index.records.insert(dir, sealed);
        }
        index
    }

    /// The record of a package's folder, if it is whole.
    #[must_use]
    pub fn get(&self, dir: &str) -> Option<Record> {
        let sealed = self.records.get(dir)?;
        if sealed.seal != seal(&self.meant_for, dir, &sealed.bytes) {
            return None;
        }
        Record::parse(&sealed.bytes)
    }

    /// The folders of which something is known.
    pub fn dirs(&self) -> impl Iterator<Item = &str> {
        self.records.keys().map(String::as_str)
    }

    /// Puts a record in the place of the one that is known.
    pub fn put(&mut self, dir: &str, record: &Record) {
        let bytes = record.to_bytes();
        let seal = seal(&self.meant_for, dir, &bytes);
        self.records.insert(dir.to_owned(), Sealed { seal, bytes });
    }

    /// Leaves those that are wanted.
    pub fn retain(&mut self, mut wanted: impl FnMut(&str) -> bool) {
        self.records.retain(|dir, _| wanted(dir));
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Writer(FORMAT.as_bytes().to_vec());
        for (dir, Sealed { seal, bytes }) in &self.records {
            write_sealed(&mut to, dir, seal, bytes);
        }
        to.0
    }
}

/// The tarballs in a folder, as a file's bytes.
#[must_use]
pub fn outputs_to_bytes(folder: &str, outputs: &[Output]) -> Vec<u8> {
    let mut body = Writer::default();
    body.count(outputs.len());
    outputs.iter().for_each(|output| output.write(&mut body));
    let mut to = Writer(FORMAT.as_bytes().to_vec());
    write_sealed(&mut to, folder, &seal(folder, "", &body.0), &body.0);
    to.0
}

/// The tarballs in a folder, if the file is whole and is meant for it.
#[must_use]
pub fn parse_outputs(folder: &str, bytes: &[u8]) -> Option<Vec<Output>> {
    let mut from = Reader(bytes.strip_prefix(FORMAT.as_bytes())?);
    let (name, sealed) = read_sealed(&mut from)?;
    if name != folder || !from.0.is_empty() || sealed.seal != seal(folder, "", &sealed.bytes) {
        return None;
    }
    let mut from = Reader(&sealed.bytes);
    let outputs = from.list(Output::read)?;
    from.0.is_empty().then_some(outputs)
}

fn write_sealed(to: &mut Writer, name: &str, seal: &[u8; SEAL], bytes: &[u8]) {
    to.text(name);
    to.0.extend_from_slice(seal);
    to.count(bytes.len());
    to.0.extend_from_slice(bytes);
}

fn read_sealed(from: &mut Reader<'_>) -> Option<(String, Sealed)> {
    let name = from.text()?;
    let seal = from.take(SEAL)?.try_into().ok()?;
    let length = from.count()?;
    Some((name, Sealed { seal, bytes: from.take(length)?.to_vec() }))
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
