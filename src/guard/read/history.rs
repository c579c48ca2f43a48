//! The commits of a range.

use std::collections::HashSet;

use super::git::Git;
use crate::error::{Error, ErrorKind, Result};

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    /// Its name, in hex.
    pub(crate) name: String,
    /// Its tree's.
    pub(crate) tree: String,
    /// Whether it has no parent here.
    is_first: bool,
}

/// The last commit.
///
/// # Errors
/// [`ErrorKind::Environment`] where there is none.
pub(crate) fn head(git: &Git) -> Result<Commit> {
    let none = || {
        Error::new(ErrorKind::Environment, "there is no commit yet")
            .hint("judge what is staged: docker-prep guard")
    };
    let commits = match list(git, &["--max-count=1", "HEAD", "--"]) {
        Ok(commits) => commits,
        Err(_) => git.path("--absolute-git-dir").map(|_| Vec::new())?,
    };
    commits.into_iter().next().ok_or_else(none)
}

/// The commits of a range, the oldest first.
///
/// # Errors
/// [`ErrorKind::Usage`] for a range without a beginning; [`ErrorKind::Environment`] for a revision that is not there, and where
/// the repository's history is cut off inside of the range.
pub(crate) fn range(git: &Git, range: &str) -> Result<Vec<Commit>> {
    if range.is_empty() || range.starts_with("..") {
        // Git takes HEAD for what is not said: of `..HEAD`, a variable that was empty, that leaves nothing to judge.
        return Err(Error::new(ErrorKind::Usage, format!("the range `{range}` names no beginning"))
            .hint("name both ends, as in --range origin/main..HEAD"));
    }
    // Where there is no repository, no other range helps.
    let commits = list(git, &["--topo-order", "--reverse", "--end-of-options", range, "--"]).map_err(|error| {
        git.path("--absolute-git-dir").err().unwrap_or_else(|| error.hint("name revisions that are here: in CI fetch the whole history (`fetch-depth: 0`), and for a new branch take its merge base, as in --range origin/main..HEAD"))
    })?;
    if commits.is_empty() {
        refuse_other_objects(git, range)?;
    }
    for commit in commits.iter().filter(|commit| commit.is_first) {
        refuse_cut_history(git, range, commit)?;
    }
    Ok(commits)
}

/// The commit whose settings a range is judged by: where it left what it is to be merged into, else that itself. `None`
/// for a range without a beginning: all of its history is judged.
///
/// # Errors
/// [`ErrorKind::Environment`] for what names no commits.
pub(crate) fn base(git: &Git, range: &str) -> Result<Option<String>> {
    let ends = git.output(&["rev-parse", "--revs-only", range])?;
    let ends = String::from_utf8_lossy(&ends);
    let Some(before) = ends.lines().find_map(|end| end.strip_prefix('^')) else { return Ok(None) };
    let Some(last) = ends.lines().find(|end| !end.starts_with('^')) else {
        return Ok(Some(before.to_owned()));
    };
    let fork = git.output(&["merge-base", before, last]).unwrap_or_default();
    let fork = String::from_utf8_lossy(&fork).trim().to_owned();
    Ok(Some(if fork.is_empty() { before.to_owned() } else { fork }))
}

/// A revision that somebody names.
///
/// # Errors
/// [`ErrorKind::Environment`] where it is no commit that is here.
pub(crate) fn revision(git: &Git, name: &str) -> Result<Commit> {
    let named = format!("{name}^{{commit}}");
    list(git, &["--max-count=1", "--end-of-options", &named, "--"])?.into_iter().next().ok_or_else(|| {
        Error::new(ErrorKind::Environment, format!("the revision `{name}` is no commit"))
            .hint("name a commit, branch or tag, as in --settings-from origin/main")
    })
}

/// Of a tree or a file, git lists no commits, and says nothing.
fn refuse_other_objects(git: &Git, range: &str) -> Result<()> {
    let ends = git.output(&["rev-parse", "--revs-only", range])?;
    for end in String::from_utf8_lossy(&ends).lines() {
        let commit = format!("{}^{{commit}}", end.trim_start_matches('^'));
        git.output(&["rev-parse", "--quiet", "--verify", &commit]).map_err(|_| {
            Error::new(ErrorKind::Environment, format!("the range `{range}` is none of commits"))
                .hint("name commits, branches or tags, as in --range origin/main..HEAD")
        })?;
    }
    Ok(())
}

fn list(git: &Git, what: &[&str]) -> Result<Vec<Commit>> {
    let words: Vec<&str> = ["rev-list", "--format=%T %P"].iter().chain(what).copied().collect();
    let answer = git.output(&words)?;
    let answer = String::from_utf8_lossy(&answer);
    let lines: Vec<&str> = answer.lines().collect();
    let commit = |lines: &[&str]| {
        let name = lines.first()?.strip_prefix("commit ")?.to_owned();
        let (tree, parents) = lines.get(1)?.split_once(' ')?;
        Some(Commit { name, tree: tree.to_owned(), is_first: parents.is_empty() })
    };
    let commits: Option<Vec<Commit>> = lines.chunks(2).map(commit).collect();
    commits.ok_or_else(|| Error::new(ErrorKind::Environment, "git lists commits as we do not know them"))
}

/// A shallow clone shows a commit without its parents. If they are in the range, they cannot be judged.
fn refuse_cut_history(git: &Git, range: &str, commit: &Commit) -> Result<()> {
    let object = git.output(&["cat-file", "commit", &commit.name])?;
    let object = String::from_utf8_lossy(&object);
    let header = object.split("\n\n").next().unwrap_or_default();
    let parents: Vec<&str> = header.lines().filter_map(|line| line.strip_prefix("parent ")).collect();
    if parents.is_empty() {
        return Ok(());
    }
    let ends = git.output(&["rev-parse", "--revs-only", range])?;
    let ends = String::from_utf8_lossy(&ends);
    let excluded: HashSet<&str> = ends.lines().filter_map(|end| end.strip_prefix('^')).collect();
    if parents.iter().all(|parent| excluded.contains(parent)) {
        return Ok(());
    }
    let short = &commit.name[..commit.name.len().min(12)];
    Err(Error::new(ErrorKind::Environment, format!("this clone is shallow: the history before {short} is not here, and the range {range} may go on there"))
        .hint("fetch it: git fetch --unshallow   (in CI: fetch-depth: 0)"))
}
