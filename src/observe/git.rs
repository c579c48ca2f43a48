//! Asks git where things are.

mod plain;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Kind, Result};

/// What git says of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The work tree's top folder.
    pub toplevel: PathBuf,
    /// `git rev-parse --git-path docker-prep`: where our state lies, one per work tree.
    pub state_dir: PathBuf,
}

/// A hook's variables name the repository of the hook, not the one that a path names.
const HOOK_VARIABLES: [&str; 5] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"];

/// A git command that runs in a folder and knows only that folder.
#[must_use]
pub fn git(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(dir);
    for variable in HOOK_VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// The repository whose work tree holds a folder, if any.
///
/// # Errors
/// [`Kind::Environment`] where there is a repository but git is missing or refuses to answer.
pub fn repository(dir: &Path) -> Result<Option<Repository>> {
    // Only what is known not to be there: else the state would be looked for, and kept, beside the deps dir.
    let is_there = |place: PathBuf| match place.symlink_metadata() {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    };
    if !dir.ancestors().any(|ancestor| is_there(ancestor.join(".git"))) {
        return Ok(None);
    }
    if let Some(plain) = plain::repository(dir) {
        return Ok(Some(plain));
    }
    Ok(Some(Repository {
        toplevel: rev_parse(dir, &["--show-toplevel"])?,
        // What `--git-path docker-prep` says, but for a symbolic link of that name, which it would follow.
        state_dir: rev_parse(dir, &["--absolute-git-dir"])?.join("docker-prep"),
    }))
}

/// Where a work tree's hooks are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hooks {
    /// The work tree's top folder.
    pub top: PathBuf,
    /// The git directory that all work trees share.
    pub common: PathBuf,
    /// `git rev-parse --git-path hooks`: what `core.hooksPath` says, else the shared git directory's.
    pub hooks: PathBuf,
}

/// The hooks of the repository whose work tree holds a folder, if any.
///
/// # Errors
/// As [`repository`].
pub fn hooks(dir: &Path) -> Result<Option<Hooks>> {
    let Some(Repository { toplevel, .. }) = repository(dir)? else { return Ok(None) };
    // A relative core.hooksPath is meant from the top, where git runs them.
    let ask = |what: &[&str]| rev_parse(&toplevel, &[&["--path-format=absolute"], what].concat());
    let (common, hooks) = (ask(&["--git-common-dir"])?, ask(&["--git-path", "hooks"])?);
    Ok(Some(Hooks { top: toplevel, common, hooks }))
}

/// One answer a call: a path may hold any byte, a line end too.
fn rev_parse(dir: &Path, what: &[&str]) -> Result<PathBuf> {
    let output = git(dir).arg("rev-parse").args(what).output().map_err(|error| {
        Error::new(Kind::Environment, format!("cannot run git: {error}"))
            .hint("install git, or add it to PATH: the state is kept in the repository's git directory")
    })?;
    if output.status.success() {
        let answer = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
        return Ok(path_of(answer));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = lines.join(" ");
    let said = said.trim_start_matches("fatal: ");
    Err(Error::new(Kind::Environment, format!("{}: git says: {said}", dir.display()))
        .hint("run the tool in the work tree of a repository that git can read"))
}

#[cfg(unix)]
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    std::ffi::OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}
