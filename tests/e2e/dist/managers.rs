//! Every package manager installs it: from a registry, from the bundled package with every registry closed, and where it
//! leaves the programs out, the launcher says so.

use crate::common::manager::Manager;
use crate::common::registry::Registry;
use crate::dist::distribution::VERSION;
use crate::dist::scene::{NAME, Scene, own};

managers! {
    installs, |_| true;
    pnpm_8: "pnpm" "8.15.9",
    pnpm_9: "pnpm" "9.15.9",
    pnpm_10_6: "pnpm" "10.6.5",
    pnpm_10_34: "pnpm" "10.34.9",
    pnpm_11: "pnpm" "11.28.11",
    pnpm_12: "pnpm" "12.21.0",
    npm_10: "npm" "10.9.9",
    npm_11: "npm" "11.21.2",
    yarn_1: "yarn" "1.22.22",
    yarn_4: "yarn" "4.18.1",
    bun: "bun" "1.4.5",
}

fn berry() -> Manager {
    Manager::those("yarn", &[4])[0]
}

/// A product whose node_modules and lockfile are those of nobody yet.
fn fresh(scene: &Scene, manager: Manager) {
    for name in ["node_modules", manager.lockfile(), ".yarn", ".pnp.cjs"] {
        if scene.world.exists(format!("notes/{name}")) {
            scene.world.remove(format!("notes/{name}"));
        }
    }
    if manager == berry() {
        scene.world.file("notes/.yarnrc.yml", "nodeLinker: node-modules\nenableImmutableInstalls: false\n");
        scene.world.file("notes/yarn.lock", "");
    }
}

fn installs(manager: Manager) {
    let scene = Scene::published();
    fresh(&scene, manager);
    scene.wants(VERSION).installs(manager, &[]);
    scene.works();
    assert_eq!(only_program(&scene).1, 0o755, "{manager}");
    let asked = scene.registry.requests();
    let fetched = asked.iter().filter(|request| request.ends_with(".tgz"));
    // The main package and the program for this system; yarn 1 fetches what it does not install, too.
    let expected = if manager.is("yarn", &[1]) { 6 } else { 2 };
    assert_eq!(fetched.count(), expected, "{manager}: {asked:?}");

    if let Some(words) = without_optional(manager) {
        fresh(&scene, manager);
        scene.installs(manager, words);
        let run = scene.launch(&["--version"]).exits(5);
        let package = format!("{NAME}-{}@{VERSION}", own().platform());
        assert!(run.stderr.contains(&package) && run.stderr.contains("optional dependencies"), "{run}");
        assert!(run.stderr.contains(&format!("{} ", manager.name)), "{run}");
    }

    // No registry has anything from here on.
    let host = Registry::empty();
    host.publish_tarball(std::fs::read(scene.bundle()).unwrap());
    let url = format!("{}{NAME}/-/docker-prep-{VERSION}.tgz", host.url());
    scene.registry.unpublish("");
    scene.registry.requests();
    scene.world.file("notes/docker-prep.tgz", std::fs::read(scene.bundle()).unwrap());
    for specifier in ["file:docker-prep.tgz", &url] {
        fresh(&scene, manager);
        scene.wants(specifier).installs(manager, &[]);
        scene.works();
        assert!(scene.programs().iter().all(|(_, mode)| *mode == 0o755), "{manager}: {:?}", scene.programs());
        assert_eq!(scene.programs().len(), 5, "{manager}: {:?}", scene.programs());
    }
    assert_eq!(scene.registry.requests(), [""; 0], "{manager}");
}

#[track_caller]
fn only_program(scene: &Scene) -> (std::path::PathBuf, u32) {
    let programs = scene.programs();
    let [program] = &programs[..] else { panic!("{programs:?}") };
    program.clone()
}

/// What leaves optional dependencies out.
fn without_optional(manager: Manager) -> Option<&'static [&'static str]> {
    Some(match (manager.name, manager.major()) {
        ("npm" | "bun", _) => &["--omit=optional"],
        ("pnpm", _) => &["--no-optional"],
        ("yarn", 1) => &["--ignore-optional"],
        _ => return None,
    })
}

#[test]
fn yarns_plug_n_play() {
    let manager = berry();
    let scene = Scene::published();
    scene.world.file("notes/.yarnrc.yml", "enableImmutableInstalls: false\n").file("notes/yarn.lock", "");
    let version = concat!("docker-prep ", env!("VERSION_AND_COMMIT"), "\n");
    scene.wants(VERSION).installs(manager, &[]);
    assert!(scene.world.exists("notes/.pnp.cjs") && !scene.world.exists("notes/node_modules"));
    assert_eq!(scene.call(manager, &["docker-prep", "--version"]).exits(0).stdout, version);
    scene.call(manager, &["docker-prep", "guard", "--no-such-flag"]).exits(2);
    assert_eq!(only_program(&scene).1, 0o755);

    scene.registry.unpublish("");
    scene.world.file("notes/docker-prep.tgz", std::fs::read(scene.bundle()).unwrap());
    scene.world.file("notes/yarn.lock", "");
    scene.registry.requests();
    scene.wants("file:docker-prep.tgz").installs(manager, &[]);
    assert_eq!(scene.call(manager, &["docker-prep", "--version"]).exits(0).stdout, version);
    assert_eq!(scene.registry.requests(), [""; 0]);
}
