//! What an image build needs so that it holds the packed packages: refused, told another way or said, and never passed over.

use crate::common::product::product;
use crate::common::{Run, World};

/// A product whose backend this Dockerfile builds, with some more files.
fn built_by(dockerfile: &str, more: &[(&str, &str)]) -> World {
    let world = product();
    world.file("notes/backend/Dockerfile", dockerfile);
    for (name, text) in more {
        world.file(format!("notes/{name}"), text);
    }
    world
}

/// Prepare is refused with these parts in what it says, and nothing changes; a dry run shows the plan besides.
#[track_caller]
fn refused(world: &World, parts: &[&str]) {
    let before = world.snapshot();
    let planned = world.run_in("notes", ["prepare", "--dry-run"]).exits(3);
    assert!(planned.stdout.contains("would rewrite backend/package.json"), "{planned}");
    for words in [&["prepare"][..], &["run", "--", "touch", "ran"]] {
        let run = world.run_in("notes", words).exits(3);
        for part in parts {
            assert!(run.stderr.contains(part), "{part} is not in\n{run}");
        }
    }
    before.without_folder_times().assert_same(&world.snapshot().without_folder_times());
}

fn prepared(world: &World, words: &[&str]) -> Run {
    world.run_in("notes", [&["prepare"], words].concat()).exits(0)
}

const INSTALL: &str = "COPY backend/package.json ./\nRUN npm ci\n";

#[test]
fn a_dockerfile_that_copies_no_tarballs() {
    let world = built_by(&format!("FROM node\nWORKDIR /app/backend\n{INSTALL}"), &[]);
    refused(
        &world,
        &[
            "backend/Dockerfile:4: installs backend/package.json without the tarballs in .docker-deps",
            "add this line before it: COPY .docker-deps* /app/.docker-deps/",
        ],
    );
    // The line is what was missing.
    world.file(
        "notes/backend/Dockerfile",
        format!("FROM node\nWORKDIR /app/backend\nCOPY .docker-deps* /app/.docker-deps/\n{INSTALL}"),
    );
    prepared(&world, &[]);
}

#[test]
fn a_dockerignore_that_hides_them() {
    let dockerfile =
        format!("FROM node\nWORKDIR /app/backend\nCOPY .docker-deps* /app/.docker-deps/\n{INSTALL}");
    for (rules, line) in
        [("node_modules\n**/.*\n", 2), (".docker-deps\n", 1), ("**/*.tgz\n", 1), ("*\n!backend\n", 1)]
    {
        let world = built_by(&dockerfile, &[(".dockerignore", rules)]);
        refused(
            &world,
            &[
                &format!(".dockerignore:{line}: hides .docker-deps from backend/Dockerfile"),
                "!.docker-deps/**",
            ],
        );
        world.file("notes/.dockerignore", format!("{rules}!.docker-deps\n!.docker-deps/**\n"));
        prepared(&world, &[]);
    }
}

#[test]
fn a_context_that_does_not_hold_them() {
    let dockerfile =
        "FROM node\nWORKDIR /app\nCOPY package.json ./\nCOPY .docker-deps* ./.docker-deps/\nRUN npm ci\n";
    let world = built_by(dockerfile, &[("compose.yaml", "services: {backend: {build: ./backend}}\n")]);
    refused(
        &world,
        &["backend/Dockerfile:5: installs backend/package.json from the context backend", "compose.yaml:1"],
    );
    prepared(&world, &["--deps-dir", "backend/.docker-deps"]);
    assert!(world.read("notes/backend/package.json").contains("\"file:.docker-deps/bytelyst-http-"));
}

#[test]
fn the_path_is_the_one_that_leads_there_in_the_image() {
    for (copy, to) in [
        ("COPY .docker-deps* ./.docker-deps/", "file:.docker-deps/"),
        ("COPY .docker-deps* /deps/", "file:../deps/"),
        ("COPY .docker-deps/*.tgz ./", "file:bytelyst"),
        ("COPY . /src", "file:../src/.docker-deps/"),
    ] {
        let world = built_by(&format!("FROM node\nWORKDIR /app\n{copy}\n{INSTALL}"), &[]);
        let before = world.snapshot();
        prepared(&world, &[]);
        let manifest = world.read("notes/backend/package.json");
        assert!(manifest.contains(&format!("\"@bytelyst/http\": \"{to}")), "{copy}: {manifest}");
        assert_eq!(world.run_in("notes", ["guard"]).code, Some(0), "nothing is staged");
        world.git("notes", &["add", "--", "backend/package.json"]);
        world.run_in("notes", ["guard"]).exits(1);
        world.git("notes", &["reset", "--quiet"]);
        world.run_in("notes", ["restore", "--clean"]).exits(0);
        before
            .without(&["notes/.git"])
            .without_folder_times()
            .assert_same(&world.snapshot().without(&["notes/.git"]).without_folder_times());
    }
}

#[test]
fn two_builds_that_need_different_paths() {
    let dockerfile =
        |dir: &str| format!("FROM node\nWORKDIR {dir}\nCOPY .docker-deps* /app/.docker-deps/\n{INSTALL}");
    let world = built_by(&dockerfile("/app/backend"), &[("Dockerfile.dev", &dockerfile("/app"))]);
    refused(
        &world,
        &[
            "backend/package.json: ",
            "backend/Dockerfile:5",
            "Dockerfile.dev:5",
            "../.docker-deps",
            "in .docker-deps",
        ],
    );
}

