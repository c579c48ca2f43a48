//! What cannot be had, and what is not what it should be.

use serde_json::json;

use super::scene::{PNPM, Scene};
use crate::common::manager::Manager;

#[test]
fn yarn_is_refused_with_what_works() {
    for manager in Manager::all().into_iter().filter(|manager| manager.name == "yarn") {
        let scene = Scene::new(manager);
        let before = scene.world.snapshot();
        let run = scene.prepare(&[]).exits(5);
        assert!(run.stderr.contains("does not find tarballs that name each other"), "{run}");
        assert!(run.stderr.contains("pnpm, npm or bun"), "{run}");
        before.without_folder_times().assert_same(&scene.world.snapshot().without_folder_times());
        assert_eq!(scene.registry.requests(), [""; 0]);
    }
}

/// It would leave them out, and say nothing.
#[test]
fn patches_of_bun_are_refused() {
    let scene = Scene::new(Manager { name: "bun", version: "1.4.5" });
    let manifest = scene.world.read("notes/backend/package.json");
    let patches = "{\n  \"patchedDependencies\": {\"left@1.0.0\": \"patches/left.patch\"},";
    scene.world.file("notes/backend/package.json", manifest.replacen('{', patches, 1));
    let run = scene.prepare(&[]).exits(5);
    assert!(
        run.stderr.contains("bun applies no `patchedDependencies` to packages that come from tarballs"),
        "{run}"
    );
}

/// Nothing of it is used, not even later.
#[test]
fn a_tarball_that_was_tampered_with_is_refused() {
    let scene = Scene::new(PNPM);
    scene.registry.publish("left", "2.1.0", json!({}));
    scene.registry.tamper("left", "2.1.0");
    for _ in 0..2 {
        let run = scene.prepare(&[]).exits(3);
        for part in [
            "left@2.1.0",
            &format!("{}left/-/left-2.1.0.tgz", scene.registry.url()),
            "expected sha512-",
            "but it is sha512-",
        ] {
            assert!(run.stderr.contains(part), "{part}: {run}");
        }
        assert_eq!(scene.world.git_status("notes"), "");
        assert!(!scene.world.exists("notes/.docker-deps"));
    }
}

/// Bytes depend on nothing of the machine: not on the umask, nor on who came first, nor on what was cached.
#[test]
fn the_same_bytes_are_made_anew() {
    let scene = Scene::new(PNPM);
    scene.prepare(&[]).exits(0);
    let first = scene.tarballs();
    scene.world.run_in("notes", ["restore", "--clean"]).exits(0);
    let mut anew = scene.world.command("sh");
    let program = scene.world.program().get_program().to_owned();
    anew.current_dir(scene.world.path("notes")).args(["-c", "umask 077; exec \"$@\"", "sh"]).arg(program);
    anew.args([
        "prepare",
        "--offline",
        "--platform",
        "linux/amd64+glibc",
        "--no-cache",
        "--package-manager",
        &PNPM.spec(),
    ]);
    anew.envs(PNPM.environment(&scene.world.home(), &scene.registry));
    anew.env("PATH", crate::common::shim::with_bin(&scene.world)).env("RAYON_NUM_THREADS", "1");
    crate::common::Run::from(anew.output().unwrap()).exits(0);
    assert_eq!(scene.tarballs(), first);
}
