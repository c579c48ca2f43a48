//! Several file systems in one project, and one without hard links.

use std::os::unix::fs::MetadataExt as _;

use crate::common::Run;
use crate::filesystems::place::{Mounted, Place, call, with_own_mounts};

/// There and back, by each way.
fn there_and_back(place: &Place) {
    let identity = place.identity();
    place.call(&["prepare"]).exits(0);
    assert!(!place.is_whole());
    place.call(&["prepare", "--force"]).exits(0);
    place.call(&["restore", "--clean"]).exits(0);
    place.is_restored();
    place.call(&["run", "--", "grep", "-q", "file:", "backend/package.json"]).exits(0);
    place.is_restored();
    assert_eq!(place.identity(), identity, "the very file came back");
}

#[test]
fn a_manifest_on_another_file_system_than_the_git_directory() {
    with_own_mounts("filesystems::other::a_manifest_on_another_file_system_than_the_git_directory", || {
        let place = Place::new();
        let _mounted = Mounted::in_memory(&place.path("backend"), "1m");
        let device = |path| place.path(path).metadata().unwrap().dev();
        assert_ne!(device("backend"), device(".git"));
        there_and_back(&place);
    });
}

#[test]
fn a_git_directory_elsewhere_on_another_file_system() {
    with_own_mounts("filesystems::other::a_git_directory_elsewhere_on_another_file_system", || {
        let place = Place::new();
        let elsewhere = place.world.beside("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        let _mounted = Mounted::in_memory(&elsewhere, "4m");
        let git = elsewhere.join("git").display().to_string();
        // As `git init --separate-git-dir` leaves it, which cannot move one to another file system.
        call(std::process::Command::new("cp").arg("-a").arg(place.path(".git")).arg(&git));
        place.world.remove("notes/.git").file("notes/.git", format!("gitdir: {git}\n"));
        there_and_back(&place);
        place.call(&["prepare"]).exits(0);
        assert!(elsewhere.join("git/docker-prep/state.json").is_file());
        place.call(&["restore"]).exits(0);
        assert!(!elsewhere.join("git/docker-prep").exists());
    });
}

#[test]
fn a_deps_dir_on_another_file_system() {
    with_own_mounts("filesystems::other::a_deps_dir_on_another_file_system", || {
        let place = Place::new();
        place.world.dir("notes/.docker-deps");
        let _mounted = Mounted::in_memory(&place.path(".docker-deps"), "1m");
        place.call(&["prepare"]).exits(0);
        // That it was there before is known until then.
        place.call(&["restore", "--clean"]).exits(0);
        place.is_restored();
        place.call(&["run", "--", "grep", "-q", "file:", "backend/package.json"]).exits(0);
        place.call(&["restore", "--clean"]).exits(0);
        place.is_restored();
        assert!(place.path(".docker-deps").is_dir());
    });
}

/// What link(2) answers there: FAT and some network file systems say EPERM, others that there is no such call.
#[test]
fn a_file_system_without_hard_links() {
    for error in ["EPERM", "EOPNOTSUPP", "ENOSYS", "EMLINK"] {
        let place = Place::new();
        place.world.mode("notes/backend/package.json", 0o640);
        let place = place.looked_at_anew();
        let without_links = |words: &[&str]| {
            let mut strace = place.world.command("strace");
            strace.current_dir(place.world.path("notes")).args(["-f", "-qq", "-o", "/dev/null"]);
            strace.args(["-e", "trace=link,linkat", "-e", &format!("inject=link,linkat:error={error}")]);
            strace.arg(env!("CARGO_BIN_EXE_docker-prep")).args(words);
            Run::from(strace.output().expect("strace runs (apt-get install strace)"))
        };
        without_links(&["prepare"]).exits(0);
        assert!(!place.is_whole());
        assert_eq!(place.world.read("notes/backend/package.json.bak"), place.original);
        assert_eq!(place.path("backend/package.json.bak").metadata().unwrap().nlink(), 1);
        without_links(&["restore"]).exits(0);
        place.is_restored();
        without_links(&["run", "--", "grep", "-q", "file:", "backend/package.json"]).exits(0);
        place.is_restored();
    }
}

/// What a disk could not keep is told once, to the first sync that asks: of a large tarball that is one in its middle.
#[test]
fn a_disk_that_fails_while_a_large_tarball_is_made() {
    let place = Place::new();
    let mut seed = 1_u64;
    let noise = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33).to_le_bytes()[0]
    });
    // It cannot be made smaller, so there is something to be synced before the end.
    place.world.file("plat/packages/errors/dist/noise", noise.take(40 << 20).collect::<Vec<u8>>());
    let place = place.looked_at_anew();
    let failing = |call: &str| {
        let mut strace = place.world.command("strace");
        strace.current_dir(place.world.path("notes")).args(["-f", "-qq", "-o", "/dev/null"]);
        strace.args(["-e", &format!("trace={call}"), "-e", &format!("inject={call}:error=EIO:when=1")]);
        strace.args([env!("CARGO_BIN_EXE_docker-prep"), "prepare"]);
        Run::from(strace.output().expect("strace runs (apt-get install strace)"))
    };
    for call in ["fdatasync", "fsync"] {
        let run = failing(call);
        assert!(matches!(run.code, Some(4 | 5)), "{call}: {run}");
        assert!(run.stderr.contains("input/output error"), "{call}: {run}");
        assert!(place.is_whole(), "{call}: {run}");
        place.call(&["restore", "--clean"]).exits(0);
        place.is_restored();
    }
    place.call(&["prepare"]).exits(0);
    place.call(&["restore", "--clean"]).exits(0);
    place.is_restored();
}

/// Linux lets nobody link a file that is somebody else's.
#[test]
fn somebody_elses_manifest_in_ones_own_folder() {
    assert!(rustix::process::geteuid().is_root(), "it takes root to make a file that is somebody else's");
    let place = Place::of_nobody();
    call(std::process::Command::new("chown").arg("0:0").arg(place.manifest()));
    place.call(&["prepare"]).exits(0);
    assert!(!place.is_whole());
    place.call(&["restore"]).exits(0);
    place.is_restored();
}
