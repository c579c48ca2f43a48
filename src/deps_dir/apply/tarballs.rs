//! The tarballs in a folder: which are ours, and how they get their names.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use sha2::{Digest as _, Sha256};
use tempfile::{NamedTempFile, TempPath};

use super::{PUBLIC, entries};
use crate::cache::{Outputs, wait_until_past};
use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::npm::{Seal, Tarball, digest_in_tarball};
use crate::text::Digest;
use crate::transaction::file;

/// Whether a tarball was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// The same bytes were there: they were left alone, their time stamp too.
    AlreadyThere,
    /// It was put there.
    Written,
}

/// A new file to write a tarball into, which goes when it is dropped.
#[derive(Debug)]
pub(crate) struct TempTarball {
    pub(super) file: NamedTempFile,
    /// In bytes.
    written: u64,
    /// How many of them the disk has, or will have soon.
    begun: u64,
    /// Who waits for that, and how it went.
    syncing: Option<JoinHandle<io::Result<()>>>,
}

impl TempTarball {
    /// So many bytes are worth a thread that sees them onto the disk while more are made.
    const MANY: u64 = 32 << 20;

    pub(super) fn new(file: NamedTempFile) -> Self {
        Self { file, written: 0, begun: 0, syncing: None }
    }

    /// Closes the file: there may be more tarballs than files that a process may have open.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn close(mut self) -> io::Result<StagedTarball> {
        self.wait()?;
        Ok(StagedTarball::New(self.file.into_temp_path()))
    }

    /// A failure is told once, to whoever asks first: nothing that was begun may be forgotten.
    fn wait(&mut self) -> io::Result<()> {
        match self.syncing.take().map(JoinHandle::join) {
            Some(Ok(synced)) => synced.or_else(file::unsupported_is_fine),
            Some(Err(_)) => Err(io::Error::other("the thread that synced it has failed")),
            None => Ok(()),
        }
    }
}

impl Write for TempTarball {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.written += count as u64;
        let is_idle = self.syncing.as_ref().is_none_or(JoinHandle::is_finished);
        if is_idle && self.written - self.begun >= Self::MANY {
            self.wait()?;
            self.begun = self.written;
            // Where it cannot begin, all is synced at the end.
            let sync = |file: File| thread::Builder::new().spawn(move || file.sync_data());
            self.syncing = self.file.as_file().try_clone().and_then(sync).ok();
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A tarball on its way into a folder.
#[derive(Debug)]
pub(crate) enum StagedTarball {
    /// It is in a file that has no name yet.
    New(TempPath),
    /// It lies in the folder already, and is known to be this one without being read.
    There(PathBuf),
}

impl StagedTarball {
    /// Whether a power cut may take it: not if it was known to lie there, since whoever learned that has synced it, its
    /// name too.
    pub(crate) fn may_be_lost(&self) -> bool {
        matches!(self, Self::New(_))
    }

    /// Where its bytes are.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::New(temp) => temp,
            Self::There(path) => path,
        }
    }
}

/// Sees a tarball onto the disk, with the mode that it is to have: all but its name.
///
/// # Errors
/// The disk's.
pub(crate) fn sync_staged(staged: &StagedTarball) -> io::Result<()> {
    match staged {
        StagedTarball::New(temp) => file::set_attributes_and_sync(temp, &PUBLIC),
        StagedTarball::There(_) => Ok(()),
    }
}

/// The tarball in a folder, where it is known to lie there with the mode that it is to have.
pub(crate) fn there(dir: &Path, tarball: &Tarball, outputs: &Outputs) -> Option<StagedTarball> {
    let path = dir.join(&tarball.filename);
    let known = outputs.known(&path)?;
    let is_it = known.digest == tarball.sha256 && known.signature.mode & 0o7777 == PUBLIC.mode;
    is_it.then_some(StagedTarball::There(path))
}

