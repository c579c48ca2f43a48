//! A scope in which nothing is, through the binary: a typo is no build that silently holds the published packages.

use crate::common::World;
use crate::common::product::product;

/// Every way to begin with preparing, each with a command that leaves a mark where it is run.
const CALLS: [&[&str]; 4] = [&["prepare"], &["prepare", "--dry-run"], &[], &["run", "--", "touch", "ran"]];

fn with(call: &[&'static str], more: &[&'static str]) -> Vec<&'static str> {
    let at = usize::from(!call.is_empty());
    [&call[..at], more, &call[at..]].concat()
}

#[test]
fn a_named_scope_that_nothing_is_in_is_refused_with_the_nearest() {
    let world = product();
    let before = world.snapshot();
    for call in CALLS {
        let run = world.run_in("notes", with(call, &["--scope", "@bytelist/*"])).exits(2);
        assert!(run.stderr.contains("--scope @bytelist/*"), "{run}");
        assert!(run.stderr.contains("nearest: @bytelyst, in backend/package.json"), "{run}");
        before.clone().without_folder_times().assert_same(&world.snapshot().without_folder_times());
        assert_not_run(&world);
    }
    let mut program = world.program();
    let output =
        program.current_dir(world.path("notes")).env("DOCKER_PREP_SCOPE", "@bytelist").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("DOCKER_PREP_SCOPE @bytelist/*"));
    world.file("notes/docker-prep.toml", "scope = [\"@bytelist\"]\n");
    let run = world.run_in("notes", ["prepare"]).exits(2);
    assert!(run.stderr.contains("docker-prep.toml: line 1: scope @bytelist/*"), "{run}");
}

#[track_caller]
fn assert_not_run(world: &World) {
    assert!(!world.exists("notes/ran"), "the command was run");
}

#[test]
fn a_package_of_the_workspace_is_enough() {
    let world = product();
    let run = world.run_in("notes", ["prepare", "--scope", "@bytelyst/unrelated"]).exits(0);
    assert!(run.stderr.contains("nothing to do"), "{run}");
    let run = world.run_in("notes", ["prepare", "--scope", "@bytelyst", "--scope", "@bytelist"]).exits(0);
    assert!(run.stderr.contains("warning: --scope @bytelist/*"), "{run}");
}

#[test]
fn where_no_manifest_is_there_is_no_project() {
    let world = World::new();
    world.file("notes/Dockerfile", "FROM scratch\n").git_init("notes").dir("plain");
    for folder in ["notes", "plain"] {
        for call in CALLS {
            let run = world.run_in(folder, call).exits(5);
            assert!(run.stderr.contains("no project here"), "{run}");
            assert_not_run(&world);
        }
    }
    assert!(!world.exists("plain/ran") && !world.exists("plain/.docker-prep"), "{:?}", world.snapshot());
}

#[test]
fn a_default_scope_that_no_manifest_uses_is_said_before_the_command_runs() {
    let world = product();
    world.file("notes/backend/package.json", "{\"dependencies\": {\"@acme/ui\": \"1\"}}\n");
    for call in [&["prepare"][..], &["run", "--", "sh", "-c", "echo ran >&2"]] {
        let run = world.run_in("notes", call).exits(0);
        let said = run.stderr.find("no manifest depends on a package in scope @bytelyst/*");
        assert!(said.is_some() && said < run.stderr.find("ran").or(Some(usize::MAX)), "{run}");
        assert!(run.stderr.contains("@acme, in backend/package.json"), "{run}");
    }
}
