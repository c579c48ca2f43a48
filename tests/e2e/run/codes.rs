//! How the command ended is how the program ends, and what keeps it from being started.

use crate::run::scene::Scene;

#[test]
fn every_exit_code_is_passed_on() {
    let scene = Scene::new();
    // Nothing to prepare: only the code is looked at.
    scene.world.file("empty/package.json", "{}").git_init("empty");
    for code in 0..=255 {
        let exit = format!("exit {code}");
        scene.world.run_in("empty", ["--quiet", "run", "--", "sh", "-c", &exit]).exits(code);
    }
    for code in [0, 1, 3, 127, 130, 255] {
        let run =
            scene.sh(&format!("grep -q file: backend/package.json || exit 99; exit {code}")).exits(code);
        assert_eq!(run.stderr.contains(&format!("exit code {code}")), code != 0, "{run}");
    }
    scene.is_restored();
}

#[test]
fn a_signal_that_ends_it_is_128_and_its_number() {
    let scene = Scene::new();
    scene.world.file("empty/package.json", "{}").git_init("empty");
    for signal in [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15] {
        let kill = format!("ulimit -c 0; kill -{signal} $$");
        scene.world.run_in("empty", ["run", "--", "sh", "-c", &kill]).exits(128 + signal);
    }
    for (signal, name) in [(9, "SIGKILL"), (15, "SIGTERM"), (2, "SIGINT")] {
        let run = scene.sh(&format!("kill -{signal} $$")).exits(128 + signal);
        assert!(run.stderr.contains(&format!("the command was ended by {name}")), "{run}");
        scene.is_restored();
    }
}

#[test]
fn a_command_that_is_not_there_is_127_and_one_that_cannot_be_executed_126() {
    let scene = Scene::new();
    scene.world.file("plain", "echo hi\n").exec("no-program", "\u{1}\u{2}\u{3}");
    for (command, code) in [
        ("no-such-command", 127),
        ("../no-such-command", 127),
        ("", 127),
        ("../plain", 126),
        ("./backend", 126),
        ("../no-program", 126),
        ("../plain/inside", 126),
    ] {
        let run = scene.run(&["run"], &[command, "word"]).exits(code);
        assert!(run.stderr.contains(&format!("error: {command}: ")), "{run}");
        assert_eq!(run.stdout, "");
        scene.is_restored();
    }
}

#[test]
fn it_is_not_started_where_preparing_fails() {
    let scene = Scene::new();
    let touch: &[&str] = &["touch", "../was-run"];
    scene.run(&["run", "--nonsense"], touch).exits(2);
    scene.world.run_in("notes", ["run"]).exits(2);
    scene.world.run_in("notes", ["run", "--"]).exits(2);
    scene.run(&["run", "--workspace", "../nowhere"], touch).exits(5);
    scene.world.remove("plat/packages/errors/dist");
    let run = scene.run(&["run"], touch).exits(4);
    assert!(run.stderr.contains("@bytelyst/errors"), "{run}");
    scene.world.file("notes/backend/package.json.bak", "{}");
    scene.run(&["run"], touch).exits(3);
    scene.world.remove("notes/backend/package.json.bak");
    assert!(!scene.world.exists("was-run"));
    scene.is_restored();
}

#[test]
fn a_prepared_project_is_refused_and_force_restores_at_the_end() {
    let scene = Scene::new();
    scene.world.run_in("notes", ["prepare"]).exits(0);
    let prepared = scene.now();
    let run = scene.run(&["run"], &["touch", "../was-run"]).exits(3);
    assert!(run.stderr.contains("prepared already") && run.stderr.contains("docker-prep restore"), "{run}");
    assert!(!scene.world.exists("was-run"));
    prepared.assert_same(&scene.now());
    scene.run(&["run", "--force"], &["grep", "-q", "file:", "backend/package.json"]).exits(0);
    scene.is_restored();
}

#[test]
fn keep_leaves_it_prepared_where_the_command_fails_and_only_there() {
    let scene = Scene::new();
    scene.run(&["run", "--keep"], &["true"]).exits(0);
    scene.is_restored();
    for (script, code) in [("exit 5", 5), ("kill -TERM $$", 143)] {
        let run = scene.run(&["run", "--keep"], &["sh", "-c", script]).exits(code);
        assert!(run.stderr.contains("docker-prep restore"), "says how to put it back: {run}");
        assert!(scene.manifest().contains("file:../.docker-deps/"));
        let status = scene.world.run_in("notes", ["status"]).exits(0);
        assert!(status.stdout.contains("prepared by docker-prep"), "{status}");
        scene.world.run_in("notes", ["restore"]).exits(0);
        scene.is_restored();
    }
    let run = scene.run(&["run", "--keep"], &["no-such-command"]).exits(127);
    assert!(run.stderr.contains("docker-prep restore"), "{run}");
    scene.world.run_in("notes", ["restore"]).exits(0);
    scene.is_restored();
}

#[test]
fn it_runs_where_there_is_nothing_to_prepare() {
    let scene = Scene::new();
    scene.world.remove("notes/backend/Dockerfile").file("notes/backend/package.json", "{}");
    let before = scene.now();
    let run = scene.run(&["run"], &["sh", "-c", "echo hi; exit 6"]).exits(6);
    assert_eq!(run.stdout, "hi\n");
    before.assert_same(&scene.now());
    assert!(!scene.world.exists("notes/.git/docker-prep"));
}
