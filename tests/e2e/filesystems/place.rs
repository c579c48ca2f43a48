//! A product on file systems of one's choice.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::product::product;
use crate::common::{Run, Snapshot, World};

/// Nobody: may do nothing that is not allowed to him, as root may.
const NOBODY: u32 = 65534;
const PAGE: u64 = 4096;

/// Runs the body where it may mount what it likes: this very test, of the given name, is run again there.
pub(crate) fn with_own_mounts(test: &str, body: impl FnOnce()) {
    const INSIDE: &str = "DOCKER_PREP_TEST_WITH_OWN_MOUNTS";
    if std::env::var_os(INSIDE).is_some_and(|name| name == test) {
        return body();
    }
    let mut unshare = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    unshare.args(["--mount", "--propagation", "private", "--"]).arg(std::env::current_exe().unwrap());
    unshare.args(["--exact", test, "--nocapture"]).env(INSIDE, test);
    let run = Run::from(unshare.output().expect("unshare, of util-linux, runs"));
    assert!(
        run.stdout.contains("1 passed"),
        "it needs the right to mount (root, or user namespaces):\n{run}"
    );
}

/// Something that is mounted until it is dropped.
pub(crate) struct Mounted(PathBuf);

impl Mounted {
    /// A small file system in memory that holds what lay there.
    pub(crate) fn in_memory(at: &Path, size: &str) -> Self {
        let aside = at.with_extension("aside");
        fs::rename(at, &aside).unwrap();
        fs::create_dir(at).unwrap();
        mount(["-t", "tmpfs", "-o", &format!("size={size},mode=0755"), "tmpfs"].as_ref(), at);
        let mounted = Self(at.to_owned());
        call(Command::new("cp").arg("-a").arg(aside.join(".")).arg(at));
        fs::remove_dir_all(aside).unwrap();
        mounted
    }

    /// The same folder once more, to be made read-only.
    pub(crate) fn again(at: &Path) -> Self {
        mount([Path::new("--bind"), at].as_ref(), at);
        Self(at.to_owned())
    }

    pub(crate) fn read_only(&self, yes: bool) {
        let options = if yes { "remount,bind,ro" } else { "remount,bind,rw" };
        mount(["-o", options].as_ref(), &self.0);
    }

    /// Takes all room but so many pages.
    pub(crate) fn fill(&self, but_pages: u64) {
        let path = self.ballast();
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[7; PAGE as usize]).is_ok() {}
        let pages = file.metadata().unwrap().len() / PAGE;
        assert!(pages >= but_pages, "there was less room than that");
        file.set_len((pages - but_pages) * PAGE).unwrap();
    }

    pub(crate) fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    /// In the git directory where there is one: it is not looked at.
    fn ballast(&self) -> PathBuf {
        let git = self.0.join(".git");
        if git.is_dir() { git.join("ballast") } else { self.0.join("ballast") }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn mount<W: AsRef<std::ffi::OsStr>>(words: &[W], at: &Path) {
    call(Command::new("mount").args(words).arg(at));
}

pub(crate) fn call(command: &mut Command) {
    let run = Run::from(command.output().expect("it runs"));
    assert_eq!(run.code, Some(0), "{command:?}: {run}");
}

/// A product, and how it must be again.
pub(crate) struct Place {
    pub(crate) world: World,
    pub(crate) before: Snapshot,
    pub(crate) original: String,
    /// Whether the program is called as nobody.
    as_nobody: bool,
}

impl Place {
    pub(crate) fn new() -> Self {
        let world = product();
        let before = look(&world);
        let original = world.read("notes/backend/package.json");
        Self { world, before, original, as_nobody: false }
    }

    /// A product that is not root's, in which the program is not called by root.
    pub(crate) fn of_nobody() -> Self {
        let mut place = Self::new();
        if rustix::process::geteuid().is_root() {
            // Where it was built, others may not reach it.
            let program = place.program_path();
            fs::copy(env!("CARGO_BIN_EXE_docker-prep"), &program).unwrap();
            let outer = place.world.root().parent().unwrap();
            call(Command::new("chown").arg("-R").arg(format!("{NOBODY}:{NOBODY}")).arg(outer));
            place.as_nobody = true;
        }
        place
    }

    fn program_path(&self) -> PathBuf {
        self.world.beside("docker-prep")
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.world.path("notes").join(relative)
    }

    pub(crate) fn manifest(&self) -> PathBuf {
        self.path("backend/package.json")
    }

    pub(crate) fn call(&self, words: &[&str]) -> Run {
        let mut program = if self.as_nobody {
            let mut setpriv = self.world.command("setpriv");
            let ids = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")];
            setpriv.args(ids).arg("--clear-groups").arg(self.program_path());
            setpriv
        } else {
            self.world.program()
        };
        let run = Run::from(program.current_dir(self.world.path("notes")).args(words).output().unwrap());
        assert!(!run.stderr.contains("panicked"), "{run}");
        run
    }

    /// The manifest's text is the original or the rewritten one, whole; says whether it is the original.
    #[track_caller]
    pub(crate) fn is_whole(&self) -> bool {
        let text = fs::read_to_string(self.manifest()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).expect("whole");
        let rewritten = json["pnpm"]["overrides"].as_object().is_some_and(|overrides| overrides.len() == 5);
        assert!(rewritten || text == self.original, "{text}");
        !rewritten
    }

    /// Every byte, mode and time is as before, and nothing of the tool is left.
    #[track_caller]
    pub(crate) fn is_restored(&self) {
        self.before.assert_same(&look(&self.world));
        self.git_is_clean();
        assert!(!self.world.exists("notes/.git/docker-prep"), "the state folder is still there");
    }

    #[track_caller]
    pub(crate) fn git_is_clean(&self) {
        let mut git = self.world.command("git");
        let run = Run::from(
            git.args([
                "-c",
                "safe.directory=*",
                "--no-optional-locks",
                "-C",
                "notes",
                "status",
                "--porcelain",
            ])
            .output()
            .unwrap(),
        );
        assert_eq!((run.code, &*run.stdout), (Some(0), ""), "{run}");
    }

    /// The same, after it was changed: as it is now it must come back.
    pub(crate) fn looked_at_anew(mut self) -> Self {
        self.before = look(&self.world);
        self
    }

    /// Inode and links.
    pub(crate) fn identity(&self) -> (u64, u64) {
        let metadata = self.manifest().metadata().unwrap();
        (metadata.ino(), metadata.nlink())
    }
}

fn look(world: &World) -> Snapshot {
    Snapshot::of(&world.path("notes"))
        .without(&[".git", ".docker-deps", "backend/ballast"])
        .without_folder_times()
}
