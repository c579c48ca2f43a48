//! What git, editors and people do to a prepared tree, and how it becomes whole again: nothing is taken away.

use std::fs;

use crate::common::World;
use crate::common::product::product;

const MANIFEST: &str = "notes/backend/package.json";

/// A prepared project whose rewrite was committed, and of which nobody knows any more what it was.
fn committed_rewrite(arguments: &[&str]) -> World {
    let world = product();
    world.run_in("notes", [&["prepare"], arguments].concat()).exits(0);
    forget(&world);
    world.git("notes", &["add", "--all"]);
    world.git("notes", &["commit", "--quiet", "--message=rewritten"]);
    world
}

/// Loses the state, the backups and the deps dir.
fn forget(world: &World) {
    for entry in walkdir::WalkDir::new(world.path("notes")).into_iter().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|end| end == "bak") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    fs::remove_dir_all(world.path("notes/.git/docker-prep")).unwrap();
    fs::remove_dir_all(world.path("notes/.docker-deps")).unwrap();
}

#[test]
fn what_was_committed_rewritten_becomes_what_its_history_has() {
    for manager in ["pnpm@10.6.5", "pnpm@9.0.0", "pnpm@11.0.0", "npm@11.0.0", "yarn@4.18.1", "bun@1.4.5"] {
        let world = committed_rewrite(&["--package-manager", manager, "--link", "overrides"]);
        let original = world.git("notes", &["show", "HEAD~1:backend/package.json"]);
        // Renamed, and committed again: its history goes on.
        world.git("notes", &["mv", "backend", "api"]);
        world.git("notes", &["commit", "--quiet", "--message=renamed"]);
        let rewritten = world.read("notes/api/package.json");
        let run = world.run_in("notes", ["--strip-overrides", "--dry-run"]).exits(0);
        assert!(run.stderr.contains("would strip api/package.json"), "{manager}: {run}");
        assert_eq!(world.read("notes/api/package.json"), rewritten);
        world.run_in("notes", ["--strip-overrides"]).exits(0);
        assert_eq!(world.read("notes/api/package.json"), original, "{manager}");
        assert!(!world.exists("notes/api/pnpm-workspace.yaml"), "{manager}");
        world.git("notes", &["add", "--all"]);
        world.run_in("notes", ["guard"]).exits(0);
        world.run_in("notes", ["prepare", "--surface", "api"]).exits(0);
        world.run_in("notes", ["restore", "--clean"]).exits(0);
        assert_eq!(world.read("notes/api/package.json"), original, "{manager}");
    }
}

#[test]
fn without_a_history_each_dependency_gets_a_range_that_fits() {
    let world = committed_rewrite(&[]);
    fs::remove_dir_all(world.path("notes/.git")).unwrap();
    world.git_init("notes");
    let run = world.run_in("notes", ["--strip-overrides"]).exits(0);
    let told = "backend/package.json: dependencies.@bytelyst/http: the history has no other specifier: it is ^3.1.0 now";
    assert!(run.stderr.contains(told), "{run}");
    let manifest = world.read(MANIFEST);
    assert!(manifest.contains(r#""@bytelyst/http": "^3.1.0""#), "{manifest}");
    assert!(!manifest.contains(".docker-deps"), "{manifest}");
    world.run_in("notes", ["prepare"]).exits(0);
}

#[test]
fn an_entry_of_which_nothing_is_known_is_named_and_nothing_is_changed() {
    let world = product();
    let text = "{\n  \"dependencies\": {\n    \"@bytelyst/http\": \"file:../.docker-deps/http.tgz\",\n    \
        \"@bytelyst/gone\": \"file:../.docker-deps/gone.tgz\"\n  }\n}\n";
    for folder in ["api", "web"] {
        world.file(format!("notes/{folder}/package.json"), text.replace("gone", folder));
    }
    world.file(
        "notes/b/package.json",
        "{\"dependencies\": {\"@bytelyst/http\": \"file:../.docker-deps/http.tgz\"}}",
    );
    let before = world.git_status("notes");
    let run = world.run_in("notes", ["--strip-overrides"]).exits(3);
    for told in
        ["api/package.json:4: dependencies.@bytelyst/api", "web/package.json:4: dependencies.@bytelyst/web"]
    {
        assert!(run.stderr.contains(told), "{run}");
    }
    assert!(run.stderr.contains("write a version there"), "{run}");
    assert!(world.read("notes/b/package.json").contains("file:"), "one of them is not changed alone");
    assert_eq!(world.git_status("notes"), before);
}
