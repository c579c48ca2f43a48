//! What tests share, those of the binary and the unit tests that need a disk: a world of files in a temporary folder, calls of the program in it, and an
//! exact picture of a tree.

#![allow(dead_code, reason = "each test program uses its own part of this module")]

pub(crate) mod manager;
pub(crate) mod place;
pub(crate) mod product;
pub(crate) mod registry;
pub(crate) mod shim;
pub(crate) mod tools;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// A temporary folder with a world in it; gone when dropped.
pub(crate) struct World {
    temp: TempDir,
    root: PathBuf,
}

impl World {
    /// An empty world.
    pub(crate) fn new() -> Self {
        let temp = place::temporary();
        let root = temp.path().canonicalize().expect("a real path").join("world");
        fs::create_dir(&root).expect("a folder");
        fs::create_dir(root.with_file_name("home")).expect("a folder");
        fs::create_dir(root.with_file_name("tmp")).expect("a folder");
        fs::write(root.with_file_name("gitconfig"), "").expect("a file");
        Self { temp, root }
    }

    /// The world's own folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path in the world.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// An empty home, outside the tree that [`World::snapshot`] sees.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.with_file_name("home")
    }

    /// A folder beside the world's: what is put there is not part of its tree.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.root.with_file_name(name)
    }

    /// Writes a file of mode 0644, and the folders above it.
    pub(crate) fn file(&self, relative: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(relative);
        make_parents(&path);
        fs::write(&path, content).unwrap_or_else(|e| panic!("write {}: {e}", path.display()));
        set_mode(&path, 0o644);
        self
    }

    /// Writes a file of mode 0755.
    pub(crate) fn exec(&self, relative: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        self.file(relative.as_ref(), content);
        set_mode(&self.path(relative), 0o755);
        self
    }

    /// Makes a symbolic link that says `target`.
    pub(crate) fn symlink(&self, relative: impl AsRef<Path>, target: impl AsRef<Path>) -> &Self {
        let path = self.path(relative);
        make_parents(&path);
        symlink(target, &path).unwrap_or_else(|e| panic!("link {}: {e}", path.display()));
        self
    }

    /// Makes a folder.
    pub(crate) fn dir(&self, relative: impl AsRef<Path>) -> &Self {
        let path = self.path(relative);
        fs::create_dir_all(&path).unwrap_or_else(|e| panic!("create {}: {e}", path.display()));
        self
    }

    /// Sets the mode of what is there.
    pub(crate) fn mode(&self, relative: impl AsRef<Path>, mode: u32) -> &Self {
        set_mode(&self.path(relative), mode);
        self
    }

    /// Removes a file, link or whole folder.
    pub(crate) fn remove(&self, relative: impl AsRef<Path>) -> &Self {
        let path = self.path(relative);
        let is_dir = path.symlink_metadata().is_ok_and(|m| m.is_dir());
        let done = if is_dir { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        done.unwrap_or_else(|e| panic!("remove {}: {e}", path.display()));
        self
    }

    /// A file's text.
    pub(crate) fn read(&self, relative: impl AsRef<Path>) -> String {
        let path = self.path(relative);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("read {}: {e}", path.display()))
    }

    /// A file's bytes.
    pub(crate) fn bytes(&self, relative: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(relative);
        fs::read(&path).unwrap_or_else(|e| panic!("read {}: {e}", path.display()))
    }

    /// Whether something is there, be it a link that leads nowhere.
    pub(crate) fn exists(&self, relative: impl AsRef<Path>) -> bool {
        self.path(relative).symlink_metadata().is_ok()
    }

    /// Makes `relative` a git repository with everything in it committed.
    pub(crate) fn git_init(&self, relative: impl AsRef<Path>) -> &Self {
        let dir = self.path(relative);
        self.git(&dir, &["init", "--quiet", "--initial-branch=main"]);
        self.git(&dir, &["add", "--all"]);
        self.git(&dir, &["commit", "--quiet", "--allow-empty", "--message=start"]);
        self
    }

    /// What git says in `dir`; it must end well.
    pub(crate) fn git(&self, dir: impl AsRef<Path>, args: &[&str]) -> String {
        let dir = self.path(dir);
        let mut git = self.command("git");
        git.current_dir(&dir).args(args);
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "someone");
            git.env(format!("GIT_{who}_EMAIL"), "someone@example.com");
            git.env(format!("GIT_{who}_DATE"), "2001-02-03T04:05:06Z");
        }
        let run = Run::from(git.output().expect("git runs"));
        assert_eq!(run.code, Some(0), "git {args:?} in {}:\n{run}", dir.display());
        run.stdout
    }

    /// `git status --porcelain` with ignored files not shown.
    pub(crate) fn git_status(&self, dir: impl AsRef<Path>) -> String {
        self.git(dir, &["status", "--porcelain"])
    }

    /// Calls the program in `dir` and waits for its end.
    pub(crate) fn run_in<A: AsRef<OsStr>>(
        &self,
        dir: impl AsRef<Path>,
        args: impl IntoIterator<Item = A>,
    ) -> Run {
        let mut program = self.program();
        program.current_dir(self.path(dir)).args(args);
        Run::from(program.output().expect("docker-prep runs"))
    }

    /// Calls the program at the world's root.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run {
        self.run_in("", args)
    }

    /// The program with a clean environment, for calls that need more than [`World::run`].
    pub(crate) fn program(&self) -> Command {
        let program = option_env!("CARGO_BIN_EXE_docker-prep");
        self.command(
            program.expect("unit tests have no program to call: what calls it belongs into tests/e2e"),
        )
    }

    /// Any command with a clean environment, at the world's root.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(&self.root).stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.home()).env("TMPDIR", self.beside("tmp"));
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", self.beside("gitconfig"));
        command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
        command
    }

    /// The exact state of everything in the world.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.root)
    }
}

