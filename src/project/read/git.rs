//! Asks git where things are.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::disk;
use crate::error::{Error, ErrorKind, Result, io_cause};

/// What git says of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repository {
    /// The work tree's top folder.
    pub(crate) toplevel: PathBuf,
    /// `git rev-parse --git-path docker-prep`: where our state lies, one per work tree.
    pub(crate) state_dir: PathBuf,
    /// For a linked work tree, the main one; where the repository is bare, what stands in its place.
    pub(crate) main_tree: Option<PathBuf>,
}

/// What a hook's variables say of the repository, its index and its objects: of the hook's own repository, not of the
/// one that a path names.
pub(crate) const HOOK_VARIABLES: [&str; 10] = [
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

/// What a hook's variables say of the program's caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HookEnvironment {
    /// Whether one of [`HOOK_VARIABLES`] is set.
    pub(crate) is_set: bool,
    /// Whether `GIT_DIR` is.
    pub(crate) names_git_dir: bool,
    /// `GIT_INDEX_FILE`.
    pub(crate) index: Option<PathBuf>,
}

impl HookEnvironment {
    /// That of this process.
    pub(crate) fn read() -> Self {
        let variable = |name: &str| std::env::var_os(name);
        Self {
            is_set: HOOK_VARIABLES.iter().any(|name| variable(name).is_some()),
            names_git_dir: variable("GIT_DIR").is_some(),
            index: variable("GIT_INDEX_FILE").map(PathBuf::from),
        }
    }
}

/// Why git gave no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It cannot be run.
    NotRun(io::Error),
    /// It says no: what it printed, on one line.
    Refused(String),
}

impl Failure {
    /// The error for it, with what to do where git is missing and where it says no.
    pub(crate) fn error(self, not_run: &str, refused: &str) -> Error {
        match self {
            Self::NotRun(error) => {
                Error::new(ErrorKind::Environment, format!("cannot run git: {}", io_cause(&error)))
                    .because(&error)
                    .hint(not_run)
            }
            Self::Refused(said) => {
                Error::new(ErrorKind::Environment, format!("git says: {said}")).hint(refused)
            }
        }
    }
}

/// A git that runs while something else is done.
#[derive(Debug)]
pub(crate) struct Running(Option<Child>);

impl Running {
    /// What it prints, once it has ended well.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) fn answer(mut self) -> Result<Vec<u8>, Failure> {
        let Some(child) = self.0.take() else { return Ok(Vec::new()) };
        let Output { status, stdout, stderr } = child.wait_with_output().map_err(Failure::NotRun)?;
        if status.success() { Ok(stdout) } else { Err(Failure::Refused(said(&stderr))) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // Nobody reads what it prints, which ends it.
            (child.stdout, child.stderr) = (None, None);
            let _ = child.wait();
        }
    }
}

/// Starts a git command.
///
/// # Errors
/// [`Failure::NotRun`].
pub(crate) fn start(command: &mut Command) -> Result<Running, Failure> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map(|child| Running(Some(child))).map_err(Failure::NotRun)
}

/// What a git command prints, once it has ended well.
///
/// # Errors
/// [`Failure`].
pub(crate) fn answer(command: &mut Command) -> Result<Vec<u8>, Failure> {
    start(command)?.answer()
}

/// What git printed, on one line.
pub(crate) fn said(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = lines.join("; ");
    let said = said.strip_prefix("fatal: ").unwrap_or(&said);
    if said.is_empty() { "nothing".to_owned() } else { said.to_owned() }
}

