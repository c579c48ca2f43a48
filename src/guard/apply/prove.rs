//! Whether a commit of a rewrite is blocked, by trying: the hook that git would run gets an index that holds one.
//!
//! The index is a temporary one, of the last commit and the rewrite, with a folder of its own for new objects. All that is in it is marked as not checked out: so no
//! manager finds changes to stash away or to put back, and the work tree is left alone.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::cancel::CancelToken;
use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::guard::hook::HookProgram;
use crate::guard::read::hooks;
use crate::process::child;
use crate::project::{DEFAULT_DEPS_DIR, Failure, git};

/// What the hook did with a rewrite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It blocked the commit, and named what is wrong.
    Blocked,
    /// It let it pass, or failed for another reason before the guard was asked: which.
    Unblocked(String),
}

/// The manifest that is committed for the proof, from the project's root; nothing of that name is put in the work tree.
const MANIFEST: &str = "docker-prep-proof/package.json";

/// More than a hook has to say.
const MAX_OUTPUT: u64 = 1 << 20;

/// Has git's hook judge a rewrite.
///
/// # Errors
/// [`ErrorKind::Environment`] where git or the disk fails; [`ErrorKind::Interrupted`].
pub(crate) fn prove(dir: &Path, deps_dir: &str, cancel: &CancelToken) -> Result<Proof> {
    let place = hooks::place(dir)?;
    let hook = place.hooks.join("pre-commit");
    if !hook.exists() {
        return Ok(Proof::Unblocked(format!("{}: git finds no hook there", hook.display())));
    }
    if !hooks::is_executable(&hook) {
        return Ok(Proof::Unblocked(format!(
            "{}: git passes over it, as it may not be executed: chmod +x {0}",
            hook.display()
        )));
    }
    let folder = tempfile::Builder::new().prefix("docker-prep-proof.").tempdir();
    let folder = folder
        .map_err(|error| Error::io(ErrorKind::Environment, "write to", &std::env::temp_dir(), &error))?;
    let failed = |error| Error::io(ErrorKind::Environment, "write below", folder.path(), &error);
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("objects")).map_err(failed)?;
    let git = || {
        let mut git = git::git(&place.top);
        git.env("GIT_INDEX_FILE", path("index")).args(["-c", "core.fsmonitor=false"]);
        git.env("GIT_OBJECT_DIRECTORY", path("objects"));
        git.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", listed(&place.common.join("objects")));
        git
    };
    // A name that is settled in a file which is not committed yet is unknown to the guard; the default is not.
    let tarball = |folder: &str| format!("file:../{folder}/docker-prep-proof-1.0.0-0123456789ab.tgz");
    let manifest = json!({"dependencies": {"a": tarball(deps_dir), "b": tarball(DEFAULT_DEPS_DIR)}});
    fs::write(path("package.json"), format!("{manifest:#}\n")).map_err(failed)?;
    let blob = answer(git().args(["hash-object", "-w", "--no-filters"]).arg(path("package.json")))?;
    let has_commit = answer(git().args(["rev-parse", "--quiet", "--verify", "HEAD^{tree}"])).is_ok();
    answer(git().args(["read-tree", if has_commit { "HEAD" } else { "--empty" }]))?;
    let blob = String::from_utf8_lossy(blob.trim_ascii());
    let name = dir.strip_prefix(&place.top).unwrap_or(Path::new("")).join(MANIFEST);
    answer(git().args(["update-index", "--add", "--cacheinfo", "100644", &blob]).arg(name))?;
    fs::write(path("paths"), answer(git().args(["ls-files", "-z"]))?).map_err(failed)?;
    let paths = disk::file(&path("paths")).map_err(failed)?;
    let mut mark = git();
    mark.args(["update-index", "-z", "--skip-worktree", "--stdin"]).stdin(paths);
    let marked = mark.output().map_err(|error| self::failed(Failure::NotRun(error)))?;
    if !marked.status.success() {
        return Err(self::failed(Failure::Refused(git::said(&marked.stderr))));
    }

    let said = File::create(path("said")).map_err(failed)?;
    let mut run = git();
    run.args(["hook", "run", "pre-commit"]).env("GIT_EDITOR", ":").current_dir(&place.top);
    if let Some(search) = search_path() {
        run.env("PATH", search);
    }
    run.stdout(Stdio::from(said.try_clone().map_err(failed)?)).stderr(Stdio::from(said));
    let ended = child::finish(&mut run, cancel)?;
    let said = disk::begin(&path("said"), MAX_OUTPUT).map_err(failed)?;
    let said = String::from_utf8_lossy(&said);
    Ok(match ended.exit_code() {
        0 => Proof::Unblocked(format!("{}: it let a rewritten manifest pass", hook.display())),
        _ if said.contains(MANIFEST) => Proof::Blocked,
        _ => {
            let last: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            let last = last.get(last.len().saturating_sub(3)..).unwrap_or_default().join("; ");
            Proof::Unblocked(format!(
                "{}: the guard is not asked before it fails for another reason: {last}",
                hook.display()
            ))
        }
    })
}

/// Whether a hook finds the program, where people and installers put it.
pub(crate) fn is_found(top: &Path, program: &HookProgram) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let home = std::env::var_os("HOME").unwrap_or_default();
    let own = [
        top.join(program.folder_of_programs()),
        Path::new(&home).join(".cargo/bin"),
        Path::new(&home).join(".local/bin"),
    ];
    // What package managers put there has no ending of a program.
    let names = [format!("{}{}", program.name(), std::env::consts::EXE_SUFFIX), program.name().to_owned()];
    let has = |folder: std::path::PathBuf| names.iter().any(|name| folder.join(name).is_file());
    std::env::split_paths(&path).chain(own).any(has)
}

/// That of this process, with this program's own folder behind: whether the hook finds the program is another question
/// than whether it asks it.
fn search_path() -> Option<std::ffi::OsString> {
    let own = std::env::current_exe().ok()?.parent()?.to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::env::split_paths(&path).chain([own])).ok()
}

/// A folder as the one entry of a list of such.
fn listed(folder: &Path) -> std::ffi::OsString {
    match folder.to_str() {
        Some(path) if cfg!(unix) => format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\"")).into(),
        _ => folder.into(),
    }
}

fn answer(command: &mut Command) -> Result<Vec<u8>> {
    git::answer(command).map_err(failed)
}

fn failed(failure: Failure) -> Error {
    failure.error("install git, or add it to PATH", "the hook was not tried: make git work here first")
}
