//! Prepare, restore and status through the binary.

use crate::common::product::product;
use crate::common::{Run, Snapshot, World};

/// The product's own files: git's are not what is promised.
fn files(world: &World) -> Snapshot {
    Snapshot::of(&world.path("notes")).without(&[".git"]).without_folder_times()
}

fn tarballs(world: &World) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(world.path("notes/.docker-deps"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".tgz"))
        .collect();
    names.sort();
    names
}

#[test]
fn prepare_packs_the_closure_and_rewrites_the_manifest() {
    let world = product();
    world.run_in("notes", ["prepare"]).exits(0);
    let names = tarballs(&world);
    let stems: Vec<_> = names.iter().map(|name| &name[..name.len() - 17]).collect();
    assert_eq!(
        stems,
        [
            "bytelyst-client-0.2.0",
            "bytelyst-context-1.0.0",
            "bytelyst-errors-1.4.2",
            "bytelyst-http-3.1.0",
            "bytelyst-logger-2.0.0"
        ]
    );
    let manifest: serde_json::Value =
        serde_json::from_str(&world.read("notes/backend/package.json")).unwrap();
    let file = |stem: &str| {
        format!("file:../.docker-deps/{}", names.iter().find(|name| name.starts_with(stem)).unwrap())
    };
    assert_eq!(manifest["dependencies"]["@bytelyst/http"], file("bytelyst-http-"));
    assert_eq!(manifest["dependencies"]["@bytelyst/context"], file("bytelyst-context-"), "the required peer");
    assert_eq!(manifest["dependencies"]["ms"], "^2.1.3");
    let overrides = manifest["pnpm"]["overrides"].as_object().unwrap();
    assert_eq!(overrides.len(), 5);
    assert_eq!(overrides["@bytelyst/errors"], file("bytelyst-errors-"));
    assert_eq!(
        world.read("notes/backend/package.json.bak"),
        world.git("notes", &["show", "HEAD:backend/package.json"])
    );
}

#[test]
fn restore_brings_everything_back() {
    let world = product();
    world.mode("notes/backend/package.json", 0o640);
    let before = files(&world);
    world.run_in("notes", ["prepare"]).exits(0);
    world.run_in("notes", ["restore"]).exits(0);
    before.assert_same(&files(&world).without(&[".docker-deps"]));
    assert_eq!(world.git_status("notes"), "", "the deps dir hides itself from git");
    world.run_in("notes", ["restore", "--clean"]).exits(0);
    before.assert_same(&files(&world));
    assert!(!world.exists("notes/.git/docker-prep/state.json"));
}

#[test]
fn the_flags_of_the_old_script() {
    let world = product();
    let before = files(&world);
    let run = world.run_in("notes", ["--dry-run"]).exits(0);
    assert!(run.stdout.contains("+++ b/backend/package.json"), "{run}");
    before.assert_same(&files(&world));
    world.run_in("notes", [""; 0]).exits(0);
    world.run_in("notes", [""; 0]).exits(3);
    world.run_in("notes", ["--force"]).exits(0);
    world.run_in("notes", ["--restore"]).exits(0);
    before.assert_same(&files(&world).without(&[".docker-deps"]));
    world.run_in("notes", ["--keep"]).exits(0);
    world.run_in("notes", ["--restore"]).exits(0);
    before.assert_same(&files(&world).without(&[".docker-deps"]));
}