#[test]
fn a_build_that_cannot_work_beside_one_that_can() {
    let works = format!("FROM node\nWORKDIR /app/backend\nCOPY .docker-deps* /app/.docker-deps/\n{INSTALL}");
    let lacks = format!("FROM node\nWORKDIR /app/backend\n{INSTALL}");
    let compose = "services:\n  backend: {build: {context: ., dockerfile: backend/Dockerfile}}\n  dev:\n    build: {context: ., dockerfile: Dockerfile.dev}\n";
    let world = built_by(&works, &[("Dockerfile.dev", &lacks)]);
    // Nothing names it: that is said to who wants to know.
    let run = world.run_in("notes", ["prepare", "--dry-run"]).exits(0);
    assert!(!run.stderr.contains("Dockerfile.dev"), "{run}");
    let run = world.run_in("notes", ["prepare", "--dry-run", "-v"]).exits(0);
    assert!(run.stderr.contains("Dockerfile.dev:4: installs backend/package.json without"), "{run}");
    world.file("notes/compose.yaml", compose);
    let run = world.run_in("notes", ["prepare", "--dry-run"]).exits(0);
    assert!(run.stderr.contains("warning: Dockerfile.dev:4: installs backend/package.json without"), "{run}");
    world.run_in("notes", ["prepare", "--dry-run", "--strict"]).exits(3);
    // A command is judged by what it builds.
    let dry_run = |service: &str| {
        world.run_in("notes", ["run", "--dry-run", "--", "docker", "compose", "build", service])
    };
    let run = dry_run("backend").exits(0);
    assert!(!run.stderr.contains("Dockerfile.dev"), "{run}");
    dry_run("dev").exits(3);
}

#[test]
fn what_is_installed_by_nobody_is_left_alone() {
    for run in ["RUN go build ./...", "CMD [\"npm\", \"install\"]", "RUN npm install --global serve"] {
        let world = built_by(&format!("FROM node\nWORKDIR /app\nCOPY . .\n{run}\n"), &[]);
        let run = prepared(&world, &[]);
        assert!(run.stderr.contains("no image build installs it: left alone"), "{run}");
        assert!(!world.read("notes/backend/package.json").contains("file:"));
    }
}

#[test]
fn what_cannot_be_known_is_prepared_and_said() {
    let dockerfile = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n";
    let world = built_by(dockerfile, &[("build.sh", "docker build --file backend/Dockerfile \"$WHERE\"\n")]);
    let run = prepared(&world, &["--dry-run"]);
    assert!(run.stdout.contains("would rewrite backend/package.json"), "{run}");
    assert!(run.stderr.contains("build.sh:1: the context $WHERE is not known"), "{run}");
    let made =
        "FROM node\nWORKDIR /app\nCOPY pruned/json ./\nCOPY .docker-deps* /.docker-deps/\nRUN npm ci\n";
    let run = prepared(&built_by(made, &[]), &["--dry-run"]);
    assert!(run.stdout.contains("would rewrite backend/package.json"), "{run}");
    assert!(run.stderr.contains("backend/Dockerfile:3: pruned/json is not there now"), "{run}");
}

/// A product that is a workspace itself, installed at its root.
fn own_workspace(manager: &str, root: &str) -> World {
    let dockerfile = format!("FROM node\nWORKDIR /app\nCOPY . .\nRUN {manager} install\n");
    let world = product();
    world.remove("notes/backend/Dockerfile").file("notes/Dockerfile", dockerfile);
    world.file("notes/package.json", root).git_init("notes");
    world
}

#[test]
fn yarn_is_told_at_the_root_of_the_workspace() {
    let root = "{\"name\": \"notes\", \"private\": true, \"workspaces\": [\"backend\"]}\n";
    let world = own_workspace("yarn", root);
    let before = world.snapshot();
    let run = prepared(&world, &[]);
    let [root, member] = ["", "backend/"].map(|dir| world.read(format!("notes/{dir}package.json")));
    for package in ["http", "logger", "errors", "client", "context"] {
        assert!(
            root.contains(&format!("\"@bytelyst/{package}\": \"file:.docker-deps/")),
            "{package}: {root}\n{run}"
        );
    }
    assert!(
        member.contains("\"@bytelyst/http\": \"file:../.docker-deps/") && !member.contains("resolutions"),
        "{member}"
    );
    world.run_in("notes", ["restore", "--clean"]).exits(0);
    before.without_folder_times().assert_same(&world.snapshot().without_folder_times());
}

#[test]
fn pnpm_and_npm_get_tarballs_that_name_each_other() {
    let root = "{\"name\": \"notes\", \"private\": true, \"workspaces\": [\"backend\"], \"packageManager\": \"pnpm@10.6.5\"}\n";
    let world = own_workspace("pnpm", root);
    world.file("notes/pnpm-workspace.yaml", "packages: [backend]\n");
    let run = prepared(&world, &["--dry-run"]);
    assert!(run.stdout.contains("tarballs that name each other"), "{run}");
    let world = own_workspace("npm", &root.replace("pnpm@10.6.5", "npm@10.9.0"));
    let run = prepared(&world, &["--dry-run"]);
    assert!(run.stdout.contains("tarballs that name each other"), "{run}");
}