/// A git command that runs in a folder and knows only that folder.
pub(crate) fn git(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(dir);
    for variable in HOOK_VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// Answers of `git rev-parse`, each to words of its own: from one process, unless an answer is a path that holds a
/// line end.
///
/// # Errors
/// What `ask` says.
pub(crate) fn rev_parse<const N: usize>(
    ask: &dyn Fn(&[&str]) -> Result<Vec<u8>>,
    asked: [&[&str]; N],
) -> Result<[Vec<u8>; N]> {
    let one = |words: &[&str]| -> Result<Vec<u8>> {
        let mut answer = ask(&[&["rev-parse"], words].concat())?;
        answer.pop_if(|last| *last == b'\n');
        Ok(answer)
    };
    let all = one(&asked.concat())?;
    let lines: Vec<Vec<u8>> = all.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    if let Ok(answers) = lines.try_into() {
        return Ok(answers);
    }
    let mut answers = [const { Vec::new() }; N];
    for (answer, words) in answers.iter_mut().zip(asked) {
        *answer = one(words)?;
    }
    Ok(answers)
}

/// The repository whose work tree holds a folder, if any.
///
/// # Errors
/// [`ErrorKind::Environment`] where there is a repository but git is missing or refuses to answer.
pub(crate) fn repository(dir: &Path) -> Result<Option<Repository>> {
    // Only what is known not to be there: else the state would be looked for, and kept, beside the deps dir.
    let is_there = |place: PathBuf| match place.symlink_metadata() {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
    };
    if !dir.ancestors().any(|ancestor| is_there(ancestor.join(".git"))) {
        return Ok(None);
    }
    refuse_pipes(dir)?;
    let [toplevel, git_dir] = places(dir, [&["--show-toplevel"], &["--absolute-git-dir"]])?;
    // What `--git-path docker-prep` says, but for a symbolic link of that name, which it would follow.
    let is_linked = git_dir.join("commondir").is_file();
    let main_tree =
        if is_linked { common_dir(&toplevel).and_then(|common| main_tree(&common)) } else { None };
    Ok(Some(Repository { toplevel, state_dir: git_dir.join("docker-prep"), main_tree }))
}

/// Git opens its own files without a look at what they are, and would wait for a FIFO's other end.
///
/// # Errors
/// [`ErrorKind::Environment`] for such a file in the repository that holds a folder, which is absolute.
pub(crate) fn refuse_pipes(dir: &Path) -> Result<()> {
    let places = dir.ancestors().map(|ancestor| ancestor.join(".git"));
    let Some(git_dir) = places.into_iter().find(|place| place.symlink_metadata().is_ok()) else {
        return Ok(());
    };
    const OPENED: [&str; 9] = [
        "HEAD",
        "config",
        "commondir",
        "index",
        "packed-refs",
        "shallow",
        "info/exclude",
        "info/attributes",
        "objects/info/alternates",
    ];
    for name in OPENED {
        let path = git_dir.join(name);
        if path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            return Err(Error::new(
                ErrorKind::Environment,
                format!("{}: is no regular file", path.display()),
            )
            .hint("mend the repository: git would wait for it"));
        }
    }
    Ok(())
}

/// `git rev-parse --git-common-dir` of a work tree's top folder, read from its files: the git directory that all work trees
/// of a repository share.
pub(crate) fn common_dir(top: &Path) -> Option<PathBuf> {
    let dot_git = top.join(".git");
    if dot_git.is_dir() {
        return dot_git.canonicalize().ok();
    }
    let line = |path: &Path| {
        let mut text = disk::read(path).ok()?;
        text.truncate(text.trim_ascii_end().len());
        Some(text)
    };
    let git_dir = top.join(path_of(line(&dot_git)?.strip_prefix(b"gitdir: ")?));
    let common = line(&git_dir.join("commondir")).map(|common| git_dir.join(path_of(&common)));
    common.unwrap_or(git_dir).canonicalize().ok()
}

/// The work tree in which a shared git directory lies, as git takes it: its folder, where it is called `.git`. A bare one
/// that is hidden, as `notes/.bare`, stands for its folder too, and any other for itself.
fn main_tree(common: &Path) -> Option<PathBuf> {
    let is_hidden = common.file_name()?.as_encoded_bytes().starts_with(b".");
    if is_hidden { common.parent().map(Path::to_path_buf) } else { Some(common.to_path_buf()) }
}

/// Where a work tree's hooks are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hooks {
    /// The work tree's top folder.
    pub(crate) top: PathBuf,
    /// The git directory that all work trees share.
    pub(crate) common: PathBuf,
    /// `git rev-parse --git-path hooks`: what `core.hooksPath` says, else the shared git directory's.
    pub(crate) hooks: PathBuf,
}

/// The hooks of the repository whose work tree holds a folder, if any.
///
/// # Errors
/// As [`repository`].
pub(crate) fn hooks(dir: &Path) -> Result<Option<Hooks>> {
    let Some(Repository { toplevel, .. }) = repository(dir)? else { return Ok(None) };
    // A relative core.hooksPath is meant from the top, where git runs them.
    const COMMON: &[&str] = &["--path-format=absolute", "--git-common-dir"];
    const HOOKS: &[&str] = &["--path-format=absolute", "--git-path", "hooks"];
    let [common, hooks] = places(&toplevel, [COMMON, HOOKS])?;
    Ok(Some(Hooks { top: toplevel, common, hooks }))
}

fn places<const N: usize>(dir: &Path, asked: [&[&str]; N]) -> Result<[PathBuf; N]> {
    let ask = |words: &[&str]| {
        answer(git(dir).args(words)).map_err(|failure| {
            let is_refused = matches!(failure, Failure::Refused(_));
            let mut error = failure.error(
                "install git, or add it to PATH: the state is kept in the repository's git directory",
                "run the tool in the work tree of a repository that git can read",
            );
            if let (true, Some(problem)) = (is_refused, error.problems.first_mut()) {
                problem.message = format!("{}: {}", dir.display(), problem.message);
            }
            error
        })
    };
    Ok(rev_parse(&ask, asked)?.map(|path| path_of(&path)))
}

#[cfg(unix)]
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    std::ffi::OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_work_tree_lies_where_the_shared_git_directory_does() {
        for (common, expected) in [
            ("/w/notes/.git", Some("/w/notes")),
            ("/w/notes/.bare", Some("/w/notes")),
            ("/w/notes.git", Some("/w/notes.git")),
            ("/", None),
        ] {
            assert_eq!(main_tree(Path::new(common)), expected.map(PathBuf::from), "{common}");
        }
    }
}