/// What a process left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Fails the test unless the exit code is `code`; says what was printed.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("not JSON ({e}):\n{self}"))
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit {:?}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// One thing in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    /// Nanoseconds since 1970.
    pub(crate) mtime: i128,
}

/// What it is, with what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By the content's SHA-256.
    File(String),
    Dir,
    Link(PathBuf),
    Other,
}

/// Every path of a tree with all that can be told of it: nothing left behind goes unseen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot(pub(crate) BTreeMap<PathBuf, Entry>);

impl Snapshot {
    /// The tree below `root`, itself included.
    pub(crate) fn of(root: &Path) -> Self {
        let mut entries = BTreeMap::new();
        for found in walkdir::WalkDir::new(root) {
            let found = found.expect("a readable tree");
            let meta = found.path().symlink_metadata().expect("it is still there");
            let kind = if meta.is_file() {
                Kind::File(sha256(&fs::read(found.path()).expect("a readable file")))
            } else if meta.is_dir() {
                Kind::Dir
            } else if meta.is_symlink() {
                Kind::Link(fs::read_link(found.path()).expect("a link"))
            } else {
                Kind::Other
            };
            let mtime = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
            let relative = found.path().strip_prefix(root).expect("below the root").to_owned();
            entries.insert(relative, Entry { kind, mode: meta.mode() & 0o7777, mtime });
        }
        Self(entries)
    }

    /// The same without anything at or below a path that `leave_out` names.
    pub(crate) fn without(mut self, leave_out: &[&str]) -> Self {
        self.0.retain(|path, _| !leave_out.iter().any(|out| path.starts_with(out)));
        self
    }

    /// The same without folders' mtimes, which change when a file in them comes and goes.
    pub(crate) fn without_folder_times(mut self) -> Self {
        for entry in self.0.values_mut().filter(|entry| entry.kind == Kind::Dir) {
            entry.mtime = 0;
        }
        self
    }

    /// A line for each path that is not the same in `other`; empty where all are.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (path, entry) in &self.0 {
            match other.0.get(path) {
                None => lines.push(format!("gone     {}", path.display())),
                Some(now) if now != entry => {
                    lines.push(format!("changed  {}: {entry:?} is now {now:?}", path.display()));
                }
                Some(_) => {}
            }
        }
        lines.extend(
            other.0.keys().filter(|p| !self.0.contains_key(*p)).map(|p| format!("new      {}", p.display())),
        );
        lines
    }

    /// Fails the test where `now` is not exactly this.
    #[track_caller]
    pub(crate) fn assert_same(&self, now: &Self) {
        let differences = self.differences(now);
        assert!(differences.is_empty(), "the tree has changed:\n{}", differences.join("\n"));
    }
}

/// A SHA-256 in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A number that a variable gives.
pub(crate) fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// A path from bytes, for names that are no UTF-8.
pub(crate) fn raw_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

fn make_parents(path: &Path) {
    let parent = path.parent().expect("a folder above");
    fs::create_dir_all(parent).unwrap_or_else(|e| panic!("create {}: {e}", parent.display()));
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .unwrap_or_else(|e| panic!("chmod {}: {e}", path.display()));
}
