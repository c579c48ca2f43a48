//! The texts that git knows of a file: in the last commit, and in those before it under the names that it had then.

use std::path::Path;

use super::{committed, read_text};
use crate::error::Result;
use crate::project::ProjectPath;
use crate::project::git::git;
use crate::project::{Failure, git};

/// How many commits are looked into.
const MAX_COMMITS: usize = 200;

/// A text in which nothing of the rewrite is left, and the newest commit that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CleanCommit {
    /// The commit's abbreviated name.
    pub(crate) commit: String,
    /// Whether the file has the same name there.
    pub(crate) same_name: bool,
}

/// What is known of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileHistory {
    /// Its texts, the newest first, up to the first clean one.
    pub(crate) texts: Vec<String>,
    /// The commit of that one.
    pub(crate) clean: Option<CleanCommit>,
}

/// Reads a file's texts, the newest first, until one is clean.
///
/// # Errors
/// git cannot be run, or cannot read what the last commit has of it.
pub(crate) fn read(root: &Path, path: &ProjectPath, is_clean: &dyn Fn(&str) -> bool) -> Result<FileHistory> {
    let mut history = FileHistory::default();
    let head = committed::text(root, path)?;
    let is_in_head = head.is_some();
    if let Some(text) = head {
        let is_last = is_clean(&text);
        history.texts.push(text);
        if is_last {
            history.clean = Some(CleanCommit { commit: "HEAD".to_owned(), same_name: true });
            return Ok(history);
        }
    }
    for (commit, name) in versions(root, path, is_in_head) {
        let object = format!("{commit}:{name}");
        // A commit that removes the file has none.
        let Ok(bytes) = git::answer(git(root).args(["show", "--no-textconv", &object])) else { continue };
        let Ok(text) = String::from_utf8(bytes) else { continue };
        if history.texts.last() == Some(&text) {
            continue;
        }
        let is_last = is_clean(&text);
        history.texts.push(text);
        if is_last {
            let same_name = committed_name(root, path).is_some_and(|own| own == name);
            history.clean = Some(CleanCommit { commit, same_name });
            break;
        }
    }
    Ok(history)
}

/// The commits that changed a file, and its name from the repository's top in each, through renames. Of a file that was
/// renamed and not committed yet, those of its former name.
fn versions(root: &Path, path: &ProjectPath, is_in_head: bool) -> Vec<(String, String)> {
    let former = if is_in_head { None } else { renamed_from(root, path) };
    let place = former.map_or_else(|| path.to_string(), |name| format!(":(top,literal){name}"));
    let most = format!("--max-count={MAX_COMMITS}");
    let mut command = git(root);
    command.args([
        "-c",
        "core.quotePath=false",
        "-c",
        "log.showSignature=false",
        "log",
        "--follow",
        "--name-only",
    ]);
    command.args(["--no-color", "--format=commit %h", &most, "HEAD", "--", &place]);
    let Ok(said) = git::answer(&mut command) else { return Vec::new() };
    let said = String::from_utf8_lossy(&said).into_owned();
    let mut found = Vec::new();
    let mut commit = "";
    for line in said.lines() {
        match line.strip_prefix("commit ") {
            Some(name) => commit = name,
            None if line.is_empty() || line.starts_with('"') => {}
            None => found.push((commit.to_owned(), line.to_owned())),
        }
    }
    found
}

/// The name, from the repository's top, under which the last commit has a file that was renamed since.
fn renamed_from(root: &Path, path: &ProjectPath) -> Option<String> {
    let own = committed_name(root, path)?;
    let mut command = git(root);
    // `git diff` would refresh the index.
    command.args(["diff-index", "--name-status", "-z", "-M20%", "--diff-filter=R", "HEAD", "--"]);
    let said = git::answer(&mut command).ok()?;
    let said = String::from_utf8(said).ok()?;
    let mut words = said.split('\0');
    while let (Some(_), Some(from), Some(to)) = (words.next(), words.next(), words.next()) {
        if to == own {
            return Some(from.to_owned());
        }
    }
    None
}

/// A file's name from the repository's top.
fn committed_name(root: &Path, path: &ProjectPath) -> Option<String> {
    let prefix = git::answer(git(root).args(["rev-parse", "--show-prefix"])).ok()?;
    Some(format!("{}{path}", String::from_utf8(prefix).ok()?.trim_end_matches('\n')))
}

/// A commit that is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckedOut {
    /// Its full name.
    pub(crate) commit: String,
    /// The branch, if it is one's.
    pub(crate) branch: Option<String>,
}

/// The commit that is checked out; none where there is no repository, or no commit in it.
pub(crate) fn head(root: &Path) -> Option<CheckedOut> {
    let said = git::answer(git(root).args(["rev-parse", "HEAD", "--abbrev-ref", "HEAD"])).ok()?;
    let said = String::from_utf8(said).ok()?;
    let (commit, branch) = said.trim_end().split_once('\n')?;
    let commit = commit.to_owned();
    // Of a commit that is no branch's it says just that.
    let branch = (branch != "HEAD").then(|| branch.to_owned());
    Some(CheckedOut { commit, branch })
}

/// Whether nothing is lost with the backup beside a file: it says what the file says, or what some commit has of it.
pub(crate) fn is_needless(root: &Path, path: &ProjectPath, backup: &Path, present: &[u8]) -> bool {
    read_text(backup).is_some_and(|bytes| bytes == present || was_committed(root, path, backup))
}

/// Whether some commit has these bytes as a text of the file, whatever the branch.
fn was_committed(root: &Path, path: &ProjectPath, file: &Path) -> bool {
    let ask = || -> Result<bool, Failure> {
        let hash = git::answer(git(root).args(["hash-object", &format!("--path={path}"), "--"]).arg(file))?;
        let found = format!("--find-object={}", String::from_utf8_lossy(&hash).trim());
        let mut command = git(root);
        command.args(["log", "--all", "--max-count=1", "--format=%H", &found, "--"]).arg(path.as_str());
        Ok(!git::answer(&mut command)?.is_empty())
    };
    ask().unwrap_or(false)
}
