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

#[test]
fn a_surface_that_is_moved_while_prepared_is_restored_where_it_lies() {
    for (from, to, how) in [
        ("backend", "api", "git mv backend api"),
        ("backend", "api", "mv backend api"),
        ("backend", "api", "git mv backend x && git mv x api"),
        ("backend", "api", "git mv backend api && git commit -qm moved && rm api/package.json.bak"),
        ("backend", "a/b/c/d/e/api", "mkdir -p a/b/c/d/e && git mv backend a/b/c/d/e/api"),
        (
            "backend",
            "api",
            "git stash -q && git checkout -qb moved && git mv backend api && git commit -qm moved && git stash pop -q",
        ),
    ] {
        let world = product();
        world.file("notes/.gitignore", "*.bak\n.docker-deps/\n");
        world.git("notes", &["add", "--all"]);
        world.git("notes", &["commit", "--quiet", "--message=ignored"]);
        let original = world.read(MANIFEST);
        world.run_in("notes", ["prepare"]).exits(0);
        shell(&world, how);
        let run = world.run_in("notes", ["restore", "--clean"]).exits(0);
        assert!(run.stderr.contains(&format!("{to}/package.json")), "{how}: {run}");
        assert_eq!(world.read(format!("notes/{to}/package.json")), original, "{how}");
        assert!(!world.exists(format!("notes/{to}/package.json.bak")), "{how}");
        assert!(!world.exists(format!("notes/{from}")), "{how}: made anew");
        assert!(!world.exists("notes/.docker-deps"), "{how}");
    }
}

#[test]
fn a_surface_that_is_copied_while_prepared_is_restored_too() {
    for how in ["cp -r backend api", "mkdir api && cp backend/package.json api/"] {
        for edit in [false, true] {
            let world = product();
            let mut original = world.read(MANIFEST);
            let status = world.git_status("notes");
            world.run_in("notes", ["prepare"]).exits(0);
            shell(&world, how);
            let copy = "notes/api/package.json";
            if edit {
                world.file(copy, world.read(copy).replace("notes-backend", "notes-api"));
            }
            world.run_in("notes", ["restore", "--clean"]).exits(0);
            assert_eq!(world.read(MANIFEST), original, "{how}");
            if edit {
                original = original.replace("notes-backend", "notes-api");
            }
            assert_eq!(world.read(copy), original, "{how}");
            assert!(!world.exists("notes/api/package.json.bak"), "{how}");
            assert_eq!(world.git_status("notes"), format!("{status}?? api/\n"));
        }
    }
}

#[test]
fn an_entry_that_an_install_wrote_from_our_overrides_gets_a_range() {
    let world = product();
    world.run_in("notes", ["prepare", "--package-manager", "pnpm@10.6.5", "--link", "overrides"]).exits(0);
    let mut manifest: serde_json::Value = serde_json::from_str(&world.read(MANIFEST)).unwrap();
    manifest["devDependencies"]["@bytelyst/errors"] =
        manifest["pnpm"]["overrides"]["@bytelyst/errors"].clone();
    world.file(MANIFEST, serde_json::to_string_pretty(&manifest).unwrap());
    let run = world.run_in("notes", ["restore", "--clean"]).exits(0);
    assert!(
        run.stderr.contains("devDependencies.@bytelyst/errors led to a tarball and is ^1.4.2 now"),
        "{run}"
    );
    let manifest: serde_json::Value = serde_json::from_str(&world.read(MANIFEST)).unwrap();
    assert_eq!(manifest["devDependencies"]["@bytelyst/errors"], "^1.4.2");
    assert_eq!(manifest["dependencies"]["@bytelyst/http"], "^3.0.0");
}