#[test]
fn a_dry_run_changes_nothing_and_shows_what_prepare_does() {
    let world = product();
    let before = world.snapshot();
    let run = world.run_in("notes", ["prepare", "--dry-run"]).exits(0);
    before.assert_same(&world.snapshot());
    let json = world.run_in("notes", ["prepare", "--dry-run", "--json"]).exits(0).json();
    before.assert_same(&world.snapshot());
    world.run_in("notes", ["prepare"]).exits(0);
    let planned: Vec<_> = json["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| package["filename"].as_str().unwrap())
        .collect();
    assert_eq!(planned, tarballs(&world));
    for name in planned {
        assert!(run.stdout.contains(name), "{name} in {run}");
    }
    let added: Vec<_> =
        run.stdout.lines().filter(|line| line.starts_with('+') && line.contains("file:")).collect();
    assert_eq!(added.len(), 7, "two dependencies and five overrides: {run}");
    let text = world.read("notes/backend/package.json");
    for line in added {
        assert!(text.lines().any(|there| there == &line[1..]), "{line} in {text}");
    }
}

#[test]
fn a_prepared_tree_is_refused_and_force_starts_from_the_originals() {
    let world = product();
    let original = world.read("notes/backend/package.json");
    world.run_in("notes", ["prepare"]).exits(0);
    let run = world.run_in("notes", ["prepare"]).exits(3);
    assert!(run.stderr.contains("docker-prep restore"), "{run}");
    world.file("plat/packages/errors/dist/index.js", "module.exports = 'changed';\n");
    let before = tarballs(&world);
    let dry = world.run_in("notes", ["prepare", "--force", "--dry-run"]).exits(0);
    assert!(!dry.stdout.contains("-    \"@bytelyst/http\": \"file:"), "planned from the original: {dry}");
    world.run_in("notes", ["prepare", "--force"]).exits(0);
    assert_eq!(world.read("notes/backend/package.json.bak"), original);
    let after = tarballs(&world);
    assert_eq!(after.len(), before.len(), "what no longer belongs is gone");
    assert_eq!(before.iter().filter(|name| !after.contains(name)).count(), 1, "other content, another name");
    world.run_in("notes", ["restore"]).exits(0);
    assert_eq!(world.read("notes/backend/package.json"), original);
}

#[test]
fn force_that_cannot_prepare_anew_leaves_the_project_prepared() {
    let world = product();
    world.run_in("notes", ["prepare"]).exits(0);
    let before = files(&world);
    world.remove("plat/packages/errors/dist");
    world.run_in("notes", ["prepare", "--force"]).exits(4);
    before.assert_same(&files(&world));
}

#[test]
fn unchanged_tarballs_are_not_written_again() {
    let world = product();
    world.run_in("notes", ["prepare"]).exits(0);
    world.run_in("notes", ["restore"]).exits(0);
    let deps = || Snapshot::of(&world.path("notes/.docker-deps")).without_folder_times();
    let before = deps();
    let json = world.run_in("notes", ["prepare", "--json"]).exits(0).json();
    before.assert_same(&deps());
    assert!(
        json["packages"].as_array().unwrap().iter().all(|package| package["unchanged"] == true),
        "{json:#}"
    );
}

#[test]
fn an_edit_made_while_prepared_is_kept() {
    let world = product();
    let original = world.read("notes/backend/package.json");
    world.run_in("notes", ["prepare"]).exits(0);
    let edited = world.read("notes/backend/package.json").replace("\"ms\": \"^2.1.3\"", "\"ms\": \"^2.1.4\"");
    world.file("notes/backend/package.json", edited);
    world.run_in("notes", ["restore"]).exits(0);
    assert_eq!(world.read("notes/backend/package.json"), original.replace("^2.1.3", "^2.1.4"));
    assert!(!world.exists("notes/backend/package.json.bak"));
}

#[test]
fn an_edit_that_cannot_be_told_apart_is_refused_and_nothing_is_lost() {
    let world = product();
    let original = world.read("notes/backend/package.json");
    world.run_in("notes", ["prepare"]).exits(0);
    world.file("notes/backend/package.json", "not even JSON");
    let before = files(&world);
    let run = world.run_in("notes", ["restore"]).exits(3);
    assert!(run.stderr.contains("backend/package.json") && run.stderr.contains("+not even JSON"), "{run}");
    before.assert_same(&files(&world));
    let run = world.run_in("notes", ["restore", "--force"]).exits(0);
    assert_eq!(world.read("notes/backend/package.json"), original);
    assert!(run.stderr.contains("edited"), "says where the edit is kept: {run}");
}

#[test]
fn restore_of_a_clean_tree_says_so_and_twice_is_harmless() {
    let world = product();
    let before = files(&world);
    let run = world.run_in("notes", ["restore"]).exits(0);
    assert!(run.stderr.contains("nothing to restore"), "{run}");
    world.run_in("notes", ["prepare"]).exits(0);
    world.run_in("notes", ["restore", "--clean"]).exits(0);
    world.run_in("notes", ["restore", "--clean"]).exits(0);
    before.assert_same(&files(&world));
}

#[test]
fn restore_moves_the_old_scripts_backup_back() {
    let world = product();
    let original = world.read("notes/backend/package.json");
    world.file("notes/backend/package.json.bak", &original);
    world.file(
        "notes/backend/package.json",
        r#"{"dependencies": {"@bytelyst/http": "file:../.docker-deps/bytelyst-http-3.1.0.tgz"}}"#,
    );
    world.run_in("notes", ["--restore"]).exits(0);
    assert_eq!(world.read("notes/backend/package.json"), original);
    assert!(!world.exists("notes/backend/package.json.bak"));
}

#[test]
fn status_tells() {
    let world = product();
    let run = world.run_in("notes", ["status"]).exits(0);
    assert!(run.stdout.contains("not prepared"), "{run}");
    assert_eq!(world.run_in("notes", ["status", "--json"]).exits(0).json()["prepared"], false);
    world.run_in("notes", ["prepare"]).exits(0);
    let run = world.run_in("notes", ["status"]).exits(0);
    assert!(run.stdout.contains("prepared") && run.stdout.contains("backend/package.json"), "{run}");
    let json = world.run_in("notes", ["status", "--json"]).exits(0).json();
    assert_eq!(json["prepared"], true);
    assert_eq!(json["schemaVersion"], 1);
}

#[test]
fn it_works_from_any_folder_and_outside_of_git() {
    let world = product();
    let before = files(&world);
    world.run_in("notes/backend", ["prepare"]).exits(0);
    world.run_in("", ["-C", "notes/backend", "restore", "--clean"]).exits(0);
    before.assert_same(&files(&world));
    world.remove("notes/.git");
    world.run_in("notes", ["prepare"]).exits(0);
    assert!(world.exists("notes/.docker-prep"));
    world.run_in("notes", ["restore", "--clean"]).exits(0);
    before.assert_same(&files(&world));
}

#[test]
fn the_settings_file_the_environment_and_flags() {
    let world = product();
    std::fs::rename(world.path("plat"), world.path("elsewhere")).unwrap();
    world.dir("deep");
    std::fs::rename(world.path("elsewhere"), world.path("deep/plat")).unwrap();
    world.run_in("notes", ["prepare", "--dry-run"]).exits(5);
    world.run_in("notes", ["prepare", "--dry-run", "--workspace", "../deep/plat"]).exits(0);
    let mut program = world.program();
    program.current_dir(world.path("notes")).args(["prepare", "--dry-run"]);
    program.env("BYTELYST_COMMON_PLAT_ROOT", world.path("deep/plat"));
    assert_eq!(program.status().unwrap().code(), Some(0));
    world.file("notes/docker-prep.toml", "workspace = \"../deep/plat\"\ndeps-dir = \"backend/deps\"\n");
    let run = world.run_in("notes", ["prepare", "--dry-run"]).exits(0);
    assert!(run.stdout.contains("\"file:deps/bytelyst-http-"), "{run}");
    world.remove("notes/docker-prep.toml");
    world.file("notes/pnpm-workspace.yaml", "packages:\n  - backend\n  - ../deep/plat/packages/*\n");
    world.run_in("notes", ["prepare", "--dry-run"]).exits(0);
}

#[test]
fn a_folder_that_no_dockerfile_builds_is_left_alone() {
    let world = product();
    world.file("notes/mobile/package.json", r#"{"dependencies": {"@bytelyst/errors": "1"}}"#);
    let run = world.run_in("notes", ["prepare"]).exits(0);
    assert!(run.stderr.contains("mobile/package.json"), "{run}");
    assert!(!world.read("notes/mobile/package.json").contains("file:"));
    world.run_in("notes", ["restore"]).exits(0);
    world.run_in("notes", ["prepare", "--surface", "mobile", "--surface", "backend"]).exits(0);
    assert!(world.read("notes/mobile/package.json").contains("file:../.docker-deps/"));
}

#[test]
fn a_signal_ends_it_and_leaves_everything_as_it_was() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let world = product();
        // Large enough that packing is still under way when the signal comes.
        let large = world.path("plat/packages/errors/dist/large.bin");
        std::fs::File::create(large).unwrap().set_len(1 << 30).unwrap();
        let before = files(&world);
        let mut program = world.program();
        let mut child =
            program.current_dir(world.path("notes")).args(["--quiet", "prepare"]).spawn().unwrap();
        let staged = || {
            let entries = std::fs::read_dir(world.path("notes/.docker-deps")).into_iter().flatten().flatten();
            entries.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with(".tmp"))
        };
        while !staged() {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it was stopped");
            std::thread::yield_now();
        }
        let kill = ["-s", signal, &child.id().to_string()].map(str::to_owned);
        assert!(world.command("kill").args(kill).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code), "SIG{signal}");
        before.assert_same(&files(&world));
        assert!(!world.exists("notes/.git/docker-prep"), "no state is left");
    }
}

