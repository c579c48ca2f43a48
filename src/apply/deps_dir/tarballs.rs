//! The tarballs in a folder: which are ours, and how they get their names.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::super::file;
use super::{PUBLIC, entries};
use crate::error::{Error, Kind, Result};
use crate::model::digest::Digest;
use crate::model::package_name::digest_in_tarball;
use crate::model::seal::Seal;

/// Whether a tarball was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// The same bytes were there: they were left alone, their time stamp too.
    AlreadyThere,
    /// It was put there.
    Written,
}

/// Gives a staged tarball its name, unless the same bytes are there under it.
pub(in crate::apply) fn place(dir: &Path, staged: NamedTempFile, name: &str) -> Result<Placed> {
    let target = dir.join(name);
    let digest = digest_of(staged.path()).map_err(|error| file::failed("read", staged.path(), &error))?;
    if !fits(name, &digest, staged.path()) {
        return Err(Error::new(
            Kind::Packing,
            format!("'{}': is no name for a tarball with SHA-256 {}", name.escape_debug(), digest.as_str()),
        ));
    }
    let there = target.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    if there && digest_of(&target).is_ok_and(|present| present == digest) {
        let metadata = file::metadata(&target)?;
        if cfg!(unix) && crate::observe::state::mode_of(&metadata) != PUBLIC.mode {
            file::change_attributes(&target, &PUBLIC)?;
        }
        staged.close().map_err(|error| file::failed("remove", &target, &error))?;
        return Ok(Placed::AlreadyThere);
    }
    file::change_attributes(staged.path(), &PUBLIC)?;
    staged.persist(&target).map_err(|error| file::failed("create", &target, &error.error))?;
    Ok(Placed::Written)
}

/// The files that the tool wrote, told by their names: with the digest of each.
pub(super) fn tarballs(path: &Path) -> Result<Vec<(String, Digest)>> {
    let mut found = Vec::new();
    for entry in entries(path)? {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        let is_file = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
        if is_file
            && digest_in_tarball(&name).is_some()
            && let Ok(digest) = digest_of(&path)
            && fits(&name, &digest, &path)
        {
            found.push((name, digest));
        }
    }
    Ok(found)
}

/// Whether a tarball's name is one that only the tool gives to this content: it holds the digest or the seal.
fn fits(name: &str, digest: &Digest, path: &Path) -> bool {
    let Some(digits) = digest_in_tarball(name) else { return false };
    digits == digest.short() || seal_of(path).is_some_and(|seal| digits == seal.short())
}

fn seal_of(path: &Path) -> Option<Seal> {
    let mut header = Vec::with_capacity(Seal::HEADER);
    File::open(path).ok()?.take(Seal::HEADER as u64).read_to_end(&mut header).ok()?;
    Seal::read(&header)
}

pub(super) fn digest_of(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Digest::finish(hasher))
}
