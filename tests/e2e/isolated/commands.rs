//! What becomes of a command, and what is said.

use super::scene::Scene;

#[test]
fn a_build_takes_a_tree_and_the_project_stays_as_it_is() {
    let scene = Scene::with(|world| {
        world.file("notes/.dockerignore", "secret\n.git\n");
        world.file("notes/secret", "x");
        world.file("notes/backend/index.js", "1");
    });
    let run = scene.build(&["-f", "backend/Dockerfile", "-t", "notes", "."]).exits(0);
    scene.is_untouched();
    let tree = scene.world.path("notes/.git/docker-prep/isolated/build");
    assert_eq!(scene.words(), format!("build -f backend/Dockerfile -t notes {}\n", tree.display()));
    assert!(run.stderr.contains("isolated (context): the image is built from .git/docker-prep/isolated/build/; no file of the project is touched"), "{run}");
    let manifest = scene.given("backend/package.json");
    let tarballs = scene.tarballs("notes/.git/docker-prep/isolated/build");
    assert_eq!(tarballs.len(), 5, "{tarballs:?}");
    assert!(
        tarballs.iter().all(|name| manifest.contains(&format!("file:../.docker-deps/{name}"))),
        "{manifest}"
    );
    assert_eq!(scene.given("backend/index.js"), "1");
    assert!(!scene.world.home().join("context/secret").exists());
    assert!(!scene.world.exists("notes/.docker-deps"));
    assert!(scene.variables().contains("DOCKER_PREP_DEPS_DIR=.docker-deps\n"), "{}", scene.variables());
    // A second time nothing is copied.
    let run =
        scene.run(&["--isolated", "--json"], &["docker", "build", "-f", "backend/Dockerfile", "."]).exits(0);
    let isolated = &run.json()["isolated"];
    assert_eq!((&isolated["way"], &isolated["trees"][0]["copied"]), (&"context".into(), &0.into()), "{run}");
    assert_eq!(run.json()["restored"], serde_json::Value::Null);
}

