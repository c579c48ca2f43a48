//! What is staged.

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::{io, thread};

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::git::Git;
use super::tree::TreeEntry;
use super::{git, tree};
use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::project::{Running, path_of};

/// How the entries are listed that are only meant to be added (`git add --intent-to-add`): no commit holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intended {
    /// As if they were staged: git gives each of them the object of an empty file, see [`TreeEntry::is_empty`].
    Listed,
    /// Not at all. What tells them apart takes git and us twice as long.
    LeftOut,
}

/// What a commit would hold now, and unmerged entries too: git lists it while something else is done.
pub(crate) struct Listing<'g> {
    git: &'g Git,
    running: Running,
}

impl<'g> Listing<'g> {
    /// Lets git begin.
    ///
    /// # Errors
    /// [`ErrorKind::Environment`] where git cannot be run.
    pub(crate) fn start(git: &'g Git, intended: Intended) -> Result<Self> {
        // Of `--debug` only the flags are read.
        let flags: &[&str] = if intended == Intended::LeftOut { &["--debug"] } else { &[] };
        let words = [&["ls-files", "--stage", "-z", "--full-name"], flags, &["--", ":/"]].concat();
        Ok(Self { git, running: git.start(&words)? })
    }

    /// All entries, and git's own folder.
    ///
    /// # Errors
    /// [`ErrorKind::Environment`] where the index cannot be read, or is not there although it should be.
    pub(crate) fn entries(self) -> Result<(Vec<TreeEntry>, PathBuf)> {
        thread::scope(|scope| {
            // A long list stops git until somebody reads it.
            let entries = scope.spawn(|| {
                let listing = self.running.answer().map_err(git::error)?;
                tree::parse(&listing).map_err(|why| Error::new(ErrorKind::Environment, why))
            });
            let is_there = check(self.git);
            let entries = entries.join().unwrap_or_else(|panic| resume_unwind(panic));
            let (is_there, git_dir) = is_there?;
            Ok((if is_there { entries? } else { Vec::new() }, git_dir))
        })
    }
}

/// Whether there is an index, and git's own folder. Git takes one that is not there for an empty one, and reads one that is cut for what it
/// can make of it: it compares the digest at its end in `git fsck` alone.
fn check(git: &Git) -> Result<(bool, PathBuf)> {
    let [is_bare, format, git_dir, path] = git.rev_parse([
        &["--is-bare-repository"],
        &["--show-object-format"],
        &["--absolute-git-dir"],
        &["--path-format=absolute", "--git-path", "index"],
    ])?;
    let (path, git_dir) = (path_of(&path), path_of(&git_dir));
    let bad = |why: &str| Error::new(ErrorKind::Environment, format!("{}: {why}", path.display()));
    match disk::read_up_to(&path, disk::MAX_LARGE) {
        Ok(bytes) if is_whole(&bytes, &format) => Ok((true, git_dir)),
        Ok(_) => Err(bad("the index is damaged").hint("make it anew: remove the file, then git reset")),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io(ErrorKind::Environment, "read", &path, &error).hint("make the index readable"))
        }
        Err(_) if is_bare == b"true" => Err(bad("a bare repository has no index, so nothing is staged")
            .hint("judge its last commit: docker-prep guard --all")),
        // Right before the first `git add` there is none.
        Err(_) if path == git_dir.join("index") => Ok((false, git_dir)),
        Err(_) => Err(bad("the index that GIT_INDEX_FILE names is not there")
            .hint("unset GIT_INDEX_FILE, or name the right file")),
    }
}

/// Whether an index ends with the digest of what stands before, or with the zeros of `index.skipHash`.
fn is_whole(bytes: &[u8], format: &[u8]) -> bool {
    let is_sha256 = format == b"sha256";
    let Some(end) = bytes.len().checked_sub(if is_sha256 { 32 } else { 20 }) else { return false };
    let (body, digest) = bytes.split_at(end);
    let fits = || match is_sha256 {
        false => Sha1::digest(body).as_slice() == digest,
        true => Sha256::digest(body).as_slice() == digest,
    };
    body.starts_with(b"DIRC") && (digest.iter().all(|byte| *byte == 0) || fits())
}
