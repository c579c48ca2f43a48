//! Writes what is remembered. Nothing here fails a call: what cannot be kept is not kept.
//!
//! Files come by a rename and are never changed, so that others may read them at any time without a lock; of two who
//! write one at once the last one's stays. Nothing is synced: what a power cut leaves half is not what its seal says.

#![expect(clippy::disallowed_methods, reason = "writes the cache")]

mod fetched;

use std::fs::{self, FileTimes, OpenOptions};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use crate::cache::build_record::BuildRecord;
use crate::cache::index::outputs_to_bytes;
use crate::cache::read as cache;
use crate::cache::read::{
    BLOBS, BUILDS, FETCHED, INDEX, Kept, LINKED, Memory, OUTPUTS, Outputs, TAG, TEMP, build_file,
};
use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::npm::FileTime;
use crate::project::CacheFolder;
use crate::text::Digest;
use crate::transaction::file;

pub(crate) use self::fetched::Fetched;

/// <https://bford.info/cachedir/>
const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# What docker-prep remembers: docker-prep cache clear removes it.\n";

/// A file's time says when it was used; it is set this often at most.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// What was not used for so long goes.
const MOST_DAYS: u32 = 60;
/// Other runs may be at work in the cache: what is younger is not taken for something that was left behind.
const AN_HOUR: Duration = Duration::from_secs(60 * 60);
/// A tarball that is larger than this part of the bound would drive out all others.
const LARGEST_PART: u64 = 4;
/// How many bytes may be taken by what is known of workspaces, by that of folders, and by that of builds: some hundred
/// bytes are known of each package.
const MOST_KNOWN: u64 = 64 << 20;
/// All that is kept.
const KINDS: [&str; 6] = [INDEX, OUTPUTS, BUILDS, BLOBS, FETCHED, LINKED];

/// The cache of a call that may write into it.
#[derive(Debug)]
pub(crate) struct Store<'a> {
    place: &'a CacheFolder,
    wrote: std::sync::atomic::AtomicBool,
}

impl<'a> Store<'a> {
    /// The cache, which is made when the first thing is kept.
    pub(crate) fn new(place: &'a CacheFolder) -> Self {
        Self { place, wrote: false.into() }
    }

    /// The tarball of this digest in a file that `stage` makes: a copy, so that nobody can damage the cache through
    /// it. What is not what it is called is removed.
    pub(crate) fn fetch<W: Write>(
        &self,
        digest: &Digest,
        size: u64,
        stage: impl FnOnce() -> io::Result<W>,
    ) -> Option<W> {
        let folder = self.place.folder.join(BLOBS);
        if cache::look(&self.place.folder) != Ok(Some(())) || cache::look(&folder) != Ok(Some(())) {
            return None;
        }
        let path = folder.join(digest.as_str());
        let metadata = path.symlink_metadata().ok()?;
        if !metadata.is_file() {
            return None;
        }
        let copied = if metadata.len() == size { copy(&path, digest, stage) } else { Ok(None) };
        match copied {
            Ok(Some(copy)) => {
                touch(Some(path));
                Some(copy)
            }
            Ok(None) => {
                let _ = fs::remove_file(&path);
                None
            }
            // Of the disk that the copy was meant for, it may be: whoever packs anew tells it.
            Err(_) => None,
        }
    }

    /// Keeps a tarball.
    pub(crate) fn keep_tarball(&self, from: &Path, digest: &Digest, size: u64) {
        if size > self.place.limit / LARGEST_PART {
            return;
        }
        let Ok(folder) = self.folder(BLOBS) else { return };
        let path = folder.join(digest.as_str());
        if path.symlink_metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == size) {
            return;
        }
        let kept = tempfile::Builder::new().suffix(TEMP).tempfile_in(&folder).and_then(|temp| {
            // The platform's own copy, which shares the blocks where the file system can.
            fs::copy(from, temp.path())?;
            file::change_private(temp.path())?;
            temp.persist(&path).map_err(|error| error.error)
        });
        if kept.is_ok() {
            self.wrote.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    }

