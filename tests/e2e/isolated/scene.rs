//! A product whose images are built by something that only writes down what it was given.

use std::ffi::OsStr;

use crate::common::product::product;
use crate::common::{Run, Snapshot, World};

/// Notes its words, and keeps the context that they name, with what its variables name; fails where `$HOME/fail` is.
const DOCKER: &str = r#"#!/bin/sh
for word in "$@"; do context=$word; done
printf '%s\n' "$*" >>"$HOME/words"
env | grep '^DOCKER_PREP_' | sort >"$HOME/variables"
rm -rf "$HOME/context"
cp -a "$context" "$HOME/context"
[ ! -e "$HOME/fail" ] || exit 7
"#;

/// `notes` of [`product`], with a docker that builds nothing.
pub(super) struct Scene {
    pub(super) world: World,
    before: Snapshot,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    /// With more in the product, committed.
    pub(super) fn with(change: impl FnOnce(&World)) -> Self {
        let world = product();
        world.exec("bin/docker", DOCKER);
        change(&world);
        world.git("notes", &["add", "--all"]);
        world.git("notes", &["commit", "--quiet", "--allow-empty", "--message=more"]);
        let before = look(&world);
        Self { world, before }
    }

    /// Calls `docker-prep run` with flags, and a command behind them.
    pub(super) fn run<A: AsRef<OsStr>>(&self, flags: &[&str], command: &[A]) -> Run {
        let mut program = self.world.program();
        let path = format!("{}:{}", self.world.path("bin").display(), std::env::var("PATH").unwrap());
        program.current_dir(self.world.path("notes")).env("PATH", path);
        program.arg("run").args(flags).arg("--").args(command);
        Run::from(program.output().unwrap())
    }

    /// `docker build` with these words, isolated.
    pub(super) fn build(&self, words: &[&str]) -> Run {
        self.run(&["--isolated"], &[&["docker", "build"], words].concat())
    }

    /// A file of the context that docker was given last.
    pub(super) fn given(&self, name: &str) -> String {
        self.world.read(self.world.home().join("context").join(name))
    }

    /// The words of all calls of docker, a line each.
    pub(super) fn words(&self) -> String {
        self.world.read(self.world.home().join("words"))
    }

    /// The variables of docker-prep that docker was given last.
    pub(super) fn variables(&self) -> String {
        self.world.read(self.world.home().join("variables"))
    }

    /// The tarballs of a folder's deps dir.
    pub(super) fn tarballs(&self, folder: &str) -> Vec<String> {
        let names = self.world.path(folder).join(".docker-deps").read_dir().unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(".tgz")).collect();
        names.sort();
        names
    }

    /// No file of the product was touched.
    pub(super) fn is_untouched(&self) {
        self.before.assert_same(&look(&self.world));
        assert_eq!(self.world.git_status("notes"), "");
    }
}

fn look(world: &World) -> Snapshot {
    // An empty deps dir is there while a command has mounts of its own.
    Snapshot::of(&world.path("notes")).without(&[".git"]).without_folder_times()
}
