//! In which order packages are built, and which are.

use crate::build::scene::{Scene, six};

#[test]
fn what_is_needed_is_built_first_and_a_cycle_in_the_order_of_its_folders() {
    let scene = six();
    let run = scene.call(&["prepare", "--build"]).exits(0);
    let runs = scene.runs();
    let at =
        |name: &str| runs.split(' ').position(|run| run == name).unwrap_or_else(|| panic!("{name}: {runs}"));
    assert_eq!(runs.split(' ').count(), 6, "{runs}");
    assert!(at("a") < at("b") && at("b") < at("c") && at("e") < at("f"), "{runs}");
    for name in ["a", "b", "c", "d", "e", "f"] {
        assert!(run.stderr.contains(&format!("built @bytelyst/{name} (")), "{run}");
    }
    assert!(run.stderr.find("built @bytelyst/f").unwrap() < run.stderr.find("packed 6").unwrap(), "{run}");
    scene.call(&["restore"]).exits(0);
    assert_eq!(scene.world.git_status("notes"), "");
    assert_eq!(scene.world.git_status("plat"), "", "records lie elsewhere");
}

#[test]
fn what_is_built_with_is_built_too_and_nothing_that_is_not_needed() {
    let scene = six();
    scene.world.file(
        "notes/backend/package.json",
        r#"{"name": "backend", "dependencies": {"@bytelyst/c": "^1.0.0"}}"#,
    );
    assert_eq!(scene.built(), "a b c");
    assert_eq!(scene.built(), "");
}

#[test]
fn nothing_is_built_where_there_is_no_script_or_no_need() {
    let scene = Scene::new(&[("a", "")]);
    for source in ["registry", "vendor"] {
        let run = scene.call(&["prepare", "--build", "--source", source]);
        assert_eq!(run.code, Some(if source == "registry" { 0 } else { 2 }), "{run}");
        assert_eq!(scene.runs(), "");
    }
    scene.package("a", "", r#""license": "MIT""#);
    scene.world.file("plat/packages/a/dist/index.js", "");
    let run = scene.call(&["prepare", "--build"]).exits(0);
    assert!(run.stderr.contains("nothing to build"), "{run}");
}

#[test]
fn a_dry_run_builds_nothing_and_says_what_it_would() {
    let scene = Scene::new(&[("a", "")]);
    let before = scene.world.snapshot();
    let run = scene.call(&["run", "--dry-run", "--build", "--", "true"]).exits(0);
    assert!(run.stdout.starts_with("would build @bytelyst/a\nwould pack 1 package "), "{run}");
    let run = scene.call(&["prepare", "--dry-run"]).exits(4);
    assert!(run.stderr.contains("--build"), "{run}");
    before
        .without(&["notes/.git", "plat/.git"])
        .assert_same(&scene.world.snapshot().without(&["notes/.git", "plat/.git"]));
    assert_eq!((scene.runs(), scene.records().len()), (String::new(), 0));
    let run = scene.call(&["run", "--build", "--", "ls", "backend/package.json.bak"]).exits(0);
    assert_eq!((&*scene.runs(), &*run.stdout), ("a", "backend/package.json.bak\n"));
}
