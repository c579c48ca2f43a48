//! Calls of git that keep to the repository that the guard is asked about.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::error::{Error, Kind, Result, io_cause};
use crate::observe::git::path_of;

/// What a hook's variables say of the repository, its index and its objects.
const HOOK_VARIABLES: [&str; 10] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_SHALLOW_FILE",
    "GIT_NAMESPACE",
];

/// What makes git look at something else than the commit's own objects, or reach for the network.
const SETTINGS: [(&str, &str); 7] = [
    // A partial clone must not be filled up, and an older git knows no other way to forbid it.
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_TERMINAL_PROMPT", "0"),
    // A commit holds its objects, and has its parents: not what stands in for them here.
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_GRAFT_FILE", "/dev/null"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    // Nobody's pager or trace belongs in what we read.
    ("GIT_PAGER", "cat"),
];

/// They would change what our own pathspecs mean.
const PATHSPEC_VARIABLES: [&str; 4] =
    ["GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"];

/// The repository that is judged.
#[derive(Clone, Debug)]
pub struct Git {
    /// Where git is run; `None` for where the program was.
    dir: Option<PathBuf>,
    /// Whether the variables of a hook are of another repository.
    foreign: bool,
}

impl Git {
    /// The repository of the folder that was named, else of the current one or of the hook that calls.
    ///
    /// A folder in the hook's own repository means that one with the hook's index: `git commit -a` has its own.
    ///
    /// # Errors
    /// A folder that is not there.
    pub fn find(named: Option<&Path>) -> Result<Self> {
        let here = Self { dir: None, foreign: false };
        let Some(dir) = named else { return Ok(here) };
        if !dir.is_dir() {
            return Err(Error::new(Kind::Usage, format!("{}: no such project", dir.display()))
                .hint("name the product's folder with -C DIR, or run the tool inside it"));
        }
        let there = Self { dir: Some(dir.to_path_buf()), foreign: true };
        if HOOK_VARIABLES.iter().all(|name| std::env::var_os(name).is_none()) {
            return Ok(Self { foreign: false, ..there });
        }
        let git_dir = |git: &Self| git.path(&["--absolute-git-dir"]).ok();
        let hook = git_dir(&here);
        if hook.is_some() && hook == git_dir(&there) {
            return Ok(here);
        }
        // No hook calls: somebody named an index, and git's own -C would take it.
        let is_hook = std::env::var_os("GIT_DIR").is_some()
            || hook.is_some_and(|hook| {
                let index = std::env::var_os("GIT_INDEX_FILE").map(PathBuf::from);
                index.is_none_or(|index| !index.is_absolute() || index.starts_with(hook))
            });
        Ok(Self { foreign: is_hook, ..there })
    }

    /// A git command of that repository.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new("git");
        if let Some(dir) = &self.dir {
            command.arg("-C").arg(dir);
        }
        // A monitor of the work tree is a hook of somebody else.
        command.args(["-c", "core.fsmonitor=false"]).args(args);
        command.envs(SETTINGS).stdin(Stdio::null());
        let foreign = HOOK_VARIABLES.iter().filter(|_| self.foreign);
        for name in PATHSPEC_VARIABLES.iter().chain(foreign) {
            command.env_remove(name);
        }
        command
    }

    /// What git answers.
    ///
    /// # Errors
    /// [`Kind::Environment`] where it cannot be run, and where it says no, with what it says.
    pub fn output<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Vec<u8>> {
        let output = self.command(args).output().map_err(|error| missing(&error))?;
        if output.status.success() { Ok(output.stdout) } else { Err(refused(&output)) }
    }

    /// Where the repository keeps what is judged.
    ///
    /// # Errors
    /// [`Kind::Environment`] where there is no repository, or none that git would read.
    pub fn place(&self) -> Result<Place> {
        const INDEX: [&str; 3] = ["--path-format=absolute", "--git-path", "index"];
        const OBJECTS: [&str; 3] = ["--path-format=absolute", "--git-path", "objects"];
        let words = ["rev-parse", "--is-bare-repository", "--show-object-format"];
        let answer = self.output(&[&words[..], &INDEX, &OBJECTS[1..]].concat())?;
        let lines: Vec<&[u8]> =
            answer.strip_suffix(b"\n").unwrap_or(&answer).split(|byte| *byte == b'\n').collect();
        let (index, objects) = match lines[..] {
            [_, _, index, objects] => (path_of(index), path_of(objects)),
            // A path with a line end in it.
            _ => (self.path(&INDEX)?, self.path(&OBJECTS)?),
        };
        let is = |line: usize, word: &[u8]| lines.get(line).is_some_and(|line| *line == word);
        Ok(Place {
            is_bare: is(0, b"true"),
            digest_length: if is(1, b"sha256") { 32 } else { 20 },
            index,
            objects,
        })
    }

    /// One path, as `git rev-parse` prints it.
    pub fn path(&self, args: &[&str]) -> Result<PathBuf> {
        let mut words = vec![OsString::from("rev-parse")];
        words.extend(args.iter().map(OsString::from));
        let answer = self.output(&words)?;
        Ok(path_of(answer.strip_suffix(b"\n").unwrap_or(&answer)))
    }

    /// The folder that was named, if git is to be called there.
    pub fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }
}

/// Where a repository keeps what is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whether it has no work tree.
    pub is_bare: bool,
    /// Of its objects' names, in bytes.
    pub digest_length: usize,
    /// What is staged.
    pub index: PathBuf,
    /// The folder of its own objects.
    pub objects: PathBuf,
}

/// Git cannot be run.
pub(super) fn missing(error: &std::io::Error) -> Error {
    Error::new(Kind::Environment, format!("cannot run git: {}", io_cause(error)))
        .hint("install git, or add it to the PATH that hooks get")
}

/// Git says no.
fn refused(output: &Output) -> Error {
    Error::new(Kind::Environment, format!("git says: {}", said(&output.stderr)))
        .hint("nothing was judged: run the guard in a repository that git can read")
}

/// What git printed, on one line.
pub(super) fn said(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = lines.join("; ");
    let said = said.strip_prefix("fatal: ").unwrap_or(&said);
    if said.is_empty() { "nothing".to_owned() } else { said.to_owned() }
}
