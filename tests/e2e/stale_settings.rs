//! Settings for a version of a package that is not the packed one, through the binary.

use crate::common::World;
use crate::common::product::product;

const BACKEND: &str = "notes/backend/package.json";

fn product_with(manager: &str, more: &str) -> World {
    let world = product();
    world.file(
        BACKEND,
        format!(
            r#"{{"packageManager": "{manager}", "dependencies": {{"@bytelyst/http": "^3.0.0"}}, {more}}}"#
        ),
    );
    world
}

fn patch(version: &str, more: &str) -> String {
    format!(r#""pnpm": {{"patchedDependencies": {{"@bytelyst/errors@{version}": "patches/e.patch"}}{more}}}"#)
}

#[test]
fn a_patch_that_pnpm_would_fail_on_is_refused() {
    let before = product_with("pnpm@10.6.5", &patch("1.4.1", ""));
    let snapshot = before.snapshot().without_folder_times();
    let run = before.run_in("notes", ["prepare"]).exits(3);
    let said =
        "backend/package.json: pnpm.patchedDependencies: @bytelyst/errors@1.4.1: the packed version is 1.4.2";
    assert!(run.stderr.contains(said), "{run}");
    snapshot.assert_same(&before.snapshot().without(&["notes/.git/docker-prep"]).without_folder_times());

    product_with("pnpm@10.6.5", &patch("1.4.2", "")).run_in("notes", ["prepare"]).exits(0);
    let allowed = product_with("pnpm@10.6.5", &patch("1.4.1", r#", "allowUnusedPatches": true"#));
    let run = allowed.run_in("notes", ["prepare"]).exits(0);
    assert!(run.stderr.contains(&format!("warning: {said}: the patch is not applied")), "{run}");
    allowed.run_in("notes", ["restore"]).exits(0);
    allowed.run_in("notes", ["prepare", "--strict"]).exits(3);
}

#[test]
fn other_entries_are_warnings_that_name_them() {
    let settings = r#""pnpm": {"packageExtensions": {"@bytelyst/errors@^2": {}}, "overrides": {"@bytelyst/http@2>ms": "1"}}"#;
    let run = product_with("pnpm@10.6.5", settings).run_in("notes", ["prepare", "--dry-run"]).exits(0);
    for entry in ["pnpm.packageExtensions: @bytelyst/errors@^2", "pnpm.overrides: @bytelyst/http@2>ms"] {
        assert!(
            run.stderr.contains(&format!("warning: backend/package.json: {entry}: the packed version is")),
            "{run}"
        );
    }
}

#[test]
fn the_settings_beside_the_manifest_count_where_the_image_has_them() {
    let yaml = "patchedDependencies:\n  '@bytelyst/errors@1.4.1': patches/e.patch\n";
    for (copy, code) in [("backend/pnpm-workspace.yaml", 3), ("backend/other", 0)] {
        let world = product_with("pnpm@11.28.11", r#""private": true"#);
        world.file("notes/backend/pnpm-workspace.yaml", yaml);
        world.file(
            "notes/backend/Dockerfile",
            format!("FROM node\nWORKDIR /app\nCOPY backend/package.json {copy} ./\nRUN --mount=type=bind,source=.docker-deps,target=/.docker-deps pnpm install\n"),
        );
        let run = world.run_in("notes", ["prepare", "--dry-run"]).exits(code);
        assert!(
            run.stderr.contains("backend/pnpm-workspace.yaml: patchedDependencies: @bytelyst/errors@1.4.1"),
            "{run}"
        );
    }
}