#[test]
fn a_second_run_refuses_and_names_the_first() {
    let world = product();
    let large = world.path("plat/packages/errors/dist/large.bin");
    std::fs::File::create(large).unwrap().set_len(1 << 30).unwrap();
    let mut program = world.program();
    let mut first = program.current_dir(world.path("notes")).args(["--quiet", "prepare"]).spawn().unwrap();
    while !world.exists("notes/.docker-deps") {
        assert!(first.try_wait().unwrap().is_none(), "it ended before the second one began");
        std::thread::yield_now();
    }
    let run = world.run_in("notes", ["prepare"]).exits(3);
    assert!(run.stderr.contains(&first.id().to_string()), "{run}");
    let status = world.run_in("notes", ["status"]).exits(0);
    assert!(status.stdout.contains(&first.id().to_string()), "{status}");
    assert!(world.command("kill").arg(first.id().to_string()).status().unwrap().success());
    first.wait().unwrap();
}

#[test]
fn two_projects_of_one_repository_do_not_meet() {
    let world = product();
    for name in ["pa", "pb"] {
        world.file(format!("notes/{name}/docker-prep.toml"), "workspace = \"../../plat\"\n");
        world.file(format!("notes/{name}/backend/package.json"), world.read("notes/backend/package.json"));
    }
    let before = files(&world);
    world.run_in("", ["-C", "notes/pa", "prepare"]).exits(0);
    let run = world.run_in("", ["-C", "notes/pb", "restore"]).exits(0);
    assert!(run.stderr.contains("nothing to restore"), "{run}");
    world.run_in("", ["-C", "notes/pb", "prepare"]).exits(0);
    world.run_in("", ["-C", "notes/pa", "restore", "--clean"]).exits(0);
    assert!(world.read("notes/pb/backend/package.json").contains("file:../.docker-deps/"));
    world.run_in("", ["-C", "notes/pb", "restore", "--clean"]).exits(0);
    before.assert_same(&files(&world));
}

