//! What a Dockerfile is told to say while the lockfile beside a surface is the project's own: it installs, with the
//! pinned versions, and without a request for what is in scope; and what it is told to leave fails.

use std::fs;

use crate::image::{Name, PackageManager};
use crate::lockfile::plan::{LockfileInstall, advice};

use super::scene::{Lies, Scene};
use crate::common::Run;
use crate::common::manager::{Install as Call, Manager};

#[track_caller]
fn holds(name: &'static str, version: &'static str) {
    let scene = Scene::new(Manager { name, version }, Lies::Beside);
    let world = &scene.world;
    let lockfile = scene.lockfile("notes/backend");
    let lay_out = || {
        drop(fs::remove_dir_all(world.path("app")));
        world.file("app/backend/package.json", scene.prepared());
        world.file(format!("app/backend/{}", scene.manager.lockfile()), &lockfile);
        if scene.manager.is("yarn", &[4]) {
            world.file("app/backend/.yarnrc.yml", "nodeLinker: node-modules\n");
        }
        for (_, name, path) in scene.tarballs() {
            world.file(format!("app/.docker-deps/{name}"), fs::read(path).unwrap());
        }
    };
    let call = |words: &[&str]| {
        lay_out();
        let mut command = scene.manager.command(&world.path("app/backend"), &world.home(), &scene.registry);
        Run::from(command.args(words).output().unwrap())
    };
    let major = scene.manager.major();
    let name = Name::ALL.into_iter().find(|one| one.as_str() == name).unwrap();
    let manager = PackageManager { name, version: version.to_owned(), majors: major..=major };
    let install = LockfileInstall {
        dockerfile: "Dockerfile",
        line: 1,
        frozen: true,
        ci: false,
        no_lockfile: false,
        copies_lockfile: true,
    };
    let told = advice(scene.manager.lockfile(), &manager, &[install]);
    let frozen = call(&scene.manager.words(Call::Frozen));
    let hint = told[0].hint.clone().unwrap();
    assert_ne!(frozen.code, Some(0), "what is warned of fails: {frozen}");
    scene.registry.requests();
    let words = hint.lines().next().unwrap().split_once("have it say: ").unwrap().1;
    let words: Vec<&str> = words.split_whitespace().collect();
    assert_eq!(words[0], scene.manager.name);
    call(&words[1..]).exits(0);
    let asked = scene.registry.requests();
    assert!(!asked.iter().any(|request| request.contains("@bytelyst")), "{asked:?}");
    let left = fs::read_to_string(world.path("app/backend/node_modules/left/package.json")).unwrap();
    assert!(left.contains("\"1.1.0\""), "the pin is lost: {left}");
    let a = fs::read_to_string(world.path("app/backend/node_modules/@bytelyst/a/index.js")).unwrap();
    assert!(a.contains("@bytelyst/a, packed"), "{a}");
}

#[test]
fn pnpm() {
    for version in ["8.15.9", "9.15.9", "10.6.5", "10.34.9"] {
        holds("pnpm", version);
    }
}

#[test]
fn later_pnpms() {
    for version in ["11.28.11", "12.21.0"] {
        holds("pnpm", version);
    }
}

#[test]
fn npm() {
    for version in ["10.9.9", "11.21.2"] {
        holds("npm", version);
    }
}

#[test]
fn yarn() {
    for version in ["1.22.22", "4.18.1"] {
        holds("yarn", version);
    }
}

#[test]
fn bun() {
    holds("bun", "1.4.5");
}
