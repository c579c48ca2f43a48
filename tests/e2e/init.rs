//! `docker-prep init` with the real husky, lefthook, pre-commit and git: a rewritten manifest cannot be committed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Run, World};

const CLEAN: &str = "{\"dependencies\": {\"@bytelyst/errors\": \"^1.0.0\"}}\n";
const REWRITTEN: &str =
    "{\"dependencies\": {\"@bytelyst/errors\": \"file:.docker-deps/bytelyst-errors-1.tgz\"}}\n";

/// A committed product in `notes`, in which a hook manager is at work.
struct Product {
    world: World,
    manager: &'static str,
}

impl Product {
    fn new(manager: &'static str) -> Self {
        let world = World::new();
        world.file("notes/package.json", CLEAN).file("notes/.gitignore", "node_modules\n");
        match manager {
            "husky" => world.file("notes/.husky/pre-commit", "echo own hook\n"),
            "lefthook" => world.file("notes/lefthook.yml", "pre-commit:\n  commands:\n    own:\n      run: echo own hook\n"),
            "pre-commit" => world.file(
                "notes/.pre-commit-config.yaml",
                "repos:\n  - repo: local\n    hooks:\n      - {id: own, name: own, entry: echo own hook, language: system, verbose: true, always_run: true}\n",
            ),
            _ => &world,
        };
        world.git_init("notes");
        if manager == "git" {
            world.exec("notes/.git/hooks/pre-commit", "#!/bin/sh\necho own hook\n");
        }
        let product = Self { world, manager };
        product.install_manager("notes");
        product
    }

    /// What `npm install` or a newcomer does in each clone.
    fn install_manager(&self, dir: &str) {
        let mut command = match self.manager {
            "husky" => {
                let mut node = self.command("node", dir);
                node.arg(tools().join("hooks/node_modules/husky/bin.js"));
                node
            }
            "lefthook" => {
                let mut lefthook = self.command("lefthook", dir);
                lefthook.arg("install");
                lefthook
            }
            "pre-commit" => {
                let mut framework = self.command("pre-commit", dir);
                framework.arg("install");
                framework
            }
            _ => return,
        };
        Run::from(
            command.output().unwrap_or_else(|error| panic!("{}: {error}: run scripts/tools", self.manager)),
        )
        .exits(0);
    }

    fn command(&self, program: &str, dir: &str) -> Command {
        let mut command = self.world.command(program);
        command.current_dir(self.world.path(dir)).env("PATH", path(true));
        command
    }

    fn init(&self) {
        self.world.run_in("notes", ["init"]).exits(0);
        self.world.git("notes", &["add", "--all"]);
        Run::from(self.commit("notes", true)).exits(0);
    }

    fn commit(&self, dir: &str, installed: bool) -> std::process::Output {
        let mut git = self.command("git", dir);
        git.env("PATH", path(installed)).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
        git.args(["commit", "--allow-empty", "--message=more"]).output().expect("git runs")
    }

    /// Stages the manifest with this text and commits it.
    fn commit_manifest(&self, dir: &str, text: &str) -> Run {
        self.world.file(Path::new(dir).join("package.json"), text);
        self.world.git(dir, &["add", "package.json"]);
        Run::from(self.commit(dir, true))
    }
}

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools")
}

/// Where hook managers find what they call, docker-prep only if it is `installed`.
fn path(installed: bool) -> OsString {
    let program = Path::new(env!("CARGO_BIN_EXE_docker-prep")).parent().unwrap().to_owned();
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let rest: Vec<PathBuf> =
        std::env::split_paths(&rest).filter(|dir| !dir.join("docker-prep").exists()).collect();
    let own = [tools().join("hooks/node_modules/.bin")];
    std::env::join_paths(own.into_iter().chain(installed.then_some(program)).chain(rest)).unwrap()
}

