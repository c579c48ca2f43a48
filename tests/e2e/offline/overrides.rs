//! Overrides, patches and lockfiles of the product keep their meaning.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::common::Run;
use crate::common::manager::{Install, Manager};

fn edited(scene: &Scene, edit: impl FnOnce(&mut Value)) {
    let mut manifest: Value = serde_json::from_str(&scene.world.read("notes/backend/package.json")).unwrap();
    edit(&mut manifest);
    scene.world.file("notes/backend/package.json", format!("{manifest:#}\n"));
    scene.world.git("notes", &["commit", "--quiet", "--all", "--message=more settings"]);
}

fn sees_the_same(scene: &Scene, what: &str) {
    scene.prepare(&[]).exits(0);
    let offline = scene.seen_offline();
    scene.world.run_in("notes", ["restore", "--clean"]).exits(0);
    assert_eq!(scene.world.git_status("notes"), "");
    assert_eq!(offline, scene.seen_online());
    assert!(offline.iter().any(|line| line == what), "{offline:?}");
}

/// `right` would have another `left`.
#[test]
fn overrides_count() {
    for (manager, field) in [
        (Manager { name: "pnpm", version: "10.6.5" }, "pnpm"),
        (Manager { name: "npm", version: "11.21.2" }, "overrides"),
        (Manager { name: "bun", version: "1.4.5" }, "overrides"),
    ] {
        let scene = Scene::new(manager);
        edited(&scene, |manifest| {
            let overrides = match field {
                "pnpm" => json!({"overrides": {"right>left": "1.1.0", "loop-b": "npm:giver@1.0.0"}}),
                _ if manager.name == "npm" => {
                    json!({"right": {"left": "1.1.0"}, "loop-b": "npm:giver@1.0.0"})
                }
                _ => json!({"loop-b": "npm:giver@1.0.0"}),
            };
            manifest[field] = overrides;
        });
        sees_the_same(&scene, "loop-a@1.0.0 > loop-b: giver@1.0.0");
    }
}

#[test]
fn the_projects_lockfile_pins_versions() {
    for manager in [Manager { name: "pnpm", version: "10.6.5" }, Manager { name: "npm", version: "11.21.2" }]
    {
        let scene = Scene::new(manager);
        let (world, registry) = (&scene.world, &scene.registry);
        edited(&scene, |manifest| {
            manifest["dependencies"] = json!({"left": "^1.0.0", "giver": "^1.0.0"});
            manifest["devDependencies"] = json!({});
        });
        let mut lock = manager.command(&world.path("notes/backend"), &world.home(), registry);
        lock.args(manager.words(Install::Locked)).args(&manager.lockfile_words()[1..]);
        Run::from(lock.output().unwrap()).exits(0);
        edited(&scene, |manifest| manifest["dependencies"]["@bytelyst/errors"] = json!("^1.0.0"));
        world.git("notes", &["add", "--all"]);
        world.git("notes", &["commit", "--quiet", "--message=a lockfile"]);
        registry.publish("giver", "1.9.0", json!({}));
        let run = scene.prepare(&["--json"]).exits(0);
        let said = &run.json()["surfaces"][0]["thirdParty"];
        let lockfile = format!("backend/{}", manager.lockfile());
        assert_eq!((&said["seededFrom"], &said["unpinned"]), (&json!(lockfile), &json!([])), "{run}");
        assert!(scene.tarballs().iter().any(|name| name.starts_with("giver-1.0.0-")), "{run}");
        assert!(!scene.tarballs().iter().any(|name| name.starts_with("giver-1.9.0-")), "{run}");
    }
}

/// pnpm 11 and later know a tarball by its path, and would run no script of it by the package's name.
#[test]
fn rules_about_scripts_hold_for_tarballs() {
    let scene = Scene::new(Manager { name: "pnpm", version: "11.28.11" });
    let rules = "allowBuilds:\n  tool: true\n";
    scene.world.file("notes/backend/pnpm-workspace.yaml", rules);
    scene.world.git("notes", &["add", "--all"]);
    scene.world.git("notes", &["commit", "--quiet", "--message=rules"]);
    scene.prepare(&[]).exits(0);
    let text = scene.world.read("notes/backend/pnpm-workspace.yaml");
    let tool = scene.tarballs().into_iter().find(|name| name.starts_with("tool-")).unwrap();
    let line = format!("  \"tool@file:../.docker-deps/{tool}\": true\n");
    assert_eq!(text, format!("allowBuilds:\n{line}  tool: true\n"));
    scene.world.run_in("notes", ["restore"]).exits(0);
    assert_eq!(scene.world.git_status("notes"), "");
}

/// Without a lockfile what was resolved counts until it is asked for anew, or something changes.
#[test]
fn a_resolution_is_kept_until_a_refresh() {
    let scene = Scene::new(super::scene::PNPM);
    scene.prepare(&[]).exits(0);
    let first = scene.tarballs();
    scene.registry.publish("giver", "1.9.0", json!({}));
    scene.prepare(&["--force"]).exits(0);
    assert_eq!(scene.tarballs(), first);
    scene.prepare(&["--force", "--refresh"]).exits(0);
    assert!(scene.tarballs().iter().any(|name| name.starts_with("giver-1.9.0-")));
}
