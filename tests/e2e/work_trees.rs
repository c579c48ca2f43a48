//! Linked work trees: the workspace lies beside the main one.

use crate::common::World;
use crate::common::product::product;

fn finds_plat(world: &World, folder: &str) {
    let run = world.run_in(folder, ["prepare", "--dry-run", "--json"]).exits(0);
    let workspace = run.json()["workspace"].as_str().unwrap().to_owned();
    assert_eq!(workspace, world.path("plat").display().to_string(), "{run}");
}

#[test]
fn the_sibling_of_the_main_work_tree_is_found() {
    let world = product();
    world.git("notes", &["worktree", "add", "-q", ".worktrees/a", "-b", "a"]);
    world.git("notes", &["worktree", "add", "-q", "../elsewhere/b", "-b", "b"]);
    finds_plat(&world, "notes/.worktrees/a");
    finds_plat(&world, "elsewhere/b");
    finds_plat(&world, "elsewhere/b/backend");
    // One that lies beside the work tree comes first.
    world.file("elsewhere/mine/pnpm-workspace.yaml", "packages: ['*']\n");
    world.file("elsewhere/mine/http/package.json", r#"{"name": "@bytelyst/http", "version": "3.0.0"}"#);
    let run = world.run_in("elsewhere/b", ["prepare", "--dry-run"]).exits(0);
    assert!(run.stdout.contains("from ../mine"), "{run}");
}

#[test]
fn relative_paths_of_settings_are_meant_from_either() {
    let world = product();
    world.file("notes/docker-prep.toml", "workspace = \"../plat\"\n");
    world.git("notes", &["add", "."]);
    world.git("notes", &["commit", "-qm", "settings"]);
    world.git("notes", &["worktree", "add", "-q", "../a/b/toml", "-b", "toml"]);
    finds_plat(&world, "a/b/toml");
    world.remove("notes/docker-prep.toml");
    world.file("notes/pnpm-workspace.yaml", "packages: ['backend', '../plat/packages/*']\n");
    world.git("notes", &["add", "--all"]);
    world.git("notes", &["commit", "-qm", "settings"]);
    world.git("notes", &["worktree", "add", "-q", "../a/b/yaml", "-b", "yaml"]);
    finds_plat(&world, "a/b/yaml");
}

#[test]
fn a_bare_repository_in_a_folder_of_its_work_trees() {
    let world = product();
    world.git("", &["clone", "-q", "--bare", "notes", "product/.bare"]);
    world.git("product/.bare", &["worktree", "add", "-q", "../trees/main", "main"]);
    world.remove("notes");
    finds_plat(&world, "product/trees/main");
}

#[test]
fn other_work_trees_of_the_product_are_no_workspaces() {
    let world = product();
    world.file("notes/package.json", r#"{"private": true, "workspaces": ["shared"]}"#);
    world.file("notes/shared/package.json", r#"{"name": "@bytelyst/notes-shared", "version": "1.0.0"}"#);
    world.git("notes", &["add", "."]);
    world.git("notes", &["commit", "-qm", "shared"]);
    world.git("notes", &["worktree", "add", "-q", "../notes-a", "-b", "a"]);
    finds_plat(&world, "notes");
    finds_plat(&world, "notes-a");
}