#[test]
fn restore_finds_what_prepare_did_whatever_the_deps_dir_was() {
    for in_git in [true, false] {
        let world = product();
        if !in_git {
            world.remove("notes/.git");
        }
        let before = files(&world);
        world.run_in("notes", ["prepare", "--deps-dir", "backend/deps"]).exits(0);
        world.run_in("notes", ["restore", "--clean"]).exits(0);
        before.assert_same(&files(&world));
    }
}

#[test]
fn what_a_killed_run_had_staged_goes_with_restore() {
    let world = product();
    world.run_in("notes", ["prepare"]).exits(0);
    world.run_in("notes", ["restore"]).exits(0);
    world.file("notes/.docker-deps/.docker-prep-x1y2z3.tmp", "half a tarball");
    let run = world.run_in("notes", ["restore"]).exits(0);
    assert!(run.stderr.contains("half-written"), "{run}");
    assert!(!world.exists("notes/.docker-deps/.docker-prep-x1y2z3.tmp"));
}

#[test]
fn packages_of_a_workspace_inside_the_project_are_no_surfaces() {
    let world = product();
    std::fs::rename(world.path("plat"), world.path("notes/plat")).unwrap();
    world.remove("notes/backend/Dockerfile");
    let run = world.run_in("notes", ["prepare", "--dry-run", "--workspace", "plat"]).exits(0);
    assert_eq!(run.stdout.matches("would rewrite").count(), 1, "{run}");
    assert!(run.stdout.contains("from ./plat into"), "{run}");
}

/// macOS and Windows have no such paths.
#[cfg(target_os = "linux")]
#[test]
fn a_path_with_a_line_end_or_bytes_that_are_no_text() {
    for name in [&b"new\nline"[..], b"bad\xff"] {
        let world = product();
        let odd = crate::common::raw_path(name);
        world.dir(&odd);
        for repository in ["plat", "notes"] {
            std::fs::rename(world.path(repository), world.path(&odd).join(repository)).unwrap();
        }
        world.run_in(odd.join("notes"), ["prepare"]).exits(0);
        assert!(world.read(odd.join("notes/backend/package.json")).contains("file:../.docker-deps/"));
        world.run_in(odd.join("notes"), ["restore"]).exits(0);
    }
}

