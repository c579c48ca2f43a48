//! Whether a project is prepared, and what became of its files since.

#![cfg_attr(
    not(changes),
    expect(clippy::disallowed_methods, reason = "reads the state and the files that it names")
)]

pub(crate) mod beside;
pub(crate) mod committed;
pub(crate) mod history;
pub(crate) mod inputs;
pub(crate) mod pointing;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::project::{FileKind, MANIFEST, Originals, ProjectPath};
use crate::text::Digest;
use crate::transaction::journal::{Journal, JournalEntry, ORIGINALS, Original, REWRITTEN, STATE, Timestamp};
use crate::transaction::tree_state::{Backup, FileState, Now, ObservedJournal, ProjectState, TreeState};

/// Reads the journal in the state folder `state`, and holds it against the files under `root`. `files` are the
/// ones beside which backups are looked for that no journal names.
///
/// Without the lock, what another process is doing may be seen half done; a caller who only shows it asks
/// `apply::lock::holder` too.
///
/// # Errors
/// A file that the journal names, or the state file itself, is there and cannot be read.
pub(crate) fn read(state: &Path, root: &Path, files: &[PathBuf]) -> Result<TreeState> {
    let standing = match journal(&state.join(STATE))? {
        None => ProjectState::Clean,
        Some(Err(cause)) => ProjectState::Damaged { cause },
        Some(Ok(journal)) => hold_against_disk(state, root, journal)?,
    };
    let known: Vec<_> = standing.observed().iter().flat_map(|observed| &observed.files).collect();
    let leftovers = files
        .iter()
        .filter(|path| !known.iter().any(|file| root.join(&file.path) == **path))
        .map(|path| backup_of(path))
        .filter(|backup| backup.symlink_metadata().is_ok())
        .map(|backup| shown(root, &backup))
        .collect();
    Ok(TreeState { standing, leftovers })
}

/// `<file>.bak`.
pub(crate) fn backup_of(file: &Path) -> PathBuf {
    beside(file, ".bak")
}

/// Whether anything lies where a file's backup would.
pub(crate) fn has_backup(file: &Path) -> bool {
    backup_of(file).symlink_metadata().is_ok()
}

/// The path whose name has a suffix more.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Whether a text is one that prepare wrote, as far as the state folder still has it.
pub(crate) fn is_rewritten_text(state: &Path, text: &[u8]) -> bool {
    let digest = Digest::of(text);
    read_text(&state.join(REWRITTEN).join(digest.as_str())).is_some_and(|written| written == text)
}

/// The bytes of a regular file; anything else counts as missing.
pub(crate) fn read_text(path: &Path) -> Option<Vec<u8>> {
    if path.symlink_metadata().ok()?.is_file() { disk::read(path).ok() } else { None }
}

/// The bytes of the backup beside a file, where one lies there.
pub(crate) fn read_backup(file: &Path) -> Option<Vec<u8>> {
    read_text(&backup_of(file))
}

/// Where a path of the journal lies on this disk.
///
/// # Errors
/// A symbolic link (or something else that is no folder) is part of the way: following it could lead out of the
/// project.
pub(crate) fn locate(root: &Path, path: &ProjectPath) -> Result<PathBuf, String> {
    let mut place = root.to_owned();
    let mut parts = path.as_str().split('/').peekable();
    while let Some(part) = parts.next() {
        place.push(part);
        if parts.peek().is_some() {
            match place.symlink_metadata() {
                Ok(metadata) if !metadata.is_dir() => {
                    return Err(format!("{} is no longer a folder", shown(root, &place)));
                }
                _ => {}
            }
        }
    }
    Ok(place)
}

/// What was there before of a prepared project's files, by their paths on this disk: the bytes, where they are still
/// to be had, or `None` where prepare made the file.
pub(crate) fn originals(state: &Path, root: &Path, observed: &ObservedJournal) -> Originals {
    let mut found = BTreeMap::new();
    for file in &observed.files {
        let Ok(place) = locate(root, &file.entry.path) else { continue };
        let Some(digest) = file.entry.original_digest() else {
            found.insert(place, None);
            continue;
        };
        let copies = [backup_of(&place), state.join(ORIGINALS).join(digest.as_str())];
        let whole =
            copies.iter().filter_map(|copy| read_text(copy)).find(|bytes| Digest::of(bytes) == *digest);
        found.extend(whole.map(|bytes| (place, Some(bytes))));
    }
    found
}

fn journal(path: &Path) -> Result<Option<Result<Journal, String>>> {
    match content(path) {
        Ok(Content::Missing) => Ok(None),
        Ok(Content::Other) => Ok(Some(Err(format!("{} is no file", path.display())))),
        Ok(Content::File(bytes, _)) => {
            Ok(Some(Journal::parse(&bytes).map_err(|cause| format!("{}: {cause}", path.display()))))
        }
        Err(error) => Err(Error::io(ErrorKind::Refused, "read", path, &error)),
    }
}

