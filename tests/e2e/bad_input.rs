//! Bad input: each gets its exit code, a message with path, cause and next step, and leaves everything as it was.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use crate::common::product::product;
use crate::common::{Run, World};

/// Runs in the product: the exit code, every word of the message, and an untouched tree.
#[track_caller]
fn refused(world: &World, args: &[&str], code: i32, words: &[&str]) {
    let before = world.snapshot().without_folder_times();
    let run = world.run_in("notes", args).exits(code);
    for word in words {
        assert!(run.stderr.contains(word), "no {word:?} in: {run}");
    }
    assert!(run.stderr.contains("\n  "), "no next step in: {run}");
    before.assert_same(&world.snapshot().without_folder_times());
}

#[test]
fn no_workspace() {
    let world = product();
    world.remove("plat");
    refused(&world, &["prepare"], 5, &["notes", "no workspace", "--workspace"]);
    refused(&world, &["prepare", "--workspace", "../nowhere"], 5, &["nowhere", "no such workspace"]);
    refused(&world, &["prepare", "--workspace", "backend"], 5, &["backend", "not a workspace"]);
}

#[test]
fn two_candidates() {
    let world = product();
    world.file("plat2/pnpm-workspace.yaml", "packages: [packages/*]\n");
    world.file("plat2/packages/x/package.json", r#"{"name": "@bytelyst/x", "version": "1.0.0"}"#);
    refused(&world, &["prepare"], 5, &["/plat and ", "/plat2", "--workspace"]);
}

#[test]
fn a_workspace_file_that_is_not_yaml() {
    let world = product();
    world.file("plat/pnpm-workspace.yaml", "packages:\n  - 'packages/*'\n  bad: [\n");
    refused(&world, &["prepare"], 4, &["pnpm-workspace.yaml", "line "]);
}

#[test]
fn a_manifest_that_is_not_json() {
    let world = product();
    world.file("plat/packages/errors/package.json", "{\n  \"name\": \"@bytelyst/errors\",\n  oops\n}\n");
    refused(&world, &["prepare"], 4, &["errors/package.json", "line 3, column 3"]);
    let world = product();
    world.file("notes/backend/package.json", "{\n  // why\n  \"dependencies\": {}\n}\n");
    refused(&world, &["prepare"], 3, &["backend/package.json", "line 2, column 3", "comment"]);
}

#[test]
fn a_package_that_the_workspace_lacks() {
    let world = product();
    world.file(
        "notes/backend/package.json",
        r#"{"dependencies": {"@bytelyst/eror": "^1.0.0", "@bytelyst/zzzzzzzz": "1"}}"#,
    );
    refused(&world, &["prepare"], 4, &["@bytelyst/eror", "nearest: @bytelyst/errors", "@bytelyst/zzzzzzzz"]);
}

#[test]
fn a_package_that_is_not_built() {
    let world = product();
    world.remove("plat/packages/errors/dist");
    refused(&world, &["prepare"], 4, &["@bytelyst/errors", "main", "dist/index.js"]);
    world.run_in("notes", ["prepare", "--allow-unbuilt"]).exits(0);
}

#[test]
fn every_package_that_cannot_be_packed_is_named_in_one_run() {
    let world = product();
    world.file("plat/packages/errors/package.json", r#"{"name": "@bytelyst/errors"}"#);
    world.file(
        "plat/packages/logger/package.json",
        r#"{"name": "@bytelyst/logger", "version": "1.0.0", "main": "x.js"}"#,
    );
    world.file("plat/packages/nameless/package.json", r#"{"version": "1.0.0"}"#);
    world.file("plat/packages/bad/package.json", r#"{"name": "@bytelyst/../../x", "version": "1.0.0"}"#);
    refused(&world, &["pack", "--all", "--out", "out", "-C", "../plat"], 4, &["nameless/package.json"]);
    world.remove("plat/packages/nameless");
    let words = ["@bytelyst/errors", "version", "@bytelyst/logger", "x.js", "@bytelyst/../../x"];
    refused(&world, &["pack", "--all", "--out", "out", "-C", "../plat"], 4, &words);
}

#[test]
fn references_that_lead_nowhere() {
    let world = product();
    let errors = |dependency: &str| {
        format!(r#"{{"name": "@bytelyst/errors", "version": "1.4.2", "dependencies": {{{dependency}}}}}"#)
    };
    world.file("plat/packages/errors/package.json", errors(r#""left-pad": "workspace:*""#));
    refused(&world, &["prepare"], 4, &["@bytelyst/errors", "left-pad", "workspace:*"]);
    world.file("plat/packages/errors/package.json", errors(r#""left-pad": "catalog:""#));
    refused(&world, &["prepare"], 4, &["@bytelyst/errors", "left-pad", "catalog"]);
}

#[test]
fn two_members_of_one_name() {
    let world = product();
    world.file("plat/packages/errors2/package.json", r#"{"name": "@bytelyst/errors", "version": "2.0.0"}"#);
    refused(&world, &["prepare"], 4, &["@bytelyst/errors", "packages/errors and packages/errors2"]);
}

#[test]
fn what_is_no_regular_file() {
    let world = product();
    let fifo = world.path("plat/packages/errors/dist/pipe");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    refused(&world, &["prepare"], 4, &["dist/pipe"]);
}

#[test]
fn a_manifest_that_links_out_of_the_project() {
    let world = product();
    fs::rename(world.path("notes/backend/package.json"), world.path("outside.json")).unwrap();
    world.symlink("notes/backend/package.json", "../../outside.json");
    refused(&world, &["prepare"], 3, &["backend/package.json", "symbolic link", "outside.json"]);
}

#[test]
fn a_manifest_that_links_within_the_project_is_edited_where_it_lies() {
    let world = product();
    fs::rename(world.path("notes/backend/package.json"), world.path("notes/backend/real.json")).unwrap();
    world.symlink("notes/backend/package.json", "real.json");
    let before = world.snapshot().without_folder_times();
    world.run_in("notes", ["prepare"]).exits(0);
    assert!(world.read("notes/backend/real.json").contains("file:../.docker-deps/"));
    assert!(world.path("notes/backend/package.json").is_symlink());
    world.run_in("notes", ["restore", "--clean"]).exits(0);
    before.assert_same(&world.snapshot().without_folder_times());
}

#[test]
fn a_deps_dir_that_is_not_ours() {
    let world = product();
    world.file("notes/.docker-deps/precious.txt", "mine");
    refused(&world, &["prepare"], 3, &[".docker-deps", "rm -r"]);
    let world = product();
    world.symlink("notes/.docker-deps", "backend");
    refused(&world, &["prepare"], 3, &[".docker-deps"]);
}

#[test]
fn a_backup_that_is_not_ours() {
    let world = product();
    world.file("notes/backend/package.json.bak", "mine");
    refused(&world, &["prepare"], 3, &["backend/package.json.bak"]);
    refused(&world, &["prepare", "--force"], 3, &["backend/package.json.bak"]);
}

#[test]
fn a_manifest_that_is_rewritten_already() {
    let world = product();
    world.file(
        "notes/backend/package.json",
        r#"{"dependencies": {"@bytelyst/errors": "file:../.docker-deps/bytelyst-errors-1.4.2.tgz"}}"#,
    );
    refused(&world, &["prepare"], 3, &["backend/package.json", ".docker-deps"]);
}

#[test]
fn wrong_usage() {
    let world = product();
    refused(&world, &["prepare", "--surface", "nope"], 2, &["nope", "no such surface"]);
    refused(
        &world,
        &["prepare", "--surface", "backend", "--surface", "./backend/"],
        2,
        &["backend", "twice"],
    );
    refused(&world, &["prepare", "--deps-dir", "../x"], 2, &["../x", "outside"]);
    refused(&world, &["-C", "nope", "prepare"], 2, &["nope"]);
}

#[test]
fn a_variable_that_means_nothing_is_named() {
    let world = product();
    let no_text = OsStr::from_bytes(b"a\xff");
    for (name, value) in [
        ("DOCKER_PREP_LINK", OsStr::new("chain")),
        ("DOCKER_PREP_SOURCE", OsStr::new("nowhere")),
        ("BYTELYST_PACKAGE_SOURCE", OsStr::new("npm")),
        ("DOCKER_PREP_PROBE_TIMEOUT", OsStr::new("2m")),
        ("DOCKER_PREP_PACKAGE_MANAGER", OsStr::new("deno")),
        ("DOCKER_PREP_CACHE_SIZE", OsStr::new("much")),
        ("DOCKER_PREP_DEPS_DIR", OsStr::new("../x")),
        ("DOCKER_PREP_SURFACE", OsStr::new("nope")),
        ("DOCKER_PREP_SURFACE", no_text),
        ("DOCKER_PREP_SCOPE", no_text),
        ("DOCKER_PREP_PROJECT", OsStr::new("nope")),
    ] {
        let mut program = world.program();
        program.arg("prepare").current_dir(world.path("notes")).env(name, value);
        let run = Run::from(program.output().unwrap()).exits(2);
        assert!(run.stderr.contains(name) && run.stderr.contains("\n  "), "{run}");
    }
}

#[test]
fn words_that_mean_nothing_are_told_in_two_lines() {
    let world = product();
    for (args, message, hint) in [
        (&["undo"][..], "`undo` is no command", "to put every byte back, type: docker-prep restore"),
        (&["-C", "../notes", "undo"], "`undo` is no command", "type: docker-prep -C ../notes restore"),
        (
            &["prepare", "web", "-C", "../notes"],
            "--surface",
            "type: docker-prep prepare --surface web -C ../notes",
        ),
        (
            &["run", "docker", "compose", "build"],
            "goes behind `--`",
            "type: docker-prep run -- docker compose build",
        ),
        (
            &["status", "--porcelain"],
            "docker-prep status has no --porcelain",
            "type: docker-prep status --json",
        ),
        (&["prepare", "web"], "takes a folder as --surface", "type: docker-prep prepare --surface web"),
        (&["prepare", "--clean"], "it is a flag of restore", "type: docker-prep restore --clean"),
        (&["pack"], "--out is missing", "type: docker-prep pack --out DIR"),
        (&["prepare", "--bogus"], "docker-prep prepare has no --bogus", "see docker-prep prepare --help"),
        (&["bogus"], "`bogus` is no command", "the commands are prepare, run, restore, "),
        (
            &["--dry-run", "prepare"],
            "flags of a command go behind its name",
            "type: docker-prep prepare --dry-run",
        ),
        (&["prepare", "--color", "x"], "invalid value 'x' for '--color", "see docker-prep prepare --help"),
    ] {
        refused(&world, args, 2, &[message, hint]);
        let run = world.run_in("notes", args);
        assert!(run.stderr.lines().count() == 2 && run.stdout.is_empty(), "{run}");
    }
}

#[test]
fn a_version_that_the_workspace_does_not_have() {
    let world = product();
    world.file("notes/backend/package.json", r#"{"dependencies": {"@bytelyst/errors": "^2.0.0"}}"#);
    refused(&world, &["prepare", "--strict"], 3, &["@bytelyst/errors", "^2.0.0", "1.4.2"]);
    let run = world.run_in("notes", ["prepare"]).exits(0);
    assert!(
        run.stderr.contains("warning") && run.stderr.contains("^2.0.0") && run.stderr.contains("1.4.2"),
        "{run}"
    );
}

#[test]
fn a_read_only_file_system_and_a_settings_file_that_is_wrong() {
    let world = product();
    world.file("notes/docker-prep.toml", "scoop = 1\n");
    let words =
        ["notes/docker-prep.toml: line 1, column 1: `scoop` is no setting", "the nearest is scope, as in: "];
    for command in [
        &["prepare"][..],
        &["prepare", "--dry-run"],
        &["restore"],
        &["status"],
        &["show"],
        &["run", "--", "true"],
    ] {
        refused(&world, command, 2, &words);
    }
}

#[test]
fn a_settings_file_names_what_it_means_by_file_and_line() {
    let world = product();
    for (text, words) in [
        (
            "workspace = ../plat\n",
            ["line 1: workspace: `../plat` stands there without quotes", "workspace = \"../plat\""],
        ),
        (
            "# x\nsurfaces = [\"backend\",\n  \"nope\"]\n",
            ["docker-prep.toml: line 3: surfaces: ", "nope: no such surface"],
        ),
        ("surfaces = [\"..\"]\n", ["docker-prep.toml: line 1: surfaces: ", "outside the project"]),
        (
            "surfaces = [\"backend\", \"./backend\"]\n",
            ["docker-prep.toml: line 1: surfaces: ", "named twice"],
        ),
        (
            "\ndeps-dir = \"../x\"\n",
            ["docker-prep.toml: line 2: deps-dir: ../x", "leads outside the project"],
        ),
        (
            "link = \"chain\"\n",
            ["line 1, column 8: link: `chain` is none of", "it takes auto, overrides or tarballs"],
        ),
        (
            "scope = \"\"\n",
            ["line 1, column 9: scope: an empty text stands there", "scope = [\"@bytelyst/*\"]"],
        ),
    ] {
        world.file("notes/docker-prep.toml", text);
        refused(&world, &["prepare"], 2, &words);
    }
    world.file(
        "notes/docker-prep.toml",
        "surfaces = \"backend\"\nscope = \"@bytelyst/*\"\nworkspace = \"../plat\"\n",
    );
    world.run_in("notes", ["prepare"]).exits(0);
    world.run_in("notes", ["restore", "--clean"]).exits(0);
}

#[test]
fn nothing_to_do_is_no_error() {
    let world = product();
    world.file("notes/backend/package.json", r#"{"dependencies": {"ms": "1"}}"#);
    let before = world.snapshot().without_folder_times();
    let run = world.run_in("notes", ["prepare"]).exits(0);
    assert!(run.stderr.contains("nothing to do"), "{run}");
    before.assert_same(&world.snapshot().without_folder_times());
}