#[test]
fn a_dry_run_says_what_is_there_and_what_would_go() {
    let world = product();
    world.run_in("notes", ["prepare"]).exits(0);
    world.run_in("notes", ["restore"]).exits(0);
    world.file("plat/packages/errors/dist/index.js", "module.exports = 'changed';\n");
    let json = world.run_in("notes", ["prepare", "--dry-run", "--json"]).exits(0).json();
    let unchanged =
        json["packages"].as_array().unwrap().iter().filter(|package| package["unchanged"] == true).count();
    assert_eq!((unchanged, json["removed"].as_array().unwrap().len()), (4, 1), "{json:#}");
    let real = world.run_in("notes", ["prepare", "--json"]).exits(0).json();
    assert_eq!(json["removed"], real["removed"]);
    assert_eq!(json["packages"], real["packages"]);
}

/// Only Linux has a device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_stdout_is_no_success() {
    let world = product();
    let mut program = world.program();
    program.current_dir(world.path("notes")).args(["prepare", "--dry-run"]);
    program.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    assert_eq!(program.status().unwrap().code(), Some(5));
}

/// Who asked for the document does not know otherwise that there is something to restore.
#[cfg(target_os = "linux")]
#[test]
fn a_document_that_reaches_nobody_leaves_nothing_prepared() {
    for keep in [false, true] {
        let world = product();
        let before = files(&world);
        let mut program = world.program();
        program.current_dir(world.path("notes")).args(["prepare", "--json"]).args(keep.then_some("--keep"));
        program.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
        let run = Run::from(program.output().unwrap()).exits(5);
        assert!(run.stderr.contains("stdout: cannot be written"), "{run}");
        assert_eq!(world.read("notes/backend/package.json").contains("file:"), keep);
        assert_eq!(run.stderr.contains("docker-prep restore"), keep, "{run}");
        world.run_in("notes", ["restore", "--clean"]).exits(0);
        before.assert_same(&files(&world));
    }
}

#[test]
fn folders_that_were_there_stay_and_those_that_were_made_go() {
    let world = product();
    world.dir("notes/backend/empty");
    world.dir("notes/vendor");
    let before = files(&world);
    for deps_dir in ["backend/empty", "a/b/c", "vendor/deps", "vendor/deep/deps"] {
        world.run_in("notes", ["prepare", "--deps-dir", deps_dir]).exits(0);
        world.run_in("notes", ["restore"]).exits(0);
        // The second time it is ours already, and what was made before is not forgotten.
        world.run_in("notes", ["prepare", "--deps-dir", deps_dir]).exits(0);
        world.run_in("notes", ["restore", "--clean"]).exits(0);
        before.assert_same(&files(&world));
        assert!(!world.exists("notes/.git/docker-prep"), "{deps_dir}: nothing is left to know");
    }
    // What came beside it is somebody's.
    world.run_in("notes", ["prepare", "--deps-dir", "a/b/c"]).exits(0);
    world.file("notes/a/mine", "x");
    world.run_in("notes", ["restore", "--clean"]).exits(0);
    assert!(world.exists("notes/a/mine") && !world.exists("notes/a/b"));
}

#[test]
fn status_tells_what_no_state_knows() {
    let world = product();
    let status = |words: &[&str]| world.run_in("notes", [&["status"], words].concat());
    status(&["--exit-code"]).exits(0);
    world.run_in("notes", ["prepare"]).exits(0);
    let run = status(&["--exit-code"]).exits(1);
    let by = concat!("prepared by docker-prep ", env!("CARGO_PKG_VERSION"), " (prepare), ");
    assert!(run.stdout.contains(by), "{run}");
    status(&[]).exits(0);
    world.remove("notes/.git/docker-prep");
    world.remove("notes/backend/package.json.bak");
    let run = status(&["--exit-code"]).exits(1);
    let said = "backend/package.json: rewritten, and nothing is known of its original";
    assert!(run.stdout.contains(said) && !run.stdout.contains("not prepared"), "{run}");
    let json = status(&["--json"]).exits(0).json();
    assert_eq!(json["unknown"], serde_json::json!(["backend/package.json"]), "{json:#}");
}

#[test]
fn wrong_words_are_a_document_too() {
    let world = product();
    let json = world.run_in("notes", ["--json", "--nope"]).exits(2).json();
    assert_eq!((json["schemaVersion"].as_u64(), json["exitCode"].as_u64()), (Some(1), Some(2)), "{json:#}");
}
