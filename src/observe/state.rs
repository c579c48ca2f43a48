//! Whether a project is prepared, and what became of its files since.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::git::git;
use crate::error::{Error, Kind, Result, io_cause};
use crate::model::digest::Digest;
use crate::model::journal::{Entry, Journal, MANIFEST, ORIGINALS, ProjectPath, REWRITTEN, STATE, Timestamp};
use crate::model::tree_state::{Backup, FileState, Now, Observed, Standing, TreeState};

/// Reads the journal in the state folder `state`, and holds it against the files under `root`. `manifests` are the
/// ones beside which backups are looked for that no journal names.
///
/// Without the lock, what another process is doing may be seen half done; a caller who only shows it asks
/// `apply::lock::holder` too.
///
/// # Errors
/// A file that the journal names, or the state file itself, is there and cannot be read.
pub fn read(state: &Path, root: &Path, manifests: &[PathBuf]) -> Result<TreeState> {
    let standing = match journal(&state.join(STATE))? {
        None => Standing::Clean,
        Some(Err(cause)) => Standing::Damaged { cause },
        Some(Ok(journal)) => hold_against_disk(state, root, journal)?,
    };
    let known: Vec<_> = standing.observed().iter().flat_map(|observed| &observed.files).collect();
    let leftovers = manifests
        .iter()
        .filter(|manifest| !known.iter().any(|file| root.join(&file.path) == **manifest))
        .map(|manifest| backup_of(manifest))
        .filter(|backup| backup.symlink_metadata().is_ok())
        .map(|backup| shown(root, &backup))
        .collect();
    Ok(TreeState { standing, leftovers })
}

/// `<manifest>.bak`.
#[must_use]
pub fn backup_of(manifest: &Path) -> PathBuf {
    beside(manifest, ".bak")
}

/// The path whose name has a suffix more.
#[must_use]
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Whether a text is one that prepare wrote, as far as the state folder still has it.
#[must_use]
pub fn is_rewritten_text(state: &Path, text: &[u8]) -> bool {
    let digest = Digest::of(text);
    read_text(&state.join(REWRITTEN).join(digest.as_str())).is_some_and(|written| written == text)
}

/// The bytes of a regular file; anything else counts as missing.
#[must_use]
pub fn read_text(path: &Path) -> Option<Vec<u8>> {
    if path.symlink_metadata().ok()?.is_file() { fs::read(path).ok() } else { None }
}

/// The bytes of the backup beside a manifest, where one lies there.
#[must_use]
pub fn read_backup(manifest: &Path) -> Option<Vec<u8>> {
    read_text(&backup_of(manifest))
}

