//! Edits made while a project is prepared, and what is said of a run that was killed.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use crate::common::product::product;
use crate::common::{World, sha256};
use serde_json::Value;

const MANIFEST: &str = "notes/backend/package.json";
const JOURNAL: &str = "notes/.git/docker-prep/state.json";

/// The journal as a killed run leaves it: not all is done yet.
fn interrupt(world: &World, phase: &str) {
    let mut document: Value = serde_json::from_str(&world.read(JOURNAL)).unwrap();
    document["journal"]["head"]["phase"] = phase.into();
    document["journal"]["head"]["pid"] = 4_000_000.into();
    let body = document["journal"].to_string();
    let checksum = sha256(body.as_bytes());
    world.file(JOURNAL, format!("{{\"schemaVersion\":2,\"checksum\":\"{checksum}\",\"journal\":{body}}}\n"));
}

#[test]
fn what_the_real_pnpm_adds_is_kept_and_all_else_is_as_before() {
    let pnpm =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/pnpm-10.6.5/node_modules/pnpm/bin/pnpm.cjs");
    assert!(pnpm.is_file(), "run scripts/tools: there is no {}", pnpm.display());
    let world = World::new();
    world.file("plat/pnpm-workspace.yaml", "packages: ['packages/*']\n");
    for (name, more) in [("a", r#", "dependencies": {"@bytelyst/b": "workspace:^"}"#), ("b", "")] {
        let manifest = format!(r#"{{"name": "@bytelyst/{name}", "version": "1.0.0"{more}}}"#);
        world.file(format!("plat/packages/{name}/package.json"), manifest);
    }
    world.file("vendor/left/package.json", r#"{"name": "left", "version": "1.0.0"}"#);
    // Bound and dropped: a port that nobody listens on.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    world.file("notes/backend/.npmrc", format!("registry=http://{closed}/\nfetch-retries=0\n"));
    world.file("notes/.gitignore", "node_modules/\n");
    let original = "{\n    \"name\": \"notes\",\n    \"scripts\": { \"x\": \"\\u0041\" },\n    \"dependencies\": {\n        \"@bytelyst/a\": \"^1.0.0\"\n    }\n}\n";
    world.file(MANIFEST, original);
    world.git_init("notes");
    world.run_in("notes", ["prepare"]).exits(0);

    let mut add = world.command("node");
    add.arg(&pnpm).args(["add", "--ignore-scripts", "--lockfile=false", "file:../../vendor/left"]);
    add.current_dir(world.path("notes/backend"));
    add.env("npm_config_store_dir", world.beside("store"));
    add.env("npm_config_manage_package_manager_versions", "false");
    let added = add.output().unwrap();
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stdout));
    assert!(world.read(MANIFEST).contains("\"left\": \"file:"), "{}", world.read(MANIFEST));

    let run = world.run_in("notes", ["restore", "--clean"]).exits(0);
    assert!(run.stderr.contains("backend/package.json: edited while prepared: the edit is kept"), "{run}");
    // pnpm writes its manifest anew: an escape goes, and an object gets its lines.
    let expected = "{\n    \"name\": \"notes\",\n    \"scripts\": {\n        \"x\": \"A\"\n    },\n    \"dependencies\": {\n        \
        \"@bytelyst/a\": \"^1.0.0\",\n        \"left\": \"file:../../vendor/left\"\n    }\n}\n";
    assert_eq!(world.read(MANIFEST), expected);
    assert_eq!(world.git_status("notes"), " M backend/package.json\n");
}

#[test]
fn overrides_that_are_added_while_prepared_are_kept_with_every_package_manager() {
    let rules =
        r#""overrides": {"@bytelyst/logger": {"ms": "2.0.0"}, "@bytelyst/errors": "1.0.0", "left": "1"}"#;
    let flat = r#""resolutions": {"**/@bytelyst/errors": "1.0.0", "left": "1"}"#;
    let nested = &["overrides", "@bytelyst/logger"][..];
    for (arguments, members, places) in [
        (["npm@11.0.0", "auto"], rules, &[nested, &["overrides"]][..]),
        (["npm@10.0.0", "overrides"], rules, &[nested, &["overrides"]]),
        (["bun@1.4.5", "auto"], rules, &[nested, &["overrides"]]),
        (["yarn@1.22.22", "auto"], flat, &[&["resolutions"]]),
        (["yarn@4.18.1", "auto"], flat, &[&["resolutions"]]),
    ] {
        for place in places {
            let world = product();
            let original = world.read(MANIFEST).replacen("\n}", &format!(",\n  {members}\n}}"), 1);
            let mut wanted: Value = serde_json::from_str(&original).unwrap();
            world.file(MANIFEST, &original);
            let [manager, link] = arguments;
            world.run_in("notes", ["prepare", "--package-manager", manager, "--link", link]).exits(0);
            // As `npm pkg set` does, which prints the manifest anew.
            let mut prepared: Value = serde_json::from_str(&world.read(MANIFEST)).unwrap();
            add(&mut prepared, place);
            let text = serde_json::to_string_pretty(&prepared).unwrap() + "\n";
            world.file(MANIFEST, text);
            let run = world.run_in("notes", ["restore"]).exits(0);
            assert!(run.stderr.contains("the edit is kept"), "{arguments:?}: {run}");
            let restored: Value = serde_json::from_str(&world.read(MANIFEST)).unwrap();
            add(&mut wanted, place);
            assert_eq!(restored, wanted, "{arguments:?} {place:?}");
        }
    }
}

/// Adds an override to the map at a path.
fn add(manifest: &mut Value, path: &[&str]) {
    let map = path.iter().fold(manifest, |value, key| &mut value[*key]);
    map["added"] = "1".into();
}

#[test]
fn an_edit_is_told_from_the_rewrite_whatever_the_deps_dir_was() {
    let world = product();
    let original = world.read(MANIFEST);
    world.run_in("notes", ["prepare", "--deps-dir", "vendor/packed"]).exits(0);
    fs::remove_file(world.path(format!("{MANIFEST}.bak"))).unwrap();
    world.file(MANIFEST, world.read(MANIFEST).replace("^2.1.3", "^2.0.0"));
    let run = world.run_in("notes", ["restore", "--clean"]).exits(0);
    assert!(run.stderr.contains("the edit is kept"), "{run}");
    assert_eq!(world.read(MANIFEST), original.replace("^2.1.3", "^2.0.0"));
    assert!(!world.exists("notes/vendor/packed"));
}

#[test]
fn what_is_free_of_the_rewrite_stays_and_so_does_its_backup() {
    let world = product();
    let original = world.read(MANIFEST);
    world.run_in("notes", ["prepare"]).exits(0);
    // As after `git checkout` and an edit.
    let mine = original.replace("^2.1.3", "^2.0.0");
    world.file(MANIFEST, &mine);
    let run = world.run_in("notes", ["restore"]).exits(0);
    assert!(run.stderr.contains("nothing of the rewrite is in it: left as it is"), "{run}");
    assert_eq!((world.read(MANIFEST), world.read(format!("{MANIFEST}.bak"))), (mine, original));
}

#[test]
fn after_a_kill_status_and_prepare_say_what_happened_and_when() {
    for (phase, said) in [
        ("preparing", "was killed, or could not go on, while it prepared the project"),
        ("running", "was killed, or could not go on, while it ran a command on the prepared project"),
        ("restoring", "was killed, or could not go on, while it restored the project"),
    ] {
        let world = product();
        let original = world.read(MANIFEST);
        world.run_in("notes", ["prepare"]).exits(0);
        interrupt(&world, phase);
        let status = world.run_in("notes", ["status"]).exits(0);
        assert!(status.stdout.contains(said) && status.stdout.contains(" (prepare), begun "), "{status}");
        let plan = world.run_in("notes", ["prepare", "--dry-run"]).exits(0);
        assert!(
            plan.stdout.contains("+    \"@bytelyst/http\": \"file:"),
            "planned from the original: {plan}"
        );
        let run = world.run_in("notes", ["prepare"]).exits(0);
        assert!(run.stderr.contains(said) && run.stderr.contains("it is repaired"), "{run}");

        // Not where somebody has edited since.
        interrupt(&world, phase);
        let edit = world.read(MANIFEST).replace("^2.1.3", "^2.0.0");
        world.file(MANIFEST, &edit);
        let run = world.run_in("notes", ["prepare"]).exits(3);
        assert!(run.stderr.contains(said) && run.stderr.contains("a file was edited since"), "{run}");
        assert_eq!(world.read(MANIFEST), edit);
        world.run_in("notes", ["restore"]).exits(0);
        assert_eq!(world.read(MANIFEST), original.replace("^2.1.3", "^2.0.0"));
    }
}

#[test]
fn what_was_deleted_comes_back_if_the_last_commit_knows_it() {
    let world = product();
    let before = world.snapshot().without(&["notes/.git"]).without_folder_times();
    world.run_in("notes", ["prepare"]).exits(0);
    fs::remove_dir_all(world.path("notes/backend")).unwrap();
    world.git("notes", &["checkout", "--quiet", "HEAD", "--", "backend/Dockerfile"]);
    let run = world.run_in("notes", ["restore", "--clean"]).exits(0);
    assert!(run.stderr.contains("was deleted while prepared, and is back"), "{run}");
    let after = world.snapshot().without(&["notes/.git", "notes/backend/Dockerfile"]).without_folder_times();
    before.without(&["notes/backend/Dockerfile"]).assert_same(&after);

    // One that was never committed: where its backup is gone too, the bytes are kept until somebody has decided.
    let world = product();
    world.git("notes", &["rm", "--quiet", "--cached", "backend/package.json"]);
    world.git("notes", &["commit", "--quiet", "--message=gone"]);
    let original = world.read(MANIFEST);
    world.run_in("notes", ["prepare"]).exits(0);
    fs::remove_file(world.path(MANIFEST)).unwrap();
    fs::remove_file(world.path(format!("{MANIFEST}.bak"))).unwrap();
    let run = world.run_in("notes", ["restore"]).exits(3);
    let command =
        run.stderr.lines().find_map(|line| line.trim().strip_prefix("put it back: ")).expect("a command");
    let command = command.split("   (").next().unwrap();
    assert!(
        world
            .command("sh")
            .current_dir(world.path("notes"))
            .args(["-c", command])
            .status()
            .unwrap()
            .success()
    );
    world.run_in("notes", ["restore", "--clean"]).exits(0);
    assert_eq!(world.read(MANIFEST), original);
    assert!(!world.exists("notes/.git/docker-prep"));
}

#[test]
fn strip_overrides_goes_on_where_a_killed_one_stopped() {
    let world = product();
    let original = world.read(MANIFEST);
    world.run_in("notes", ["prepare"]).exits(0);
    fs::remove_file(world.path(format!("{MANIFEST}.bak"))).unwrap();
    fs::remove_dir_all(world.path("notes/.git/docker-prep")).unwrap();
    world.file(format!("{MANIFEST}.docker-prep-new"), "{\"cut");
    world.run_in("notes", ["--strip-overrides"]).exits(0);
    assert_eq!(world.read(MANIFEST), original);
    assert!(!world.exists(format!("{MANIFEST}.docker-prep-new")));
    world.run_in("notes", ["--strip-overrides"]).exits(0);
    assert_eq!(world.read(MANIFEST), original);
}

#[test]
fn strip_overrides_knows_the_fields_of_every_package_manager() {
    let rewritten = r#"{
  "dependencies": {"@bytelyst/http": "file:../.docker-deps/http.tgz"},
  "peerDependencies": {"@bytelyst/errors": "file:../.docker-deps/errors.tgz"},
  "overrides": {
    "@bytelyst/http": {".": "file:../.docker-deps/http.tgz", "cc": {".": "file:../.docker-deps/client.tgz"}},
    "@bytelyst/client": {"left": "1", ".": "file:../.docker-deps/client.tgz"},
    "@bytelyst/errors": "file:../.docker-deps/errors.tgz",
    "right": "2"
  },
  "resolutions": {"@bytelyst/errors": "file:../.docker-deps/errors.tgz", "@bytelyst/http/cc": "file:../.docker-deps/x.tgz"},
  "pnpm": {"packageExtensions": {"x": {"dependencies": {"@bytelyst/errors": "file:../.docker-deps/errors.tgz"}}}}
}
"#;
    let world = product();
    let original = r#"{
  "dependencies": {"@bytelyst/http": "^3.0.0"},
  "peerDependencies": {"@bytelyst/errors": "1"},
  "overrides": {
    "@bytelyst/http": "1.0.0",
    "@bytelyst/client": {"left": "1"},
    "right": "2"
  },
  "pnpm": {"packageExtensions": {"x": {"dependencies": {"@bytelyst/errors": "1"}}}}
}
"#;
    world.file(MANIFEST, original);
    world.git("notes", &["commit", "--quiet", "--all", "--message=original"]);
    world.file(MANIFEST, rewritten);
    world.run_in("notes", ["--strip-overrides"]).exits(0);
    assert_eq!(world.read(MANIFEST), original);

    // The history of the file knows better than the last commit.
    world.file(MANIFEST, rewritten);
    world.git("notes", &["commit", "--quiet", "--all", "--message=rewritten"]);
    world.run_in("notes", ["--strip-overrides"]).exits(0);
    assert_eq!(world.read(MANIFEST), original);
}