#[test]
fn a_reference_that_nobody_knows_is_named_and_keeps_the_deps_dir() {
    let world = product();
    world.run_in("notes", ["prepare", "--package-manager", "pnpm@10.6.5", "--link", "overrides"]).exits(0);
    // Copied by hand from the rewritten one into another manifest.
    let rewritten: serde_json::Value = serde_json::from_str(&world.read(MANIFEST)).unwrap();
    let errors = &rewritten["pnpm"]["overrides"]["@bytelyst/errors"];
    let line = format!("\"@bytelyst/errors\": {errors}");
    world.file("notes/web/package.json", format!("{{\n  \"dependencies\": {{\n    {line}\n  }}\n}}\n"));
    let run = world.run_in("notes", ["restore", "--clean"]).exits(3);
    assert!(run.stderr.contains("web/package.json:3: points into .docker-deps/"), "{run}");
    assert!(run.stderr.contains("docker-prep --strip-overrides"), "{run}");
    assert!(run.stderr.contains("restored backend/package.json"), "{run}");
    assert!(world.exists("notes/.docker-deps"));
    world.run_in("notes", ["--strip-overrides"]).exits(0);
    assert!(world.read("notes/web/package.json").contains(r#""@bytelyst/errors": "^1.4.2""#));
    world.run_in("notes", ["restore", "--clean"]).exits(0);
    assert!(!world.exists("notes/.docker-deps"));
}

#[test]
fn the_text_of_another_commit_is_not_put_over_a_newer_one_without_a_word() {
    let world = product();
    world.file("notes/.gitignore", "*.bak\n.docker-deps/\n*.edited\n");
    shell(&world, "git add -A && git commit -qm ignored && git checkout -qb newer");
    world.file(MANIFEST, world.read(MANIFEST).replace("^3.0.0", "^3.1.0"));
    let newer = world.read(MANIFEST);
    shell(&world, "git commit -qam newer && git checkout -q -");
    world.run_in("notes", ["prepare"]).exits(0);
    shell(&world, "git stash -q && git checkout -q newer && ! git stash pop >/dev/null");
    world.run_in("notes", ["restore"]).exits(3);
    let run = world.run_in("notes", ["restore", "--force"]).exits(0);
    assert!(run.stderr.contains("the present commit's text is there"), "{run}");
    assert_eq!(world.read(MANIFEST), newer);

    // The very rewrite, on another commit: the original comes back, and is told of.
    let world = product();
    let original = world.read(MANIFEST);
    let branch = world.git("notes", &["symbolic-ref", "--short", "HEAD"]);
    shell(
        &world,
        "git checkout -qb newer && echo >> backend/package.json && git commit -qam newer && git checkout -q -",
    );
    world.run_in("notes", ["prepare"]).exits(0);
    shell(&world, "git symbolic-ref HEAD refs/heads/newer");
    let run = world.run_in("notes", ["restore"]).exits(0);
    assert!(run.stderr.contains(&format!("({}), where it was prepared", branch.trim())), "{run}");
    assert!(run.stderr.contains("git diff HEAD -- backend/package.json"), "{run}");
    assert_eq!(world.read(MANIFEST), original);
}

#[test]
fn a_branch_without_the_surface_gets_no_folder() {
    let world = product();
    world.file("notes/.gitignore", "*.bak\n.docker-deps/\n");
    shell(&world, "git add -A && git commit -qm ignored && git checkout -qb bare && git rm -qr backend");
    shell(&world, "git commit -qm bare && git checkout -q -");
    world.run_in("notes", ["prepare"]).exits(0);
    shell(&world, "git stash -q && git checkout -q bare");
    let run = world.run_in("notes", ["restore", "--clean"]).exits(0);
    assert!(run.stderr.contains("the present commit does not have it"), "{run}");
    assert!(!world.exists("notes/backend"));
    assert_eq!(world.git_status("notes"), "");
}

#[test]
fn a_backup_that_git_has_too_blocks_nothing_and_another_one_does() {
    let world = product();
    let older = world.read(MANIFEST);
    let newer = older.replace("^3.0.0", "^3.1.0");
    world.file(MANIFEST, &newer);
    shell(&world, "git commit -qam newer");
    for text in [&older, &newer] {
        world.file(format!("{MANIFEST}.bak"), text);
        world.run_in("notes", ["prepare", "--dry-run"]).exits(0);
        assert_eq!(world.read(format!("{MANIFEST}.bak")), *text, "a dry run leaves it");
        world.run_in("notes", ["prepare"]).exits(0);
        world.run_in("notes", ["restore"]).exits(0);
        assert_eq!(world.read(MANIFEST), newer);
        assert!(!world.exists(format!("{MANIFEST}.bak")));
    }
    world.file(format!("{MANIFEST}.bak"), "{\"mine\": 1}");
    world.run_in("notes", ["prepare"]).exits(3);
    assert_eq!(world.read(format!("{MANIFEST}.bak")), "{\"mine\": 1}");
}

/// Does in the project what somebody types there.
fn shell(world: &World, script: &str) {
    let mut shell = world.command("bash");
    for who in ["AUTHOR", "COMMITTER"] {
        shell.env(format!("GIT_{who}_NAME"), "test").env(format!("GIT_{who}_EMAIL"), "test@localhost");
    }
    let ran = shell.args(["-ec", script]).current_dir(world.path("notes")).output().unwrap();
    assert!(ran.status.success(), "{script}: {}", String::from_utf8_lossy(&ran.stderr));
}