#[test]
fn the_image_is_that_of_a_prepared_project() {
    let scene = Scene::with(|world| {
        world.file("notes/web/package.json", r#"{"name": "web", "dependencies": {"@bytelyst/errors": "1"}}"#);
    });
    let flags: [&str; 0] = [];
    scene.run(&flags, &["docker", "build", "-f", "backend/Dockerfile", "."]).exits(0);
    let in_place = |name: &str| scene.given(name);
    let (manifest, mark) = (in_place("backend/package.json"), in_place(".docker-deps/.docker-prep"));
    let gitignore = in_place(".docker-deps/.gitignore");
    scene.world.run_in("notes", ["restore", "--clean"]).exits(0);
    scene.build(&["-f", "backend/Dockerfile", "."]).exits(0);
    assert_eq!(scene.given("backend/package.json"), manifest);
    assert_eq!(scene.given(".docker-deps/.docker-prep"), mark);
    assert_eq!(scene.given(".docker-deps/.gitignore"), gitignore);
    scene.is_untouched();
}

#[test]
fn whatever_ends_the_command_nothing_is_to_be_restored() {
    let scene = Scene::new();
    scene.world.file(scene.world.home().join("fail"), "");
    scene.build(&["-f", "backend/Dockerfile", "."]).exits(7);
    scene.is_untouched();
    let run = scene.run(&["--isolated"], &["docker-missing", "x"]).exits(127);
    assert!(run.stderr.contains("docker-missing: command not found"), "{run}");
    scene.is_untouched();
    let status = scene.world.run_in("notes", ["status"]).exits(0);
    assert!(status.stdout.contains("not prepared"), "{status}");
}

#[test]
fn a_prepared_project_stays_prepared_and_its_originals_are_built() {
    let scene = Scene::with(|world| {
        world.file("notes/web/package.json", r#"{"name": "web", "dependencies": {"@bytelyst/errors": "1"}}"#);
        world.file("notes/web/Dockerfile", crate::common::product::dockerfile("web"));
    });
    let original = scene.world.read("notes/web/package.json");
    scene.world.run_in("notes", ["prepare"]).exits(0);
    let prepared = crate::common::Snapshot::of(&scene.world.path("notes")).without(&[".git"]);
    scene.build(&["-f", "backend/Dockerfile", "."]).exits(0);
    prepared.assert_same(&crate::common::Snapshot::of(&scene.world.path("notes")).without(&[".git"]));
    assert!(scene.given("backend/package.json").contains(".docker-deps/"));
    assert_eq!(scene.given("web/package.json"), original, "web is not built");
    assert!(!scene.world.home().join("context/backend/package.json.bak").exists());
    scene.world.run_in("notes", ["restore", "--clean"]).exits(0);
    scene.is_untouched();
}

#[test]
fn a_dry_run_shows_trees_diffs_and_words_and_makes_nothing() {
    let scene = Scene::new();
    let words = ["docker", "build", "-f", "backend/Dockerfile", "."];
    let run = scene.run(&["--isolated", "--dry-run"], &words).exits(0);
    assert!(!scene.world.exists("notes/.git/docker-prep"));
    for part in [
        "would make .git/docker-prep/isolated/build for .: 5 tarballs",
        "+++ b/backend/package.json",
        "would run docker build -f backend/Dockerfile ",
    ] {
        assert!(run.stdout.contains(part), "{part}: {run}");
    }
    let run = scene.run(&["--isolated", "-n", "--json"], &words).exits(0);
    assert_eq!(run.json()["isolated"]["trees"][0]["files"], serde_json::Value::Null);
    scene.is_untouched();
}

#[test]
fn trees_go_with_clean_and_with_the_cache() {
    let scene = Scene::new();
    let isolated = "notes/.git/docker-prep/isolated";
    for words in [&["restore", "--clean"][..], &["cache", "clear"]] {
        scene.build(&["-f", "backend/Dockerfile", "."]).exits(0);
        assert!(scene.world.exists(isolated));
        scene.world.run_in("notes", words).exits(0);
        assert!(!scene.world.exists("notes/.git/docker-prep"), "{words:?}");
        scene.is_untouched();
    }
}

#[test]
fn what_cannot_be_is_refused_with_what_would_work() {
    let scene = Scene::with(|world| {
        world.file(
            "notes/compose.yaml",
            "services: {backend: {build: {context: ., dockerfile: backend/Dockerfile}}}",
        );
    });
    let refused = |flags: &[&str], line: &str, why: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let run = scene.run(flags, &words).exits(5);
        assert!(run.stderr.contains(why), "{line}: {run}");
        assert!(run.stderr.contains("docker-prep run"), "{line}: {run}");
        scene.is_untouched();
    };
    refused(&["--isolated"], "docker compose watch", "compose watch: it would watch trees");
    refused(&["--isolated"], "docker compose up --watch", "compose up: ");
    refused(&["--isolated"], "docker compose -f - build", "cannot be read twice");
    refused(&["--isolated"], "docker build --new x .", "is the context is not known: x, .");
    refused(&["--isolated=context"], "make images", "make: is no command of docker");
    let run = scene.run(&["--isolated=tree"], &["make"]).exits(2);
    assert!(run.stderr.contains("is none of true, context, namespace, false"), "{run}");
}

#[test]
fn a_context_that_is_no_folder_of_the_project() {
    let scene = Scene::with(|world| {
        world.file("other/Dockerfile", "FROM scratch\n");
        world.file("other/x", "x");
        world.file("notes/needs.Dockerfile", "FROM node\nCOPY .docker-deps ./.docker-deps\n");
    });
    // Nothing of ours is needed: it is built as it is.
    scene.build(&["../other"]).exits(0);
    assert_eq!(scene.words(), "build ../other\n");
    assert_eq!(scene.given("x"), "x");
    let run = scene.build(&["-f", "needs.Dockerfile", "../other"]).exits(5);
    assert!(
        run.stderr.contains("is no folder of the project, and its Dockerfile takes .docker-deps"),
        "{run}"
    );
    scene.is_untouched();
}

#[test]
fn settings_choose_it_and_a_flag_beats_them() {
    let scene = Scene::with(|world| {
        world.file("notes/docker-prep.toml", "isolated = true\n");
    });
    let build = ["docker", "build", "-f", "backend/Dockerfile", "."];
    let run = scene.run(&[], &build).exits(0);
    assert!(run.stderr.contains("isolated (context)"), "{run}");
    let run = scene.run(&["--isolated=false"], &build).exits(0);
    assert!(run.stderr.contains("restored backend/package.json"), "{run}");
}

#[test]
fn a_second_one_is_refused_while_the_first_is_at_work() {
    let scene = Scene::new();
    let inner = "docker-prep run --isolated -- docker build -f backend/Dockerfile .; echo \"inner $?\"";
    let inner = inner.replace("docker-prep", env!("CARGO_BIN_EXE_docker-prep"));
    scene
        .world
        .exec("bin/docker", format!("#!/bin/sh\n[ -z \"$INNER\" ] || exit 0\nexport INNER=1\n{inner} >&2\n"));
    let run = scene.build(&["-f", "backend/Dockerfile", "."]).exits(0);
    assert!(run.stderr.contains("inner 3") && run.stderr.contains("is at work on this project"), "{run}");
    scene.is_untouched();
}