/// [`place`] of a tarball that may lie there already.
pub(crate) fn place_known(
    dir: &Path,
    staged: StagedTarball,
    tarball: &Tarball,
    outputs: &Outputs,
) -> Result<Placed> {
    let target = dir.join(&tarball.filename);
    match staged {
        StagedTarball::There(path) if there(dir, tarball, outputs).is_some() && path == target => {
            Ok(Placed::AlreadyThere)
        }
        StagedTarball::There(path) => {
            Err(Error::new(ErrorKind::Refused, format!("{}: was changed just now", path.display()))
                .hint("see that nothing else writes there, then run it again"))
        }
        StagedTarball::New(temp) => {
            // Named in the tick of its last byte, it could not be told from what somebody else writes into it then.
            if let Some(written) = outputs.written(&temp) {
                wait_until_past(written);
            }
            let before = Outputs::now();
            let placed = place(dir, temp, &tarball.filename, &tarball.sha256)?;
            match placed {
                Placed::Written => outputs.learn_written(&target, &tarball.sha256),
                Placed::AlreadyThere => outputs.learn_read(&target, before, &tarball.sha256),
            }
            Ok(placed)
        }
    }
}

/// Gives a staged tarball of this digest, which is on the disk, its name, unless the same bytes are there under it.
pub(super) fn place(dir: &Path, staged: TempPath, name: &str, digest: &Digest) -> Result<Placed> {
    let target = dir.join(name);
    if !fits(name, digest, &staged) {
        return Err(Error::new(
            ErrorKind::Packing,
            format!("'{}': is no name for a tarball with SHA-256 {}", name.escape_debug(), digest.as_str()),
        ));
    }
    let there = target.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    if there && digest_of(&target).is_ok_and(|present| present == *digest) {
        let metadata = file::metadata(&target)?;
        if cfg!(unix) && crate::transaction::mode_of(&metadata) != PUBLIC.mode {
            file::change_attributes(&target, &PUBLIC)?;
        }
        staged.close().map_err(|error| file::failed("remove", &target, &error))?;
        return Ok(Placed::AlreadyThere);
    }
    staged.persist(&target).map_err(|error| file::failed("create", &target, &error.error))?;
    Ok(Placed::Written)
}

/// The files that the tool wrote, told by their names: with the digest of each.
pub(super) fn tarballs(path: &Path, outputs: &Outputs) -> Result<Vec<(String, Digest)>> {
    let mut found = Vec::new();
    for entry in entries(path)? {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        if digest_in_tarball(&name).is_some()
            // Which the folder tells by itself, on most file systems.
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(digest) = known_digest_of(&path, outputs)
            && fits(&name, &digest, &path)
        {
            found.push((name, digest));
        }
    }
    Ok(found)
}

/// Whether a file is one that the tool packed: its name fits its content.
pub(super) fn is_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    digest_in_tarball(&name).is_some()
        && path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
        && digest_of(path).is_ok_and(|digest| fits(&name, &digest, path))
}

/// Whether a tarball's name is one that only the tool gives to this content: it holds the digest or the seal.
fn fits(name: &str, digest: &Digest, path: &Path) -> bool {
    let Some(digits) = digest_in_tarball(name) else { return false };
    digits == digest.short() || seal_of(path).is_some_and(|seal| digits == seal.short())
}

fn seal_of(path: &Path) -> Option<Seal> {
    let header = disk::begin(path, Seal::HEADER as u64).ok()?;
    Seal::read(&header)
}

/// The digest of a file that need not be read where it is known.
fn known_digest_of(path: &Path, outputs: &Outputs) -> io::Result<Digest> {
    if let Some(digest) = outputs.digest(path) {
        return Ok(digest);
    }
    let before = Outputs::now();
    let digest = digest_of(path)?;
    outputs.learn_read(path, before, &digest);
    Ok(digest)
}

pub(super) fn digest_of(path: &Path) -> io::Result<Digest> {
    let mut file = disk::file(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Digest::finish(hasher))
}
