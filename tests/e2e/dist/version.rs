//! The build script says of which commit a program is, in each way in which git keeps that, and cargo calls it when that
//! has changed, and only then: seen with a small program that is built by the same script.

use std::path::Path;
use std::process::Command;

use crate::common::{Run, World};

const SCRIPT: &str = include_str!("../../../scripts/version.rs");

/// A small program in `dir` that says its version, as cargo builds it by the script.
struct Program {
    world: World,
}

impl Program {
    fn new(dir: &str) -> Self {
        let world = World::new();
        let at = |name: &str| Path::new(dir).join(name);
        world
            .file(at("scripts/version.rs"), SCRIPT)
            .file(at("src/main.rs"), "fn main() { println!(env!(\"VERSION_AND_COMMIT\")) }\n")
            .file(
                at("Cargo.toml"),
                "[package]\nname = \"small\"\nversion = \"1.2.3\"\nedition = \"2024\"\nbuild = \"scripts/version.rs\"\n\
                 [workspace]\n",
            )
            .file(at(".gitignore"), "target\nCargo.lock\n");
        Self { world }
    }

    /// The version, and whether anything was built anew for it.
    fn says(&self, dir: &str, variables: &[(&str, &str)]) -> (String, bool) {
        let mut cargo = self.cargo(dir, variables);
        let run = Run::from(cargo.args(["run", "--offline"]).output().expect("cargo runs")).exits(0);
        (run.stdout.trim().to_owned(), run.stderr.contains("Compiling"))
    }

    fn cargo(&self, dir: &str, variables: &[(&str, &str)]) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(self.world.path(dir)).env("CARGO_TERM_COLOR", "never");
        for name in ["DOCKER_PREP_COMMIT", "DOCKER_PREP_COMMIT_DATE", "CARGO_TARGET_DIR"] {
            cargo.env_remove(name);
        }
        cargo.envs(variables.iter().copied());
        cargo
    }

    /// What must be said now.
    fn version(&self, dir: &str) -> String {
        let commit = self.world.git(dir, &["rev-parse", "HEAD"]);
        // The day of World::git.
        format!("1.2.3 ({} 2001-02-03)", &commit[..9])
    }

    /// Says what it must after a change, having been built anew; and is not built again without one.
    #[track_caller]
    fn follows(&self, dir: &str, what: &str) {
        assert_eq!(self.says(dir, &[]), (self.version(dir), true), "{what}");
        assert_eq!(self.says(dir, &[]), (self.version(dir), false), "{what}: nothing has changed");
    }

    fn commit(&self, dir: &str) {
        self.world.git(dir, &["commit", "--quiet", "--allow-empty", "--message=more"]);
    }
}

#[test]
fn each_way_in_which_git_keeps_a_commit() {
    let program = Program::new("a");
    let world = &program.world;
    world.git_init("a");
    program.follows("a", "a branch");
    program.commit("a");
    program.follows("a", "a commit");
    world.git("a", &["pack-refs", "--all"]);
    assert_eq!(program.says("a", &[]).0, program.version("a"));
    program.commit("a");
    program.follows("a", "a commit to a branch whose ref was packed");
    world.git("a", &["checkout", "--quiet", "-b", "feature/deep"]);
    program.commit("a");
    program.follows("a", "another branch");
    world.git("a", &["checkout", "--quiet", "--detach", "main"]);
    program.follows("a", "a detached HEAD");
    program.commit("a");
    program.follows("a", "a commit to it");

    world.git("a", &["worktree", "add", "--quiet", "../linked", "-b", "linked"]);
    program.commit("linked");
    program.follows("linked", "a linked work tree");
    program.commit("linked");
    program.follows("linked", "a commit in a linked work tree");
    assert_eq!(program.says("a", &[]), (program.version("a"), false), "which is none of the others");
}

#[test]
fn without_git_the_environment_says_it_or_nobody() {
    let program = Program::new("archive");
    let world = &program.world;
    // An archive that was unpacked in another repository is not of that one's commit.
    world.file("README.md", "somebody's\n").git_init("");
    assert_eq!(program.says("archive", &[]), ("1.2.3".to_owned(), true));
    assert_eq!(program.says("archive", &[]), ("1.2.3".to_owned(), false));
    let commit = ("DOCKER_PREP_COMMIT", "0123456789abcdef0123456789abcdef01234567");
    let date = ("DOCKER_PREP_COMMIT_DATE", "2026-11-30");
    assert_eq!(program.says("archive", &[commit, date]), ("1.2.3 (012345678 2026-11-30)".to_owned(), true));
    assert_eq!(program.says("archive", &[commit]).0, "1.2.3 (012345678)");
    for (commit, date, named) in [
        ("main", "2026-11-30", "DOCKER_PREP_COMMIT=\"main\""),
        (commit.1, "yesterday", "DOCKER_PREP_COMMIT_DATE=\"yesterday\""),
    ] {
        let variables = [("DOCKER_PREP_COMMIT", commit), ("DOCKER_PREP_COMMIT_DATE", date)];
        let run =
            Run::from(program.cargo("archive", &variables).args(["build", "--offline"]).output().unwrap());
        assert!(run.code != Some(0) && run.stderr.contains(named), "{run}");
    }
}

#[test]
fn the_program_says_it() {
    let world = World::new();
    let run = world.run(["--version"]).exits(0);
    let version = concat!("docker-prep ", env!("VERSION_AND_COMMIT"), "\n");
    assert_eq!(run.stdout, version);
    assert_eq!(world.run(["-V"]).exits(0).stdout, version);
}