fn a_rewritten_manifest_cannot_be_committed(manager: &'static str) {
    let product = Product::new(manager);
    product.init();

    let blocked = product.commit_manifest("notes", REWRITTEN);
    assert_ne!(blocked.code, Some(0), "{manager}: {blocked}");
    let said = format!("{}{}", blocked.stdout, blocked.stderr);
    assert!(said.contains("package.json") && said.contains("docker-prep restore"), "{manager}: {said}");

    let passed = product.commit_manifest("notes", &CLEAN.replace("^1", "^2")).exits(0);
    let said = format!("{}{}", passed.stdout, passed.stderr);
    assert!(said.contains("own hook"), "{manager}: what was there is called no more: {said}");

    let missing = Run::from(product.commit("notes", false));
    assert_ne!(missing.code, Some(0), "{manager}: {missing}");
    let said = format!("{}{}", missing.stdout, missing.stderr);
    assert!(
        said.contains("docker-prep is not installed") && said.contains("cargo install"),
        "{manager}: {said}"
    );

    product.world.git("notes", &["worktree", "add", "--quiet", "../linked", "-b", "linked"]);
    // husky's hooks are not committed: they are installed in each work tree, or not there.
    product.install_manager("linked");
    let blocked = product.commit_manifest("linked", REWRITTEN);
    assert_ne!(blocked.code, Some(0), "{manager}, linked work tree: {blocked}");
    product.commit_manifest("linked", &CLEAN.replace("^1", "^3")).exits(0);
}

#[test]
fn husky() {
    a_rewritten_manifest_cannot_be_committed("husky");
}

#[test]
fn lefthook() {
    a_rewritten_manifest_cannot_be_committed("lefthook");
}

#[test]
fn the_pre_commit_framework() {
    a_rewritten_manifest_cannot_be_committed("pre-commit");
}

#[test]
fn git_alone() {
    a_rewritten_manifest_cannot_be_committed("git");
}

#[test]
fn it_shows_what_it_does_and_does_nothing_twice() {
    for manager in ["husky", "lefthook", "pre-commit", "git"] {
        let product = Product::new(manager);
        let world = &product.world;
        let before = world.snapshot();
        let shown = world.run_in("notes", ["init", "--dry-run"]).exits(0);
        before.assert_same(&world.snapshot());
        assert!(
            shown.stdout.contains("docker-prep guard") && shown.stdout.contains("+.docker-deps/"),
            "{shown}"
        );

        let done = world.run_in("notes", ["init"]).exits(0);
        assert_eq!(done.stdout, shown.stdout, "{manager}");
        assert_eq!(world.read("notes/.gitignore"), "node_modules\n.docker-deps/\n*.bak\n");
        let after = world.snapshot();
        let again = world.run_in("notes", ["init", "--json"]).exits(0).json();
        assert_eq!(
            (again["hook"].as_str(), again["files"].as_array().map(Vec::len)),
            (Some(manager), Some(0))
        );
        after.assert_same(&world.snapshot());
    }
}

#[test]
fn what_it_cannot_or_should_not_change() {
    let world = World::new();
    world.run(["init"]).exits(5);
    world.git_init("");
    world.exec(".git/hooks/pre-commit", "#!/usr/bin/env node\nprocess.exit(0)\n");
    let before = world.snapshot();
    let error = world.run(["init"]).exits(3);
    assert!(error.stderr.contains("docker-prep guard"), "{error}");
    world.run(["init", "--hook", "svn"]).exits(2);
    before.assert_same(&world.snapshot());

    world.remove(".git/hooks/pre-commit").file("lefthook.yml", "").file(".pre-commit-config.yaml", "");
    let error = world.run(["init"]).exits(2);
    assert!(error.stderr.contains("lefthook and pre-commit"), "{error}");
    world.run(["init", "--hook", "lefthook"]).exits(0);

    std::fs::create_dir(world.beside("everybody's")).unwrap();
    world.git("", &["config", "core.hooksPath", world.beside("everybody's").to_str().unwrap()]);
    let error = world.run(["init", "--hook", "git"]).exits(3);
    assert!(error.stderr.contains("core.hooksPath"), "{error}");
}

#[test]
fn the_framework_takes_our_own_list_of_hooks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let world = World::new();
    let mut framework = world.command("pre-commit");
    framework.current_dir(root).args(["validate-manifest", ".pre-commit-hooks.yaml"]);
    Run::from(framework.output().expect("run scripts/tools: there is no pre-commit")).exits(0);
}