    /// Keeps what was learned of a workspace's packages.
    pub(crate) fn keep_memory(&self, workspace: &Path, memory: &Memory) {
        match memory.learned() {
            Some(index) => drop(self.write(INDEX, self.file_for(INDEX, workspace), &index.to_bytes())),
            None => touch(self.file_for(INDEX, workspace)),
        }
    }

    /// Keeps what was learned of a folder's tarballs. Those that were written in this very instant are waited for.
    pub(crate) fn keep_outputs(&self, folder: &Path, outputs: &Outputs) {
        let Ok(folder) = folder.canonicalize() else { return };
        if let Some(moment) = outputs.unreliable_until() {
            wait_until_past(moment);
        }
        match (outputs.learned(&folder), folder.to_str()) {
            (Some(learned), Some(name)) => {
                let bytes = outputs_to_bytes(name, &learned);
                drop(self.write(OUTPUTS, self.file_for(OUTPUTS, &folder), &bytes));
            }
            _ => touch(self.file_for(OUTPUTS, &folder)),
        }
    }

    /// Keeps the record of a package's build; who is last wins.
    pub(crate) fn keep_build(&self, workspace: &Path, record: &BuildRecord) {
        if let Ok(text) = record.to_text() {
            let file = build_file(&self.place.folder, workspace, &record.package);
            let _ = self.write(BUILDS, file, text.as_bytes());
        }
    }

    /// Keeps the record of a package's build that has served.
    pub(crate) fn touch_build(&self, workspace: &Path, package: &str) {
        touch(build_file(&self.place.folder, workspace, package));
    }

    /// Makes nothing of a package's former build: what it left is about to change. A record that stays all the same is
    /// held against what lies there, as any.
    pub(crate) fn forget_build(&self, workspace: &Path, package: &str) {
        if let Some(file) = build_file(&self.place.folder, workspace, package)
            && cache::look(&self.place.folder) == Ok(Some(()))
        {
            let _ = fs::remove_file(file);
        }
    }

    /// Removes what has not been used for long, and what is too much; only behind a run that kept something.
    pub(crate) fn prune(&self) {
        if !self.wrote.load(std::sync::atomic::Ordering::Relaxed) {
            return;
        }
        let now = SystemTime::now();
        let age = |kept: &Kept| now.duration_since(kept.used).unwrap_or_default();
        for kind in KINDS {
            let mut kept = cache::kept(&self.place.folder, kind).unwrap_or_default();
            let is_over = |kept: &Kept| age(kept) > DAY * MOST_DAYS || kept.is_temp && age(kept) > AN_HOUR;
            for old in kept.extract_if(.., |kept| is_over(kept)) {
                let _ = fs::remove_file(old.path);
            }
            keep_newest(kept, if [BLOBS, FETCHED].contains(&kind) { self.place.limit } else { MOST_KNOWN });
        }
        for folder in cache::folders_of(&self.place.folder, BUILDS).unwrap_or_default() {
            // It stays where something is in it.
            let _ = fs::remove_dir(self.place.folder.join(folder));
        }
    }

    fn file_for(&self, kind: &str, meant_for: &Path) -> Option<PathBuf> {
        cache::file_for(&self.place.folder, kind, meant_for)
    }

    /// Writes a file of a kind.
    fn write(&self, kind: &str, path: Option<PathBuf>, bytes: &[u8]) -> io::Result<()> {
        let path = path.ok_or(io::ErrorKind::InvalidInput)?;
        let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        self.folder(kind)?;
        make_trusted(folder)?;
        let mut temp = tempfile::Builder::new().suffix(TEMP).tempfile_in(folder)?;
        temp.write_all(bytes)?;
        temp.persist(&path).map_err(|error| error.error)?;
        self.wrote.store(true, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }

    /// A folder of the cache, made where it is not there.
    fn folder(&self, kind: &str) -> io::Result<PathBuf> {
        if make_trusted(&self.place.folder)? {
            fs::write(self.place.folder.join(TAG), TAG_TEXT)?;
            file::change_private(&self.place.folder.join(TAG))?;
        }
        let folder = self.place.folder.join(kind);
        make_trusted(&folder)?;
        Ok(folder)
    }
}

/// Why a cache is not used, where it is there and cannot be: one line.
pub(crate) fn doubt(place: &CacheFolder) -> Option<String> {
    cache::look(&place.folder).err()
}

/// What [`clear`] removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cleared {
    /// How many files.
    pub(crate) files: usize,
    /// In bytes.
    pub(crate) size: u64,
}

