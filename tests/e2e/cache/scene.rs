//! A workspace and a project, the cache that they share, and a look at what a call reads.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::product::dockerfile;
use crate::common::{Run, World};

/// The packages; `c` and `d` need each other, so that tarballs that name each other have seals.
pub(crate) const PACKAGES: [&str; 5] = ["a", "b", "c", "d", "linked"];

/// The tarballs of a folder by name.
pub(crate) type Tarballs = BTreeMap<String, Vec<u8>>;

pub(crate) struct Scene {
    pub(crate) world: World,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let world = World::new();
        world.file("plat/pnpm-workspace.yaml", "packages: ['packages/*']\n").file("plat/LICENSE", "MIT\n");
        for (name, more) in [
            ("a", r#""files": ["dist", "exact/one.js"], "dependencies": {"@bytelyst/b": "workspace:^"}"#),
            (
                "b",
                r#""main": "dist/index.js", "bin": "dist/cli.js", "dependencies": {"@bytelyst/c": "workspace:*"}"#,
            ),
            ("c", r#""files": ["dist"], "dependencies": {"@bytelyst/d": "workspace:^"}"#),
            ("d", r#""files": ["dist"], "dependencies": {"@bytelyst/c": "workspace:^"}"#),
            ("linked", r#""files": ["way/*.js"]"#),
        ] {
            let package = format!("plat/packages/{name}");
            let manifest = format!(r#"{{"name": "@bytelyst/{name}", "version": "1.0.0", {more}}}"#);
            world.file(format!("{package}/package.json"), manifest);
            world.file(format!("{package}/README.md"), format!("# {name}\n"));
            world.file(format!("{package}/dist/index.js"), format!("module.exports = '{name}';\n"));
            world.file(format!("{package}/dist/deep/more.js"), "more\n");
            world.file(format!("{package}/dist/cli.js"), "#!/usr/bin/env node\n");
        }
        world.file("plat/packages/b/.npmignore", "*.map\n").file("plat/packages/b/dist/index.js.map", "{}");
        world.file("plat/behind/one.js", "one\n").file("plat/beside/one.js", "other\n");
        world.symlink("plat/packages/linked/way", "../../behind");
        world.file(
            "notes/backend/package.json",
            r#"{"name": "notes", "version": "1.0.0", "dependencies": {"@bytelyst/a": "workspace:*", "@bytelyst/linked": "1"}}"#,
        );
        world.file("notes/backend/Dockerfile", dockerfile("backend"));
        world.git_init("notes");
        let scene = Self { world };
        scene.settle();
        scene
    }

    /// Waits until a change would be told by another time: until then nothing that was written is trusted.
    pub(crate) fn settle(&self) {
        let probe = self.world.beside("probe");
        let now = || {
            fs::write(&probe, "").unwrap();
            let metadata = probe.metadata().unwrap();
            (metadata.ctime(), metadata.ctime_nsec())
        };
        // Twice: the program's clock may be at the tick before the file system's.
        for _ in 0..2 {
            let start = now();
            while now() <= start {
                std::thread::yield_now();
            }
        }
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.world.home().join(".cache/docker-prep")
    }

    /// The program in the workspace.
    pub(crate) fn program<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut program = self.world.program();
        program.current_dir(self.world.path("plat")).args(args);
        program
    }

    /// Packs all into `out` beside the workspace, and returns what lies there.
    pub(crate) fn pack(&self) -> Tarballs {
        self.pack_with(|_| {})
    }

    pub(crate) fn pack_with(&self, change: impl FnOnce(&mut Command)) -> Tarballs {
        let mut program = self.program(["pack", "--all", "--out", "../out"]);
        change(&mut program);
        Run::from(program.output().unwrap()).exits(0);
        tarballs(&self.world.path("out"))
    }

    /// What packing gives where nothing is remembered, in an empty folder.
    pub(crate) fn truth(&self) -> Tarballs {
        let out = self.world.path("truth");
        let _ = fs::remove_dir_all(&out);
        let run = self.program(["pack", "--all", "--no-cache", "--out", "../truth"]).output().unwrap();
        Run::from(run).exits(0);
        let truth = tarballs(&out);
        fs::remove_dir_all(&out).unwrap();
        truth
    }

    /// Packs with what is remembered: what is printed are the tarballs that there are without.
    #[track_caller]
    pub(crate) fn is_true(&self, what: &str) {
        let truth = self.truth();
        let packed = Run::from(self.program(["pack", "--all", "--out", "../out"]).output().unwrap()).exits(0);
        let there = tarballs(&self.world.path("out"));
        let named: Vec<&str> = packed.stdout.lines().map(|line| line.rsplit('/').next().unwrap()).collect();
        let wanted: Vec<&String> = truth.keys().collect();
        assert_eq!(named, wanted, "{what}");
        for (name, bytes) in &truth {
            assert!(there.get(name) == Some(bytes), "{what}: {name}");
        }
    }

    /// Packs until nothing is left to be remembered.
    pub(crate) fn warm(&self) {
        self.settle();
        self.pack();
        self.settle();
        self.pack();
    }

    /// The files of packages and the tarballs that a call opens, by name.
    pub(crate) fn opened(&self, mut program: Command) -> Vec<String> {
        let log = self.world.beside("trace");
        let mut strace = self.world.command("strace");
        strace.args(["-f", "-qq", "-e", "trace=open,openat,openat2", "-o"]).arg(&log);
        strace.arg(program.get_program()).args(program.get_args());
        for (name, value) in program.get_envs() {
            if let Some(value) = value {
                strace.env(name, value);
            }
        }
        strace.current_dir(program.get_current_dir().unwrap());
        program.stdin(std::process::Stdio::null());
        Run::from(strace.output().expect("strace runs")).exits(0);
        let text = fs::read_to_string(log).unwrap();
        let paths = text.lines().filter_map(|line| line.split('"').nth(1));
        let is_content = |path: &&str| {
            path.ends_with(".js")
                || path.ends_with(".tgz")
                || path.ends_with("README.md")
                || path.contains("/blobs/")
        };
        paths.filter(is_content).map(|path| path.rsplit('/').next().unwrap().to_owned()).collect()
    }
}

pub(crate) fn tarballs(folder: &Path) -> Tarballs {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "tgz"))
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect()
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}
