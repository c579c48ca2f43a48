//! The program is killed while its command runs.

use rustix::process::Signal;

use crate::run::scene::{MORTAL, Scene};

/// Prepared, and the process that would have restored it is dead.
fn killed() -> Scene {
    let scene = Scene::new();
    let mut running = scene.listen(MORTAL);
    running.send(Signal::KILL);
    assert_eq!(running.code(), None);
    // The command goes on, and ends as its stdin does.
    running.release();
    assert!(scene.manifest().contains("file:../.docker-deps/"));
    scene
}

#[test]
fn status_says_what_happened_and_restore_repairs() {
    let scene = killed();
    let status = scene.world.run_in("notes", ["status"]).exits(0);
    let first = status.stdout.lines().next().unwrap();
    let (begin, end) = (
        concat!("docker-prep ", env!("CARGO_PKG_VERSION"), " (run ").to_owned(),
        " ago, was killed, or could not go on, while it ran a command on the prepared project",
    );
    assert!(first.starts_with(&begin) && first.ends_with(end), "{status}");
    assert!(status.stdout.contains("backend/package.json: rewritten"), "{status}");
    assert!(status.stdout.contains("docker-prep restore"), "{status}");
    let json = scene.world.run_in("notes", ["--json", "status"]).exits(0).json();
    assert_eq!(json["prepared"], false, "nobody meant it to stay so: {json:#}");
    assert_eq!(json["state"], "interrupted", "{json:#}");
    scene.world.run_in("notes", ["restore"]).exits(0);
    scene.is_restored();
}

#[test]
fn prepare_and_run_repair_what_nobody_has_edited() {
    let scene = killed();
    let run = scene.world.run_in("notes", ["prepare"]).exits(0);
    assert!(run.stderr.contains("), begun ") && run.stderr.contains("it is repaired"), "{run}");
    scene.world.run_in("notes", ["restore"]).exits(0);
    scene.is_restored();
    let scene = killed();
    scene.run(&["run"], &["grep", "-q", "file:", "backend/package.json"]).exits(0);
    scene.is_restored();
}

#[test]
fn what_somebody_has_edited_is_refused_by_prepare_and_kept_by_restore() {
    let scene = killed();
    let edited = scene.manifest().replace("2.1.3", "2.1.4");
    scene.world.file("notes/backend/package.json", &edited);
    for words in [["prepare"].as_slice(), &["run", "--", "true"]] {
        let run = scene.world.run_in("notes", words).exits(3);
        assert!(run.stderr.contains("), begun ") && run.stderr.contains("edited since"), "{run}");
        assert_eq!(scene.manifest(), edited);
    }
    scene.world.run_in("notes", ["restore"]).exits(0);
    assert_eq!(scene.world.git("notes", &["diff", "--numstat"]), "1\t1\tbackend/package.json\n");
    assert!(scene.manifest().contains("2.1.4"));
}
