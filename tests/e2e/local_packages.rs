//! Dependencies in scope that are packages on the disk: of the product's own workspace, or of the shared one.

use crate::common::World;
use crate::common::product::product;

const BACKEND: &str = "notes/backend/package.json";

/// The product as a workspace of its own, with a package in the same scope.
fn product_with_own_package(manifest: &str) -> World {
    let world = product();
    world.file("notes/shared/package.json", r#"{"name": "@bytelyst/notes-shared", "version": "0.0.0"}"#);
    world.file(
        BACKEND,
        "{\n  \"dependencies\": {\n    \"@bytelyst/http\": \"^3.0.0\",\n    \"@bytelyst/notes-shared\": \"workspace:*\"\n  }\n}\n",
    );
    if manifest == "pnpm-workspace.yaml" {
        world.file("notes/pnpm-workspace.yaml", "packages: [backend, shared]\n");
    } else {
        world.file("notes/package.json", r#"{"private": true, "workspaces": ["backend", "shared"]}"#);
    }
    world
}

#[test]
fn a_package_of_the_products_own_workspace_is_left_alone() {
    for manifest in ["pnpm-workspace.yaml", "package.json"] {
        let world = product_with_own_package(manifest);
        let run = world.run_in("notes", ["prepare", "--surface", "backend"]).exits(0);
        assert!(!run.stderr.contains("notes-shared"), "{run}");
        let text = world.read(BACKEND);
        assert!(text.contains(r#""@bytelyst/notes-shared": "workspace:*""#), "{text}");
        assert!(text.contains("file:../.docker-deps/bytelyst-http-"), "{text}");
        world.run_in("notes", ["restore"]).exits(0);
        let run = world.run_in("notes", ["-v", "prepare", "--dry-run", "--surface", "backend"]).exits(0);
        let note =
            "backend/package.json: @bytelyst/notes-shared is a package of this project (shared/): left alone";
        assert!(run.stderr.contains(note), "{run}");
    }
}

#[test]
fn without_it_the_package_is_still_missed() {
    let world = product_with_own_package("pnpm-workspace.yaml");
    world.remove("notes/pnpm-workspace.yaml");
    let run = world.run_in("notes", ["prepare", "--surface", "backend"]).exits(4);
    assert!(run.stderr.contains("@bytelyst/notes-shared: the workspace has no such package"), "{run}");
}

#[test]
fn paths_out_of_the_project_to_the_workspace_are_rewritten_and_put_back() {
    for path in [
        "link:../../plat/packages/http",
        "file:../../plat/packages/http/",
        "portal:../../plat/packages/./http",
    ] {
        let world = product();
        let text = format!("{{\n\t\"dependencies\": {{ \"@bytelyst/http\":  \"{path}\" }}\r\n}}");
        world.file(BACKEND, &text);
        let run = world.run_in("notes", ["prepare"]).exits(0);
        assert!(!run.stderr.contains("left alone"), "{run}");
        let rewritten = world.read(BACKEND);
        assert!(
            rewritten.contains("\"@bytelyst/http\":  \"file:../.docker-deps/bytelyst-http-"),
            "{rewritten}"
        );
        world.run_in("notes", ["restore"]).exits(0);
        assert_eq!(world.read(BACKEND), text);
    }
}

#[test]
fn paths_inside_the_project_or_to_no_member_are_left_alone() {
    let world = product();
    world.file("notes/vendor/http/package.json", r#"{"name": "@bytelyst/http", "version": "3.0.0"}"#);
    world.file("elsewhere/package.json", r#"{"name": "@bytelyst/http", "version": "3.0.0"}"#);
    for path in ["link:../vendor/http", "file:../../elsewhere"] {
        world.file(BACKEND, format!(r#"{{"dependencies": {{"@bytelyst/http": "{path}"}}}}"#));
        let run = world.run_in("notes", ["prepare", "--dry-run"]).exits(0);
        assert!(run.stderr.contains("left alone"), "{run}");
    }
}
