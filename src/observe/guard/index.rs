//! What is staged.
//!
//! The index is read here and not by git: its format is simple and old (gitformat-index(5)), and a process costs more
//! than all the rest. What is rare (a split or a sparse index) is left to git.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::git::{Git, Place};
use super::tree::{self, Entry, Mode};
use crate::error::{Error, Kind, Result};
use crate::model::digest::hex;

/// What a commit would hold now, and unmerged entries too.
///
/// # Errors
/// [`Kind::Environment`] where the index cannot be read, or is not there although it should be.
pub fn index(git: &Git, place: &Place) -> Result<Vec<Entry>> {
    let path = &place.index;
    let bad = |why: &str| Error::new(Kind::Environment, format!("{}: {why}", path.display()));
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(Error::io(Kind::Environment, "read", path, &error).hint("make the index readable"));
        }
        Err(_) if place.is_bare => {
            return Err(bad("a bare repository has no index, so nothing is staged")
                .hint("judge its last commit: docker-prep guard --all"));
        }
        // Right before the first `git add` there is none. Git takes any other for an empty one.
        Err(_) if *path == git.path(&["--absolute-git-dir"])?.join("index") => return Ok(Vec::new()),
        Err(_) => {
            return Err(bad("the index that GIT_INDEX_FILE names is not there")
                .hint("unset GIT_INDEX_FILE, or name the right file"));
        }
    };
    // Git reads one that is cut for what it can make of it.
    if !is_whole(&bytes, place.digest_length) {
        return Err(bad("the index is damaged").hint("make it anew: remove the file, then git reset"));
    }
    match parse(&bytes, place.digest_length) {
        Some(entries) => Ok(entries),
        None => listed(git),
    }
}

/// The same, as git lists it.
fn listed(git: &Git) -> Result<Vec<Entry>> {
    let listing = git.output(&["ls-files", "--stage", "-z", "--full-name", "--", ":/"])?;
    let mut entries = tree::parse(&listing).map_err(|why| Error::new(Kind::Environment, why))?;
    if entries.iter().any(Entry::is_empty) {
        let intended = intended(git)?;
        entries.retain(|entry| !intended.contains(&entry.path));
    }
    Ok(entries)
}

/// Whether an index ends with the digest of what stands before, or with the zeros of `index.skipHash`.
fn is_whole(bytes: &[u8], digest_length: usize) -> bool {
    let Some(end) = bytes.len().checked_sub(digest_length) else { return false };
    let (body, digest) = bytes.split_at(end);
    let fits = || match digest_length {
        20 => Sha1::digest(body).as_slice() == digest,
        _ => Sha256::digest(body).as_slice() == digest,
    };
    body.starts_with(b"DIRC") && (digest.iter().all(|byte| *byte == 0) || fits())
}

/// The entries of a whole index; `None` where it is one for git to read.
fn parse(bytes: &[u8], digest_length: usize) -> Option<Vec<Entry>> {
    /// Time stamps and the like before the mode.
    const MODE: usize = 24;
    /// All that stands before the object's name.
    const OBJECT: usize = 40;
    const IS_EXTENDED: u16 = 0x4000;
    const INTENT_TO_ADD: u16 = 0x2000;

    let end = bytes.len() - digest_length;
    let version = number(bytes, 4)?;
    let mut entries = Vec::new();
    let mut path: Vec<u8> = Vec::new();
    let mut at = 12;
    for _ in 0..number(bytes, 8)? {
        let start = at;
        let object = bytes.get(start + OBJECT..start + OBJECT + digest_length)?;
        at = start + OBJECT + digest_length;
        let flags = half(bytes, at)?;
        at += 2;
        let mut is_intended = false;
        if version >= 3 && flags & IS_EXTENDED != 0 {
            is_intended = half(bytes, at)? & INTENT_TO_ADD != 0;
            at += 2;
        }
        match version {
            2 | 3 => path.clear(),
            // Each path is the one before with its end replaced.
            4 => {
                let cut = variable(bytes, &mut at)?;
                path.truncate(path.len().checked_sub(cut)?);
            }
            _ => return None,
        }
        let name = bytes.get(at..end)?;
        let name = &name[..name.iter().position(|byte| *byte == 0)?];
        path.extend(name);
        at += name.len() + 1;
        if version < 4 {
            // One to eight zeros fill the entry up.
            at = start + (at - start).next_multiple_of(8);
        }
        let mode = Mode::of(number(bytes, start + MODE)?)?;
        if !is_intended {
            let stage = u8::try_from(flags >> 12 & 3).ok()?;
            entries.push(Entry { path: path.clone(), object: hex(object), mode, stage });
        }
    }
    // An extension in lower case changes what the entries mean: `link` and `sdir`.
    while at < end {
        if bytes.get(at)?.is_ascii_lowercase() {
            return None;
        }
        at += 8 + usize::try_from(number(bytes, at + 4)?).ok()?;
    }
    (at == end).then_some(entries)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// `decode_varint` of git's `varint.c`.
fn variable(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut next = || {
        let byte = *bytes.get(*at)?;
        *at += 1;
        Some(byte)
    };
    let mut byte = next()?;
    let mut value = usize::from(byte & 127);
    while byte & 128 != 0 {
        byte = next()?;
        value = value.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 127))?;
    }
    Some(value)
}

/// The paths that are only meant to be added (`git add --intent-to-add`): no commit holds them.
fn intended(git: &Git) -> Result<HashSet<Vec<u8>>> {
    /// `CE_INTENT_TO_ADD` of git's `read-cache-ll.h`.
    const INTENT_TO_ADD: u32 = 1 << 29;
    let listing = git.output(&["ls-files", "--debug", "-z", "--full-name", "--", ":/"])?;
    let mut paths = HashSet::new();
    // `path NUL`, then five lines on it, the last `  size: N\tflags: HEX`.
    let mut rest = listing.as_slice();
    while let Some(end) = rest.iter().position(|byte| *byte == 0) {
        let (path, after) = (&rest[..end], &rest[end + 1..]);
        let mut lines = after.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let about = lines.nth(4).map_or(after.len(), |(at, _)| at + 1);
        let words = String::from_utf8_lossy(&after[..about]);
        let flags =
            words.rsplit_once("flags: ").and_then(|(_, flags)| u32::from_str_radix(flags.trim(), 16).ok());
        if flags.is_some_and(|flags| flags & INTENT_TO_ADD != 0) {
            paths.insert(path.to_vec());
        }
        rest = &after[about..];
    }
    Ok(paths)
}
