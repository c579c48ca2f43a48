//! Calls of git that keep to the repository that the guard is asked about.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, ErrorKind, Result};
use crate::project::{self, Failure, HOOK_VARIABLES, HookEnvironment, Running, git, path_of};

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
pub(crate) struct Git {
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
    pub(crate) fn find(named: Option<&Path>, environment: &HookEnvironment) -> Result<Self> {
        let here = Self { dir: None, foreign: false };
        let Some(dir) = named else {
            if let Ok(dir) = std::path::absolute(".") {
                project::git::refuse_pipes(&dir)?;
            }
            return Ok(here);
        };
        let there = Self::of(dir)?;
        if !environment.is_set {
            return Ok(Self { foreign: false, ..there });
        }
        let git_dir = |git: &Self| git.path("--absolute-git-dir").ok();
        let hook = git_dir(&here);
        if hook.is_some() && hook == git_dir(&there) {
            return Ok(here);
        }
        // No hook calls: somebody named an index, and git's own -C would take it.
        let is_hook = environment.names_git_dir
            || hook.is_some_and(|hook| {
                let index = environment.index.as_ref();
                index.is_none_or(|index| !index.is_absolute() || index.starts_with(hook))
            });
        Ok(Self { foreign: is_hook, ..there })
    }

    /// The repository of a folder, whatever a hook's variables say.
    ///
    /// # Errors
    /// A folder that is not there.
    pub(crate) fn of(dir: &Path) -> Result<Self> {
        if !dir.is_dir() {
            return Err(Error::new(ErrorKind::Usage, format!("{}: no such project", dir.display()))
                .hint("name the product's folder with -C DIR, or run the tool inside it"));
        }
        if let Ok(dir) = std::path::absolute(dir) {
            project::git::refuse_pipes(&dir)?;
        }
        Ok(Self { dir: Some(dir.to_path_buf()), foreign: true })
    }

    /// A git command of that repository.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
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

    /// Starts a git command of that repository.
    ///
    /// # Errors
    /// [`ErrorKind::Environment`] where git cannot be run.
    pub(crate) fn start<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Running> {
        git::start(&mut self.command(args)).map_err(error)
    }

    /// What git answers.
    ///
    /// # Errors
    /// [`ErrorKind::Environment`] where it cannot be run, and where it says no, with what it says.
    pub(crate) fn output<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Vec<u8>> {
        git::answer(&mut self.command(args)).map_err(error)
    }

    /// Answers of `git rev-parse`, each to words of its own.
    ///
    /// # Errors
    /// As [`Git::output`].
    pub(crate) fn rev_parse<const N: usize>(&self, asked: [&[&str]; N]) -> Result<[Vec<u8>; N]> {
        git::rev_parse(&|words| self.output(words), asked)
    }

    /// The path that `git rev-parse` gives for a word.
    ///
    /// # Errors
    /// As [`Git::output`].
    pub(crate) fn path(&self, word: &str) -> Result<PathBuf> {
        let [path] = self.rev_parse([&[word]])?;
        Ok(path_of(&path))
    }

    /// The folder that was named, if git is to be called there.
    pub(crate) fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }
}

/// The error where git gives no answer: nothing passes then.
pub(super) fn error(failure: Failure) -> Error {
    failure.error(
        "install git, or add it to the PATH that hooks get",
        "nothing was judged: run the guard in a repository that git can read",
    )
}
