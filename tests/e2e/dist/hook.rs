//! A commit through husky and the launcher, as package managers have installed it: blocked where it holds a rewrite, and
//! let through else. Nothing else of docker-prep is on PATH.

use std::process::Command;

use crate::common::Run;
use crate::common::manager::{Manager, node, path};
use crate::common::shim::shim;
use crate::common::tools::tools;
use crate::dist::distribution::VERSION;
use crate::dist::scene::Scene;

const CLEAN: &str = "{\"dependencies\": {\"@bytelyst/errors\": \"^1.0.0\"}}\n";
const REWRITTEN: &str =
    "{\"dependencies\": {\"@bytelyst/errors\": \"file:.docker-deps/bytelyst-errors-1.tgz\"}}\n";

/// A product that has it as a dependency, and husky; `init` is called by the launcher.
fn commits(manager: Manager, settings: Option<&str>) {
    let scene = Scene::published();
    let world = &scene.world;
    world.file("notes/.gitignore", "node_modules\n.yarn\n.pnp.*\n").file("notes/app/package.json", CLEAN);
    if let Some(settings) = settings {
        world.file("notes/.yarnrc.yml", settings).file("notes/yarn.lock", "");
    }
    scene.wants(VERSION).installs(manager, &[]);
    world.git_init("notes");
    let has_modules = world.exists("notes/node_modules");
    let bin = world.beside("bin");
    shim(&bin, manager);
    let search = format!("{}:{}", bin.display(), path());
    let call = |command: &mut Command, words: &[&str]| {
        command.args(words).current_dir(world.path("notes")).env("PATH", &search);
        Run::from(command.output().unwrap())
    };
    call(world.command(node()).arg(tools().join("hooks/node_modules/husky/bin.js")), &[]).exits(0);
    let init = if has_modules {
        call(&mut world.command(world.path("notes/node_modules/.bin/docker-prep")), &["init"])
    } else {
        scene.call(manager, &["docker-prep", "init"])
    };
    assert!(init.exits(0).stderr.contains("proved: "));
    assert!(world.exists("notes/.husky/pre-commit"));
    world.git("notes", &["add", "--all"]);
    let commit = || {
        let mut git = world.command("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
        call(&mut git, &["commit", "--message=more"])
    };
    commit().exits(0);
    world.file("notes/app/package.json", REWRITTEN);
    world.git("notes", &["add", "--all"]);
    let blocked = commit().exits(1);
    assert!(blocked.stderr.contains("app/package.json"), "{manager}: {blocked}");
    world.file("notes/app/package.json", CLEAN.replace('1', "2"));
    world.git("notes", &["add", "--all"]);
    commit().exits(0);

    // In a clone where nobody has installed anything yet.
    if has_modules {
        world.remove("notes/node_modules");
        let missing = commit();
        let said = format!("type: {} install", manager.name);
        assert!(missing.code != Some(0) && missing.stderr.contains(&said), "{manager}: {missing}");
    }
}

#[test]
fn with_npm() {
    commits(Manager::those("npm", &[11])[0], None);
}

#[test]
fn with_pnpm() {
    commits(Manager::those("pnpm", &[10])[0], None);
}

#[test]
fn with_yarns_plug_n_play() {
    commits(Manager::those("yarn", &[4])[0], Some("enableImmutableInstalls: false\n"));
}
