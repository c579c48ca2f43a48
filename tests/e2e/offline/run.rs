//! `run --offline`, in place and with `--isolated`.

use std::collections::BTreeSet;

use serde_json::json;

use super::scene::{PNPM, Scene};

const OFFLINE: [&str; 4] = ["run", "--offline", "--platform", "linux/amd64+glibc"];

#[test]
fn the_command_sees_all_of_it_and_nothing_is_left() {
    let scene = Scene::new(PNPM);
    let look = "ls .docker-deps; grep -c 'file:../.docker-deps/' backend/package.json";
    let run = scene.call(&[&OFFLINE[..], &["--", "sh", "-c", look]].concat()).exits(0);
    assert!(run.stdout.lines().any(|line| line.starts_with("native-glibc-1.0.0-")), "{run}");
    assert!(run.stdout.lines().any(|line| line.starts_with("bytelyst-errors-1.0.0-")), "{run}");
    // The ten of the manifest, and two peers that nobody gives.
    assert!(run.stdout.lines().any(|line| line == "12"), "{run}");
    assert_eq!(scene.world.git_status("notes"), "");
}

/// The Dockerfile tells the C library, compose and `FROM` the processor; several are all served.
#[test]
fn the_image_s_system_is_read_off_the_build() {
    let scene = Scene::new(PNPM);
    let world = &scene.world;
    let natives = |words: &[&str]| -> String {
        scene.call(&[&["prepare", "--offline", "--force"], words].concat()).exits(0);
        let tarballs = scene.tarballs();
        let natives = ["arm64", "darwin", "glibc", "musl"].into_iter();
        let there = |name: &&str| tarballs.iter().any(|file| file.starts_with(&format!("native-{name}-")));
        natives.filter(there).collect::<Vec<_>>().join(" ")
    };
    let dockerfile = world.read("notes/backend/Dockerfile");
    let from = |from: &str| world.file("notes/backend/Dockerfile", dockerfile.replace("FROM node\n", from));
    from("FROM --platform=linux/amd64 node:22-alpine\n");
    assert_eq!(natives(&[]), "musl");
    from("FROM --platform=linux/arm64 node:22-slim\n");
    assert_eq!(natives(&[]), "arm64");
    assert_eq!(natives(&["--platform", "linux/amd64"]), "glibc musl");
    from("FROM node:22-slim\n");
    let compose = "services:\n  backend:\n    build: {context: ., dockerfile: backend/Dockerfile, platforms: [linux/amd64, linux/arm64]}\n";
    world.file("notes/compose.yaml", compose);
    assert_eq!(natives(&[]), "arm64 glibc");
    world.file("notes/compose.yaml", format!("{compose}    platform: linux/amd64\n"));
    assert_eq!(natives(&[]), "glibc");
}

/// An image that needs no package in scope is built without a network too.
#[test]
fn an_install_without_packages_in_scope_is_prepared_too() {
    let scene = Scene::new(PNPM);
    let world = &scene.world;
    world.file(
        "notes/tools/package.json",
        json!({"name": "tools", "dependencies": {"kit": "^1.0.0"}}).to_string(),
    );
    world.file("notes/tools/Dockerfile", world.read("notes/backend/Dockerfile").replace("backend", "tools"));
    scene.prepare(&[]).exits(0);
    let manifest = world.read("notes/tools/package.json");
    assert!(manifest.contains("file:../.docker-deps/kit-1.0.0-"), "{manifest}");
    world.run_in("notes", ["restore"]).exits(0);
    scene.call(&["prepare"]).exits(0);
    assert!(world.read("notes/tools/package.json").contains("^1.0.0"));
}

/// Each build gets its own tarballs alone.
#[test]
fn an_isolated_build_has_its_own_tarballs_alone() {
    let scene = Scene::new(PNPM);
    let world = &scene.world;
    let web = json!({"name": "web", "dependencies": {"@bytelyst/errors": "^1.0.0", "kit": "^1.0.0"}});
    world.file("notes/web/package.json", web.to_string());
    world.file("notes/web/Dockerfile", world.read("notes/backend/Dockerfile").replace("backend", "web"));
    let service =
        |name: &str| format!("  {name}: {{build: {{context: ., dockerfile: {name}/Dockerfile}}}}\n");
    world.file("notes/compose.yaml", format!("services:\n{}{}", service("backend"), service("web")));
    let before = world.snapshot().without(&["notes/.git"]);
    let look = "for of in \"$DOCKER_PREP_CONTEXT_BACKEND\" \"$DOCKER_PREP_CONTEXT_WEB\"; do ls $of/.docker-deps; echo; done";
    let run = scene.call(&[&OFFLINE[..], &["--isolated=context", "--", "sh", "-c", look]].concat()).exits(0);
    let (backend, web) = run.stdout.split_once("\n\n").unwrap();
    let names = |text: &str| -> BTreeSet<String> {
        let stem = |line: &str| Some(line.strip_suffix(".tgz")?.rsplit_once('-')?.0.to_owned());
        text.lines().filter_map(stem).collect()
    };
    let of_web = ["bytelyst-errors-1.0.0", "framework-1.0.0", "kit-1.0.0", "left-1.0.0", "plugin-1.0.0"];
    let others = ["left-1.2.0"];
    assert!(names(web).iter().all(|name| of_web.contains(&&**name) || others.contains(&&**name)), "{run}");
    assert!(names(backend).len() > names(web).len() && names(backend).contains("tool-1.0.0"), "{run}");
    before
        .without_folder_times()
        .assert_same(&world.snapshot().without(&["notes/.git"]).without_folder_times());
}