/// Removes the cache: what is ours, and the folders if nothing else is in them.
///
/// # Errors
/// It is none of ours, or cannot be removed.
pub(crate) fn clear(place: &CacheFolder) -> Result<Cleared> {
    let folder = &place.folder;
    let mut cleared = Cleared::default();
    let looked = cache::look(folder).map_err(|why| {
        Error::new(ErrorKind::Refused, format!("{why}: not cleared"))
            .hint("name the cache's own folder: DOCKER_PREP_CACHE=DIR docker-prep cache clear")
    })?;
    if looked.is_none() {
        return Ok(cleared);
    }
    let cannot_read = |error: io::Error| {
        Error::io(ErrorKind::Environment, "read", folder, &error)
            .hint("once the cause is gone, type it again; or remove the folder by hand")
    };
    for kind in KINDS {
        for Kept { path, size, .. } in cache::kept(folder, kind).map_err(cannot_read)? {
            if file::remove(&path)? {
                cleared.files += 1;
                cleared.size += size;
            }
        }
        let inner = cache::folders_of(folder, kind).map_err(cannot_read)?;
        for emptied in inner.iter().map(String::as_str).chain([kind]).map(|inner| folder.join(inner)) {
            if emptied.is_dir() {
                file::remove_empty_folder(&emptied)?;
            }
        }
    }
    let tag = folder.join(TAG);
    if disk::read(&tag).is_ok_and(|text| text == TAG_TEXT.as_bytes()) {
        file::remove(&tag)?;
    }
    file::remove_empty_folder(folder)?;
    Ok(cleared)
}

/// Those that were used last stay, as many as there is room for.
fn keep_newest(mut kept: Vec<Kept>, limit: u64) {
    kept.sort_by(|one, other| (other.used, &other.path).cmp(&(one.used, &one.path)));
    let mut total = 0_u64;
    for Kept { path, size, .. } in kept {
        total = total.saturating_add(size);
        if total > limit {
            let _ = fs::remove_file(path);
        }
    }
}

/// A folder that nobody else can write into; says whether it had to be made.
fn make_trusted(folder: &Path) -> io::Result<bool> {
    let is_new = cache::look(folder).map_err(io::Error::other)?.is_none();
    if is_new {
        make_private(folder)?;
    }
    Ok(is_new)
}

fn make_private(folder: &Path) -> io::Result<()> {
    // A cache is read by its owner alone: one of root's in somebody's home would only be in their way.
    if file::owner_for(folder).is_some() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    match disk::create_private_folder(folder) {
        // Another run has just made it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}

fn copy<W: Write>(
    blob: &Path,
    digest: &Digest,
    stage: impl FnOnce() -> io::Result<W>,
) -> io::Result<Option<W>> {
    let mut from = disk::file(blob)?;
    let mut to = stage()?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                hasher.update(&buffer[..read]);
                to.write_all(&buffer[..read])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((Digest::finish(hasher) == *digest).then_some(to))
}

/// Waits until the file systems' clock has left a tick; not for one that lies far ahead.
pub(crate) fn wait_until_past(moment: FileTime) {
    for _ in 0..50 {
        let now = Outputs::now();
        if now > moment || now < moment.before(50) {
            return;
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "what is waited for is the file system's clock, a tick of which takes some milliseconds"
        )]
        std::thread::sleep(Duration::from_micros(500));
    }
}

/// Notes that a file was used.
fn touch(path: Option<PathBuf>) {
    let Some(path) = path else { return };
    let Ok(metadata) = path.symlink_metadata() else { return };
    let now = SystemTime::now();
    let is_old = |used| now.duration_since(used).is_ok_and(|age| age > DAY);
    if metadata.is_file()
        && metadata.modified().map_or(true, is_old)
        && let Ok(file) = OpenOptions::new().write(true).open(path)
    {
        let _ = file.set_times(FileTimes::new().set_modified(now));
    }
}
