//! Cargo's build script: tells the program what `docker-prep --version` says, with the commit that it is built from.
//!
//! The commit is git's, where this folder is the top of a work tree. Else, as in an archive of the sources, it is
//! `DOCKER_PREP_COMMIT` with the day `DOCKER_PREP_COMMIT_DATE`, for whoever packages it. Else only the version is said.
//! Cargo runs this again when the commit can have changed, and not at each build.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "asks git and the environment, and answers cargo on stdout; it is no part of the program"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

const COMMIT: &str = "DOCKER_PREP_COMMIT";
const DATE: &str = "DOCKER_PREP_COMMIT_DATE";

/// As many digits as rustc and cargo show.
const DIGITS: usize = 9;

fn main() {
    println!("cargo::rerun-if-changed=scripts/version.rs");
    for name in [COMMIT, DATE] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let version = variable("CARGO_PKG_VERSION").unwrap_or_default();
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR").unwrap_or_default());
    let commit = if is_top(&root) {
        watched(&root).iter().for_each(|path| println!("cargo::rerun-if-changed={}", path.display()));
        of_git(&root)
    } else {
        None
    };
    let said = match commit.map_or_else(of_variables, |commit| Ok(Some(commit))) {
        Ok(Some(commit)) => format!("{version} ({commit})"),
        Ok(None) => version,
        Err(why) => return println!("cargo::error={why}"),
    };
    println!("cargo::rustc-env=VERSION_AND_COMMIT={said}");
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What git says in a folder, without its last line end.
fn git(root: &Path, words: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.current_dir(root).args(["-c", "log.showSignature=false"]).args(words);
    // A hook that builds has these set for its own repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
        git.env_remove(name);
    }
    let output = git.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim_end().to_owned())
}

/// Whether the folder is the top of a work tree, and not one that was unpacked in somebody else's.
fn is_top(root: &Path) -> bool {
    let prefix = git(root, &["rev-parse", "--show-prefix"]);
    root.join(".git").exists() && prefix.is_some_and(|prefix| prefix.is_empty())
}

/// Commit and day, as `ebc57a81c 2026-11-30`; `None` before the first commit.
fn of_git(root: &Path) -> Option<String> {
    let said = git(root, &["log", "--max-count=1", "--date=short", "--format=%H %cd"])?;
    let (commit, date) = said.split_once(' ')?;
    Some(format!("{} {date}", commit.get(..DIGITS)?))
}

/// The same from the environment.
fn of_variables() -> Result<Option<String>, String> {
    let Some(commit) = variable(COMMIT) else { return Ok(None) };
    if commit.len() < DIGITS || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("{COMMIT}={commit:?} is no commit: give {DIGITS} hexadecimal digits or more"));
    }
    let Some(date) = variable(DATE) else { return Ok(Some(commit[..DIGITS].to_owned())) };
    let is_date = date.len() == 10
        && date.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_date {
        return Err(format!("{DATE}={date:?} is no day: give it as 2026-11-30"));
    }
    Ok(Some(format!("{} {date}", &commit[..DIGITS])))
}

/// What changes with the commit: `HEAD`, the branch that it names, and where that is kept. Of what is not there cargo would
/// say that it has changed, at each build.
fn watched(root: &Path) -> Vec<PathBuf> {
    // A linked work tree has a `HEAD` of its own; branches lie in the repository that it belongs to.
    let path = |name: &str| git(root, &["rev-parse", "--git-path", name]).map(|path| root.join(path));
    let mut watched: Vec<PathBuf> = path("HEAD").into_iter().collect();
    if let Some(branch) = git(root, &["symbolic-ref", "--quiet", "HEAD"]).and_then(|name| path(&name)) {
        if !branch.is_file() {
            // The next commit makes the branch's file in the deepest of its folders that is there.
            watched.extend(path("packed-refs"));
            watched.extend(branch.ancestors().find(|folder| folder.is_dir()).map(Path::to_path_buf));
        }
        watched.push(branch);
    }
    // Where refs are kept in tables, the files above say nothing.
    let tables =
        git(root, &["rev-parse", "--git-common-dir"]).map(|folder| root.join(folder).join("reftable"));
    watched.extend(tables.into_iter().chain(path("reftable")));
    watched.retain(|path| path.exists());
    watched
}