#[test]
fn a_rewrite_that_comes_back_from_a_stash_is_told_of() {
    let world = product();
    world.run_in("notes", ["prepare"]).exits(0);
    world.git("notes", &["stash", "--quiet"]);
    world.run_in("notes", ["restore"]).exits(0);
    world.git("notes", &["stash", "pop", "--quiet"]);
    let run = world.run_in("notes", ["restore", "--clean"]).exits(3);
    assert!(run.stderr.contains("backend/package.json:4: points into .docker-deps/"), "{run}");
    assert!(run.stderr.contains("git checkout HEAD -- backend/package.json"), "{run}");
    assert!(world.exists("notes/.docker-deps"), "a manifest points there still");
    world.run_in("notes", ["--strip-overrides"]).exits(0);
    assert_eq!(world.git_status("notes"), "");
    let run = world.run_in("notes", ["restore"]).exits(0);
    assert!(!run.stderr.contains("warning"), "{run}");
}

#[test]
fn strip_overrides_takes_nothing_out_where_git_cannot_read_the_last_commit() {
    let world = product();
    let blob = world.git("notes", &["rev-parse", "HEAD:backend/package.json"]);
    let (folder, name) = blob.trim().split_at(2);
    let object = format!("notes/.git/objects/{folder}/{name}");
    world.run_in("notes", ["prepare"]).exits(0);
    fs::remove_file(world.path(format!("{MANIFEST}.bak"))).unwrap();
    fs::remove_dir_all(world.path("notes/.git/docker-prep")).unwrap();
    let rewritten = world.read(MANIFEST);
    let kept = world.bytes(&object);
    world.remove(&object);
    let run = world.run_in("notes", ["--strip-overrides"]).exits(5);
    assert!(run.stderr.contains("backend/package.json: git cannot read it from the last commit"), "{run}");
    assert_eq!(world.read(MANIFEST), rewritten);
    world.file(&object, kept);
    world.run_in("notes", ["--strip-overrides"]).exits(0);
    assert_eq!(world.git_status("notes"), "");
}