fn hold_against_disk(state: &Path, root: &Path, journal: Journal) -> Result<ProjectState> {
    let Journal { head, files } = journal;
    let mut seen = Vec::with_capacity(files.len());
    for entry in files {
        match locate(root, &entry.path) {
            Ok(place) if is_touched(root, &place) => seen.push(file(state, &place, entry)?),
            Ok(_) => {
                let name = entry.path.as_str().escape_debug();
                let cause = format!("it names {name}, which is no file that prepare changes");
                return Ok(ProjectState::Damaged { cause });
            }
            Err(cause) => return Ok(ProjectState::Damaged { cause }),
        }
    }
    Ok(ProjectState::of(ObservedJournal { head, files: seen }))
}

/// Whether prepare changes a file of that name: a checksum anybody can make, so the names in the state are not
/// enough. What is called otherwise has a symbolic link in the project that is called like a manifest.
fn is_touched(root: &Path, place: &Path) -> bool {
    if place.file_name().and_then(OsStr::to_str).is_some_and(|name| FileKind::of(name).is_some()) {
        return true;
    }
    walkdir::WalkDir::new(root)
        .into_iter()
        .filter_entry(|entry| entry.file_name() != "node_modules" && entry.file_name() != ".git")
        .flatten()
        .filter(|entry| entry.path_is_symlink() && entry.file_name() == MANIFEST)
        .any(|link| leads_to(link.path(), place))
}

/// Whether a symbolic link leads to a file, which may have been deleted.
fn leads_to(link: &Path, place: &Path) -> bool {
    match (link.canonicalize(), fs::read_link(link)) {
        (Ok(real), _) => real == place,
        (Err(_), Ok(target)) => link.parent().is_some_and(|folder| folder.join(target) == place),
        (Err(_), Err(_)) => false,
    }
}

fn file(state: &Path, place: &Path, entry: JournalEntry) -> Result<FileState> {
    let read =
        |path: &Path| content(path).map_err(|error| Error::io(ErrorKind::Refused, "read", path, &error));
    let stored = |folder: &str, digest: &Digest| match content(&state.join(folder).join(digest.as_str())) {
        Ok(Content::File(bytes, _)) if Digest::of(&bytes) == *digest => Some(bytes),
        // An unreadable copy is as good as none.
        _ => None,
    };
    let present = read(place)?;
    let copy = entry.original_digest().and_then(|digest| stored(ORIGINALS, digest));
    let (now, exact) = now(&present, &entry);
    let backup = match (read(&backup_of(place))?, &present) {
        (Content::Missing, _) => Backup::Absent,
        (Content::Other, _) => Backup::Foreign,
        // What was made has no backup.
        _ if entry.original.is_none() => Backup::Foreign,
        (Content::File(_, backup), Content::File(_, present)) if is_same(&backup, present) => {
            Backup::SameFile
        }
        (Content::File(bytes, _), _) if Some(&Digest::of(&bytes)) == entry.original_digest() => Backup::Whole,
        (Content::File(bytes, _), present) => {
            let whole = match present {
                Content::File(bytes, _) if now == Now::Original => Some(bytes),
                _ => copy.as_ref(),
            };
            if whole.is_some_and(|whole| whole.starts_with(&bytes)) { Backup::Cut } else { Backup::Foreign }
        }
    };
    let written = stored(REWRITTEN, &entry.rewritten);
    let temp = place.with_file_name(entry.temp.file_name()).symlink_metadata().is_ok();
    let text = match present {
        Content::File(bytes, _) if matches!(now, Now::Edited | Now::Rewritten) => Some(bytes),
        _ => None,
    };
    let (path, created) = (entry.path.as_str().to_owned(), entry.original.is_none());
    Ok(FileState { path, created, now, backup, copy: copy.is_some(), temp, exact, text, written, entry })
}

/// What stands there, and whether it is the original in mode and time too.
fn now(present: &Content, entry: &JournalEntry) -> (Now, bool) {
    match (present, &entry.original) {
        (Content::Missing, None) => (Now::Original, true),
        (Content::Missing, Some(_)) => (Now::Missing, false),
        (Content::Other, _) => (Now::NotAFile, false),
        (Content::File(bytes, metadata), original) => match (Digest::of(bytes), original) {
            (digest, Some(original)) if digest == original.digest => {
                (Now::Original, is_exact(metadata, original))
            }
            (digest, _) if digest == entry.rewritten => (Now::Rewritten, false),
            (digest, _) if Some(&digest) == entry.merged.as_ref() => (Now::Merged, false),
            _ => (Now::Edited, false),
        },
    }
}

enum Content {
    Missing,
    File(Vec<u8>, Metadata),
    Other,
}

fn content(path: &Path) -> io::Result<Content> {
    // Asked first, since opening a FIFO would wait for its other end.
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Content::Missing);
        }
        Err(error) => return Err(error),
    };
    if !metadata.is_file() {
        return Ok(Content::Other);
    }
    Ok(Content::File(disk::read(path)?, metadata))
}

fn is_exact(metadata: &Metadata, original: &Original) -> bool {
    let modified = metadata.modified().ok().map(Timestamp::from);
    modified == Some(original.mtime) && mode_of(metadata) == original.mode
}

/// A file's permission bits; on Windows, the ones that say as much.
pub(crate) fn mode_of(metadata: &Metadata) -> u32 {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::mode(metadata) & 0o7777;
    #[cfg(not(unix))]
    return if metadata.permissions().readonly() { 0o444 } else { 0o644 };
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    false
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}
