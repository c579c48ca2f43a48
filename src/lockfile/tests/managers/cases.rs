//! Each package manager of `scripts/managers.txt`, with a lockfile beside the surface and with one at the root.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::call::ask;
use super::scene::{Lies, NEWER, PINNED, Scene};
use crate::common::World;
use crate::common::manager::{Install, Manager};
use crate::common::shim::{bin, shim, with_bin};

/// The prepared surface as its image has it, with a home of its own.
fn image(scene: &Scene, lockfile: &str) {
    let world = &scene.world;
    world.file("app/backend/package.json", scene.prepared());
    world.file(format!("app/backend/{}", scene.manager.lockfile()), lockfile);
    for (_, name, path) in scene.tarballs() {
        world.file(format!("app/.docker-deps/{name}"), fs::read(path).unwrap());
    }
    if scene.manager.is("yarn", &[4]) {
        world.file("app/backend/.yarnrc.yml", "nodeLinker: node-modules\n");
    }
    let npmrc = fs::read(world.home().join(".npmrc")).unwrap();
    fs::remove_dir_all(world.home()).unwrap();
    fs::create_dir(world.home()).unwrap();
    fs::write(world.home().join(".npmrc"), npmrc).unwrap();
}

/// Every version of each package that lies anywhere below, by what its manifest says.
fn installed(world: &World) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for entry in walkdir::WalkDir::new(world.path("app/backend/node_modules")) {
        let entry = entry.unwrap();
        if entry.file_name() == "package.json" && entry.file_type().is_file() {
            let manifest: Value = serde_json::from_slice(&fs::read(entry.path()).unwrap()).unwrap();
            if let (Some(name), Some(version)) = (manifest["name"].as_str(), manifest["version"].as_str()) {
                found.entry(name.to_owned()).or_default().push(version.to_owned());
            }
        }
    }
    for versions in found.values_mut() {
        versions.sort();
        versions.dedup();
    }
    found
}

#[track_caller]
fn stays_as_pinned(version: &'static str, name: &'static str, lies: Lies) {
    let scene = Scene::new(Manager { name, version }, lies);
    shim(&bin(&scene.world), scene.manager);
    let before = scene.world.snapshot();
    let made = ask(&scene, &with_bin(&scene.world), &json!({}));
    let requests = scene.registry.requests();
    assert_eq!(made["error"], Value::Null, "{}", made["error"].as_str().unwrap_or_default());
    let asked: Vec<_> = requests.iter().filter(|request| request.contains("@bytelyst")).collect();
    assert!(asked.is_empty(), "{asked:?}");
    assert_eq!(made["differences"], json!([]));
    assert_eq!(made["manager"], format!("{name} {version}"));
    let file = scene.manager.lockfile();
    let from = if lies == Lies::Beside { format!("backend/{file}") } else { file.to_owned() };
    assert_eq!((&made["fileName"], &made["seededFrom"]), (&json!(file), &json!(from)));
    let text = made["text"].as_str().unwrap();
    assert!(!text.contains(NEWER), "{text}");
    assert_eq!(
        made["thirdParty"],
        PINNED.iter().map(|(_, versions)| versions.len()).sum::<usize>(),
        "{text}"
    );
    before.assert_same(&scene.world.snapshot());

    image(&scene, text);
    scene.install("app/backend", Install::Frozen).exits(0);
    assert_eq!(scene.lockfile("app/backend"), text, "a frozen install leaves it as it is");
    let asked = scene.registry.requests();
    assert!(!asked.iter().any(|request| request.contains("@bytelyst")), "{asked:?}");
    let installed = installed(&scene.world);
    for (package, versions) in PINNED {
        assert_eq!(installed.get(package).map(Vec::as_slice).unwrap_or_default(), versions, "{package}");
    }
    for package in ["@bytelyst/a", "@bytelyst/b"] {
        assert_eq!(installed.get(package).map(Vec::len), Some(1), "{package}");
    }
}

macro_rules! cases {
    ($($test:ident: $name:literal $version:literal,)*) => {$(
        mod $test {
            use super::*;

            #[test]
            fn beside() {
                stays_as_pinned($version, $name, Lies::Beside);
            }

            #[test]
            fn at_the_root() {
                stays_as_pinned($version, $name, Lies::AtTheRoot);
            }
        }
    )*};
}

cases! {
    pnpm_8: "pnpm" "8.15.9",
    pnpm_9: "pnpm" "9.15.9",
    pnpm_10_6: "pnpm" "10.6.5",
    pnpm_10: "pnpm" "10.34.9",
    pnpm_11: "pnpm" "11.28.11",
    pnpm_12: "pnpm" "12.21.0",
    npm_10: "npm" "10.9.9",
    npm_11: "npm" "11.21.2",
    yarn_1: "yarn" "1.22.22",
    yarn_4: "yarn" "4.18.1",
    bun: "bun" "1.4.5",
}
