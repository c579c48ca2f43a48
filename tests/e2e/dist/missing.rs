//! Where there is no program for this system the launcher says why, and what to type: exit 5.

use std::fs;

use serde_json::Value;

use crate::common::Run;
use crate::common::manager::Manager;
use crate::dist::distribution::VERSION;
use crate::dist::scene::{NAME, Scene, another, own};

fn npm() -> Vec<Manager> {
    Manager::those("npm", &[10, 11])
}

#[test]
fn another_systems_node_modules() {
    for npm in npm() {
        let scene = Scene::published();
        scene.wants(VERSION).installs(npm, &[]);
        scene.works();
        let (os, cpu) = (format!("--os={}", another().os), format!("--cpu={}", another().cpu));
        scene.call(npm, &["ci", &os, &cpu]).exits(0);
        let [(program, mode)] = &scene.programs()[..] else { panic!("{npm}: {:?}", scene.programs()) };
        assert!(program.display().to_string().contains(&another().platform()), "{npm}: {program:?}");
        assert_eq!(*mode, 0o755, "{npm}");
        let run = scene.launch(&["guard"]).exits(5);
        let why = format!("is for {}, and this is {}", another().platform(), own().platform());
        assert!(run.stderr.contains(&why) && run.stderr.contains("npm ci"), "{npm}: {run}");
        scene.call(npm, &["ci"]).exits(0);
        scene.works();
    }
}

#[test]
fn another_systems_lockfile() {
    let npm = npm()[0];
    let scene = Scene::published();
    scene.wants(VERSION).installs(npm, &[]);
    // As npm writes it where node_modules of another system lies beside.
    let mut lockfile: Value = serde_json::from_str(&scene.world.read("notes/package-lock.json")).unwrap();
    let another = format!("node_modules/{NAME}-{}", another().platform());
    let packages = lockfile["packages"].as_object_mut().unwrap();
    assert!(packages.contains_key(&another), "the lockfile names every system's program");
    packages.retain(|path, _| !path.contains("docker-prep-") || *path == another);
    scene.world.file("notes/package-lock.json", lockfile.to_string());
    scene.world.remove("notes/node_modules");
    scene.call(npm, &["ci"]).exits(0);
    let run = scene.launch(&["guard"]).exits(5);
    assert!(run.stderr.contains("package-lock.json was made on another system"), "{run}");
    assert!(run.stderr.contains("rm -rf node_modules package-lock.json && npm install"), "{run}");
}

#[test]
fn the_main_tarball_alone() {
    let managers = [npm(), Manager::those("pnpm", &[10, 12]), Manager::those("bun", &[1])].concat();
    for manager in managers {
        let scene = Scene::new();
        scene.world.file("notes/main.tgz", scene.tarball("bytelyst-docker-prep"));
        // It is no failure to any of them that nobody has what is optional.
        scene.wants("file:main.tgz").installs(manager, &[]);
        assert_eq!(scene.programs(), []);
        let run = scene.launch(&["guard"]).exits(5);
        assert!(run.stderr.contains("main package"), "{manager}: {run}");
        assert!(run.stderr.contains(&format!("docker-prep-{VERSION}-bundled.tgz")), "{manager}: {run}");
        let without_node =
            Run::from(scene.launcher().env("PATH", tools_alone(&scene)).output().unwrap()).exits(5);
        assert!(without_node.stderr.contains("is not installed"), "{without_node}");
    }
}

/// A PATH with what the launcher calls by sh, and nothing else.
fn tools_alone(scene: &Scene) -> std::path::PathBuf {
    let bin = scene.world.beside("few-tools");
    fs::create_dir_all(&bin).unwrap();
    for name in ["sh", "uname", "readlink", "sed", "dirname"] {
        let folders = std::env::var_os("PATH").unwrap();
        let found =
            std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
        let found = found.expect(name);
        drop(std::os::unix::fs::symlink(found, bin.join(name)));
    }
    bin
}

#[test]
fn a_bundle_without_this_system() {
    let scene = Scene::new();
    let npm = npm()[1];
    scene.world.file("notes/docker-prep.tgz", fs::read(scene.bundle()).unwrap());
    scene.wants("file:docker-prep.tgz").installs(npm, &[]);
    scene.works();
    let platform = own().platform();
    scene.world.remove(format!("notes/node_modules/{NAME}/platforms/{platform}"));
    let run = scene.launch(&["guard"]).exits(5);
    assert!(run.stderr.contains(&format!("no program for {platform}, only for ")), "{run}");
    assert!(run.stderr.contains(&another().platform()), "{run}");
}
