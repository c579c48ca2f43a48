//! What has not changed is not read, and gives the same bytes.

use std::fs;

use crate::cache::scene::{PACKAGES, Scene, tarballs};
use crate::common::{Run, World};

#[test]
fn cold_warm_and_without_a_cache_give_the_same_bytes() {
    let scene = Scene::new();
    let truth = scene.truth();
    assert!(!scene.cache().exists(), "--no-cache leaves nothing");
    assert_eq!(truth.len(), PACKAGES.len());
    assert_eq!(scene.pack(), truth);
    scene.warm();
    assert_eq!(scene.pack(), truth);
    // From the cache's own copies.
    scene.world.remove("out");
    assert_eq!(scene.pack(), truth);
}

#[test]
fn the_fixtures_are_packed_the_same_with_and_without() {
    let world = World::new();
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for entry in walkdir::WalkDir::new(&from) {
        let entry = entry.unwrap();
        let relative = entry.path().strip_prefix(&from).unwrap();
        if entry.file_type().is_file() {
            world.file(relative, fs::read(entry.path()).unwrap());
        }
    }
    let plat = "learning_ai_common_plat";
    assert!(world.exists(plat));
    let pack = |out: &str, more: &[&str]| {
        let out = world.beside(out);
        let args = ["pack", "--all", "--allow-unbuilt", "--scope", "*", "--out"].map(Into::into);
        let run = world.run_in(
            plat,
            args.iter()
                .chain([&out.clone().into_os_string()])
                .chain(&more.iter().map(std::ffi::OsString::from).collect::<Vec<_>>()),
        );
        run.exits(0);
        tarballs(&out)
    };
    let truth = pack("truth", &["--no-cache"]);
    assert!(truth.len() > 3);
    for _ in 0..3 {
        assert!(pack("out", &[]) == truth);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_is_read_where_nothing_has_changed() {
    let scene = Scene::new();
    let pack = || scene.program(["pack", "--all", "--out", "../out"]);
    let cold = scene.opened(pack());
    assert!(cold.iter().any(|name| name == "more.js"), "{cold:?}");
    scene.warm();
    assert_eq!(scene.opened(pack()), [""; 0]);
    // One package only, where one has changed.
    scene.world.file("plat/packages/c/dist/index.js", "changed\n");
    scene.settle();
    let changed = scene.opened(pack());
    assert_eq!(changed.iter().filter(|name| *name == "index.js").count(), 1, "{changed:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_dry_run_reads_nothing_and_leaves_the_cache_alone() {
    let scene = Scene::new();
    let call = |args: &[&str]| {
        let mut program = scene.world.program();
        program.args(args).current_dir(scene.world.path("notes"));
        program.env("BYTELYST_COMMON_PLAT_ROOT", scene.world.path("plat"));
        program
    };
    let run = |args: &[&str]| Run::from(call(args).output().unwrap()).exits(0);
    let cold = run(&["prepare", "--dry-run"]);
    assert!(!scene.cache().exists());
    let uncached = run(&["prepare", "--no-cache", "--dry-run"]);
    assert_eq!(cold.stdout, uncached.stdout);
    for (link, manager) in [("overrides", "pnpm@10.6.5"), ("tarballs", "pnpm@12.21.0")] {
        for _ in 0..2 {
            run(&["prepare", "--link", link, "--package-manager", manager]);
            run(&["restore"]);
            scene.settle();
        }
        let before = crate::common::Snapshot::of(&scene.cache());
        let dry = ["prepare", "--dry-run", "--link", link, "--package-manager", manager];
        assert_eq!(but_for_seals(scene.opened(call(&dry))), [""; 0], "{link}");
        let told = run(&dry);
        before.assert_same(&crate::common::Snapshot::of(&scene.cache()));
        let truth = run(&[&dry[..], &["--no-cache"]].concat());
        assert_eq!(told.stdout, truth.stdout);
        let prepare = &dry.map(|word| if word == "--dry-run" { "-v" } else { word });
        assert_eq!(but_for_seals(scene.opened(call(prepare))), [""; 0], "{link}");
        run(&["restore"]);
    }
    // Without a word about tarballs that lie there, none needs to be read to remove them either.
    assert_eq!(but_for_seals(scene.opened(call(&["restore", "--clean"]))), [""; 0]);
    assert!(!scene.world.exists("notes/.docker-deps"));
}

/// Of tarballs that need each other the first bytes are read: the seal that names them stands there.
#[cfg(target_os = "linux")]
fn but_for_seals(opened: Vec<String>) -> Vec<String> {
    let is_sealed = |name: &str| name.starts_with("bytelyst-c-") || name.starts_with("bytelyst-d-");
    opened.into_iter().filter(|name| !(is_sealed(name) && name.ends_with(".tgz"))).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn a_tarball_larger_than_the_cache_takes_is_not_read_again_either() {
    let scene = Scene::new();
    let pack = |size: &str| {
        let mut program = scene.program(["pack", "--all", "--out", "../out"]);
        program.env("DOCKER_PREP_CACHE_SIZE", size);
        program
    };
    for _ in 0..2 {
        Run::from(pack("1").output().unwrap()).exits(0);
        scene.settle();
    }
    assert!(!scene.cache().join("blobs").exists());
    assert_eq!(scene.opened(pack("1")), [""; 0]);
}
