//! Folders that may not be written to.

use std::fs;

use crate::common::Run;
use crate::filesystems::place::{Mounted, Place, with_own_mounts};

#[track_caller]
fn is_refused(run: Run, path: &str, cause: &str) {
    let run = run.exits(3);
    let told = run
        .stderr
        .lines()
        .any(|line| line.starts_with("error: ") && line.contains(path) && line.contains(cause));
    assert!(told, "names {path} and '{cause}': {run}");
}

/// The folder, and another mode for it.
fn chmod(place: &Place, folder: &str, mode: u32) {
    place.world.mode(format!("notes/{folder}"), mode);
}

#[test]
fn a_folder_without_the_right_to_write_is_named_and_nothing_is_changed() {
    let place = Place::of_nobody();
    for (folder, cause) in
        [("backend", "read-only"), (".git", "permission denied"), ("", "permission denied")]
    {
        chmod(&place, folder, 0o555);
        for words in [["prepare"].as_slice(), &["run", "--", "touch", "/nonsense"]] {
            is_refused(place.call(words), folder, cause);
        }
        chmod(&place, folder, 0o755);
        place.is_restored();
    }
    place.call(&["prepare"]).exits(0);
    place.call(&["restore"]).exits(0);
    // Another tarball is due, and cannot be put there.
    place.world.file("plat/packages/errors/dist/index.js", "module.exports = 'changed';\n");
    chmod(&place, ".docker-deps", 0o555);
    let run = place.call(&["prepare"]);
    assert!(matches!(run.code, Some(3..=5)) && run.stderr.contains(".docker-deps"), "{run}");
    place.is_restored();
    chmod(&place, ".docker-deps", 0o755);
    place.call(&["run", "--", "true"]).exits(0);
    place.is_restored();
}

#[test]
fn a_folder_that_loses_the_right_to_write_while_prepared_is_restored_later() {
    let place = Place::of_nobody();
    for folder in ["backend", ".git/docker-prep"] {
        place.call(&["prepare"]).exits(0);
        chmod(&place, folder, 0o555);
        is_refused(place.call(&["restore"]), folder, "permission denied");
        place.is_whole();
        is_refused(place.call(&["prepare"]), "", "");
        chmod(&place, folder, 0o755);
        place.call(&["restore"]).exits(0);
        place.is_restored();
        is_refused(place.call(&["run", "--", "chmod", "555", folder]), folder, "permission denied");
        let status = place.call(&["status"]).exits(0);
        assert!(status.stdout.contains("was killed") || status.stdout.contains("prepared"), "{status}");
        chmod(&place, folder, 0o755);
        place.call(&["restore"]).exits(0);
        place.is_restored();
    }
}

#[test]
fn a_file_system_that_is_read_only_is_named_and_nothing_is_changed() {
    with_own_mounts(
        "filesystems::read_only::a_file_system_that_is_read_only_is_named_and_nothing_is_changed",
        || {
            let place = Place::new();
            for folder in ["backend", ".git", ""] {
                let mounted = Mounted::again(&place.path(folder));
                mounted.read_only(true);
                for words in [["prepare"].as_slice(), &["run", "--", "touch", "../was-run"]] {
                    is_refused(place.call(words), folder, "read-only");
                }
                assert!(!place.world.exists("was-run"));
                place.is_restored();
                mounted.read_only(false);
                place.call(&["prepare"]).exits(0);
                mounted.read_only(true);
                is_refused(place.call(&["restore"]), folder, "read-only");
                assert!(!place.is_whole() || folder == ".git");
                mounted.read_only(false);
                place.call(&["restore", "--clean"]).exits(0);
                place.is_restored();
                drop(mounted);
            }
        },
    );
}

#[test]
fn somebody_elses_manifest_in_a_sticky_folder_is_left_alone() {
    let place = Place::of_nobody();
    assert!(rustix::process::geteuid().is_root(), "it takes root to make a file that is somebody else's");
    std::os::unix::fs::chown(place.manifest(), Some(0), Some(0)).unwrap();
    std::os::unix::fs::chown(place.path("backend"), Some(0), Some(0)).unwrap();
    chmod(&place, "backend", 0o1777);
    let run = place.call(&["prepare"]).exits(3);
    assert!(run.stderr.contains("backend/package.json"), "{run}");
    assert_eq!(fs::read_to_string(place.manifest()).unwrap(), place.original);
    assert!(!place.world.exists("notes/backend/package.json.bak"), "{run}");
    chmod(&place, "backend", 0o755);
    place.is_restored();
}

#[test]
fn what_cannot_be_read_is_no_reason_to_leave_a_surface_out() {
    let place = Place::of_nobody();
    // A database's folder, as a compose file makes one.
    place.world.dir("notes/data");
    chmod(&place, "data", 0o000);
    let run = place.call(&["prepare"]).exits(0);
    assert!(run.stderr.contains("notes/data: not searched for surfaces: permission denied"), "{run}");
    place.call(&["restore"]).exits(0);
    chmod(&place, "data", 0o755);
    place.world.remove("notes/data");
    for (path, right, wrong) in [("backend/Dockerfile", 0o644, 0o000), ("backend", 0o755, 0o444)] {
        chmod(&place, path, wrong);
        is_refused(place.call(&["prepare"]), path, "permission denied");
        chmod(&place, path, right);
        place.is_restored();
    }
}

#[test]
fn a_mark_that_cannot_be_read_is_not_taken_for_somebody_elses_folder() {
    let place = Place::of_nobody();
    place.call(&["prepare"]).exits(0);
    chmod(&place, ".docker-deps/.docker-prep", 0o000);
    is_refused(place.call(&["restore", "--clean"]), ".docker-deps/.docker-prep", "permission denied");
    chmod(&place, ".docker-deps/.docker-prep", 0o644);
    place.call(&["restore", "--clean"]).exits(0);
    assert!(!place.path(".docker-deps").exists());
    place.is_restored();
}
