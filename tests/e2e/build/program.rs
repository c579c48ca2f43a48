//! Which program builds: the one that whoever types its name gets.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::build::scene::Scene;
use crate::common::manager::{self, Manager};
use crate::common::{Run, Snapshot};

/// A workspace that asks for a package manager; `PATH` has pnpm 12.
fn asking_for(spec: &str) -> Scene {
    let scene = Scene::new(&[("a", "")]);
    scene.world.file("plat/package.json", format!(r#"{{"private": true, "packageManager": "{spec}"}}"#));
    scene
}

/// Nothing is built and nothing changed; all of this is said, and by a dry run too.
#[track_caller]
fn refuses(scene: &Scene, path: Option<&Path>, words: &[&str]) {
    let notes = || Snapshot::of(&scene.world.path("notes")).without(&[".git"]);
    let before = notes();
    for more in [&[][..], &["--dry-run"]] {
        let mut program = scene.program(&[&["prepare", "--build"], more].concat());
        path.map(|path| program.env("PATH", path));
        let run = Run::from(program.output().unwrap()).exits(5);
        let root = scene.world.path("plat").display().to_string();
        for word in words.iter().copied().chain([&*root, "or build the packages yourself"]) {
            assert!(run.stderr.contains(word), "{word} in {run}");
        }
    }
    before.assert_same(&notes());
    assert_eq!(scene.runs(), "");
}

#[test]
fn another_version_than_the_one_that_is_asked_for_builds_and_is_told() {
    let scene = asking_for("pnpm@9.8.7+sha512.0123");
    let pnpm = scene.bin().join("pnpm");
    let warning = format!(
        "warning: {}: pnpm 9.8.7 is asked for (package.json: packageManager), but PATH has pnpm 12.21.0 ({}): that builds \
         the packages\n  to have that one, type: npm install -g pnpm@9.8.7\n",
        scene.world.path("plat").display(),
        pnpm.display()
    );
    for (words, runs) in [(&["--dry-run"][..], ""), (&[], "a")] {
        let run = scene.call(&[&["prepare", "--build"], words].concat()).exits(0);
        assert!(run.stderr.contains(&warning), "{warning} in {run}");
        assert_eq!(scene.runs(), runs);
    }
    let run = scene.call(&["prepare", "--build", "--force"]).exits(0);
    assert!(!run.stderr.contains("asked for"), "nothing is built: {run}");
    assert_eq!(scene.runs(), "");
}

#[test]
fn the_version_in_corepacks_store_comes_before_another_one() {
    let scene = asking_for("pnpm@9.8.7");
    let pnpm = Manager::those("pnpm", &[12])[0].program();
    let corepack = format!(
        "#!/bin/sh\n[ \"$1 $COREPACK_ENABLE_NETWORK\" = 'pnpm@9.8.7 0' ] || exit 1\nshift\n[ \"$1\" != --version ] || exec echo 9.8.7\nexec '{}' \"$@\"\n",
        pnpm.display()
    );
    scene.world.exec("../bin/corepack", corepack);
    let run = scene.call(&["prepare", "--build"]).exits(0);
    assert!(!run.stderr.contains("asked for"), "{run}");
    assert_eq!(scene.runs(), "a");
}

#[test]
fn one_that_is_missing_says_where_it_was_looked_for_and_what_to_do() {
    let scene = asking_for("pnpm@9.8.7");
    // Nothing but what is needed besides: whoever runs this may have a pnpm or corepack anywhere.
    let path = scene.world.beside("path");
    std::fs::create_dir(&path).unwrap();
    symlink(manager::node(), path.join("node")).unwrap();
    let git = std::env::split_paths(&manager::path()).map(|dir| dir.join("git")).find(|git| git.is_file());
    symlink(git.unwrap(), path.join("git")).unwrap();
    let asked = "packages are built by pnpm 9.8.7 (package.json: packageManager), but ";
    refuses(&scene, Some(&path), &[asked, "PATH has no pnpm", "type: npm install -g pnpm@9.8.7"]);

    // corepack's own, which has not fetched it.
    let shim = scene.world.beside("lib/corepack/dist/pnpm.js");
    scene.world.exec("../lib/corepack/dist/pnpm.js", "#!/bin/sh\nexit 1\n");
    symlink(shim, path.join("pnpm")).unwrap();
    refuses(
        &scene,
        Some(&path),
        &["is corepack's, which does not have it", "type: corepack prepare pnpm@9.8.7 --activate"],
    );
    std::fs::remove_file(path.join("pnpm")).unwrap();
    scene.world.exec("../path/pnpm", "#!/bin/sh\nexit 1\n");
    refuses(&scene, Some(&path), &["the pnpm of PATH (", "/path/pnpm) does not tell its version"]);
}

#[test]
fn yarn_1_does_not_stand_in_for_a_later_one() {
    let scene = asking_for("yarn@4.18.1");
    scene.world.remove("plat/pnpm-workspace.yaml").remove("plat/pnpm-lock.yaml");
    scene.world.file(
        "plat/package.json",
        r#"{"private": true, "workspaces": ["packages/*"], "packageManager": "yarn@4.18.1"}"#,
    );
    Manager::those("yarn", &[1])[0].put_into(&scene.bin());
    scene.world.exec("../bin/corepack", "#!/bin/sh\nexit 1\n");
    refuses(
        &scene,
        None,
        &["yarn 4.18.1", "PATH has yarn 1.22.22", "corepack prepare yarn@4.18.1 --activate"],
    );
}