/// Where a path of the journal lies on this disk.
///
/// # Errors
/// A symbolic link (or something else that is no folder) is part of the way: following it could lead out of the
/// project.
pub fn locate(root: &Path, path: &ProjectPath) -> Result<PathBuf, String> {
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

/// The content of a manifest in the last commit, or `None` where git has none.
///
/// # Errors
/// git cannot be run, or cannot read what it has.
pub fn committed(root: &Path, path: &ProjectPath) -> Result<Option<Vec<u8>>> {
    let output = git(root)
        .args(["show", "--no-textconv", &format!("HEAD:./{path}")])
        .output()
        .map_err(|error| Error::new(Kind::Environment, format!("cannot run git: {}", io_cause(&error))))?;
    if output.status.success() {
        return Ok(Some(output.stdout));
    }
    // git fails for a file that the commit does not have, and also where it cannot read its own.
    let known = git(root)
        .args(["rev-parse", "--verify", "--quiet", &format!("HEAD:./{path}")])
        .output()
        .is_ok_and(|known| known.status.success());
    if !known {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().trim_start_matches("fatal: ");
    Err(Error::new(Kind::Environment, format!("{path}: git cannot read it from the last commit: {said}")))
}

/// The original bytes of a prepared project's manifests, by their paths on this disk, where they are still there.
#[must_use]
pub fn originals(state: &Path, root: &Path, observed: &Observed) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for file in &observed.files {
        let Ok(place) = locate(root, &file.entry.path) else { continue };
        let copies = [backup_of(&place), state.join(ORIGINALS).join(file.entry.digest.as_str())];
        let whole = copies
            .iter()
            .filter_map(|copy| read_text(copy))
            .find(|bytes| Digest::of(bytes) == file.entry.digest);
        found.extend(whole.map(|bytes| (place, bytes)));
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
        Err(error) => Err(Error::io(Kind::Refused, "read", path, &error)),
    }
}

fn hold_against_disk(state: &Path, root: &Path, journal: Journal) -> Result<Standing> {
    let Journal { head, files } = journal;
    let mut seen = Vec::with_capacity(files.len());
    for entry in files {
        match locate(root, &entry.path) {
            Ok(place) if is_manifest(root, &place) => seen.push(file(state, &place, entry)?),
            Ok(_) => {
                let cause = format!("it names {}, which is no manifest", entry.path.as_str().escape_debug());
                return Ok(Standing::Damaged { cause });
            }
            Err(cause) => return Ok(Standing::Damaged { cause }),
        }
    }
    Ok(Standing::of(Observed { head, files: seen }))
}

/// Whether prepare rewrites a file of that name: a checksum anybody can make, so the names in the state are not
/// enough. What is called otherwise has a symbolic link in the project that is called like a manifest.
fn is_manifest(root: &Path, place: &Path) -> bool {
    if place.file_name().is_some_and(|name| name == MANIFEST) {
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

fn file(state: &Path, place: &Path, entry: Entry) -> Result<FileState> {
    let read = |path: &Path| content(path).map_err(|error| Error::io(Kind::Refused, "read", path, &error));
    let stored = |folder: &str, digest: &Digest| match content(&state.join(folder).join(digest.as_str())) {
        Ok(Content::File(bytes, _)) if Digest::of(&bytes) == *digest => Some(bytes),
        // An unreadable copy is as good as none.
        _ => None,
    };
    let manifest = read(place)?;
    let original = stored(ORIGINALS, &entry.digest);
    let (now, exact) = match &manifest {
        Content::Missing => (Now::Missing, false),
        Content::Other => (Now::NotAFile, false),
        Content::File(bytes, metadata) => match Digest::of(bytes) {
            digest if digest == entry.digest => (Now::Original, is_exact(metadata, &entry)),
            digest if digest == entry.rewritten => (Now::Rewritten, false),
            digest if Some(&digest) == entry.merged.as_ref() => (Now::Merged, false),
            _ => (Now::Edited, false),
        },
    };
    let backup = match (read(&backup_of(place))?, &manifest) {
        (Content::Missing, _) => Backup::Absent,
        (Content::Other, _) => Backup::Foreign,
        (Content::File(_, backup), Content::File(_, manifest)) if is_same(&backup, manifest) => {
            Backup::SameFile
        }
        (Content::File(bytes, _), _) if Digest::of(&bytes) == entry.digest => Backup::Whole,
        (Content::File(bytes, _), manifest) => {
            let whole = match manifest {
                Content::File(bytes, _) if now == Now::Original => Some(bytes),
                _ => original.as_ref(),
            };
            if whole.is_some_and(|whole| whole.starts_with(&bytes)) { Backup::Cut } else { Backup::Foreign }
        }
    };
    let written = stored(REWRITTEN, &entry.rewritten);
    let temp = place.with_file_name(entry.temp.file_name()).symlink_metadata().is_ok();
    let text = match manifest {
        Content::File(bytes, _) if matches!(now, Now::Edited | Now::Rewritten) => Some(bytes),
        _ => None,
    };
    let path = entry.path.as_str().to_owned();
    Ok(FileState { path, now, backup, copy: original.is_some(), temp, exact, text, written, entry })
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
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Content::Missing);
        }
        Err(error) => return Err(error),
    };
    if !metadata.is_file() {
        return Ok(Content::Other);
    }
    Ok(Content::File(fs::read(path)?, metadata))
}

fn is_exact(metadata: &Metadata, entry: &Entry) -> bool {
    let modified = metadata.modified().ok().map(Timestamp::from);
    modified == Some(entry.mtime) && mode_of(metadata) == entry.mode
}

/// A file's permission bits; on Windows, the ones that say as much.
#[must_use]
pub fn mode_of(metadata: &Metadata) -> u32 {
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
