//! What a command of `run` finds, and what is left of it.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::common::Run;
use crate::source::scene::{Scene, picture_of};
use crate::source::server::{Reply, Server, Silent, closed_port, has_all};

fn down() -> String {
    format!("http://127.0.0.1:{}/", closed_port())
}

#[test]
fn nothing_is_touched_where_the_registry_is_up() {
    let server = Server::new(has_all);
    for source in ["auto", "registry"] {
        let scene = Scene::of(&server).picture();
        let before = picture_of(&scene.world.path("notes"));
        // Beside the world's own tree.
        let taken = scene.world.beside("taken");
        let copy = format!("cp -a . '{}'; exit 9", taken.display());
        let run = scene.call(&["run", "--source", source, "--", "sh", "-c", &copy]).exits(9);
        assert!(run.stderr.contains("nothing is packed"), "{run}");
        before.assert_same(&picture_of(&taken));
        before.assert_same(&picture_of(&scene.world.path("notes")));
        assert!(!scene.world.exists("notes/.docker-deps"));
        scene.is_untouched();
    }
}

#[test]
fn it_is_prepared_and_put_back_where_the_registry_is_down() {
    let url = down();
    let scene = Scene::at(&url).picture();
    let script = "ls .docker-deps | grep -c tgz; grep -c file: backend/package.json; exit 9";
    let run = scene.call(&["run", "--source", "auto", "--", "sh", "-c", script]).exits(9);
    assert_eq!(run.stdout.lines().next(), Some("5"), "{run}");
    let said = |line: &str| line.starts_with(&format!("registry {url} refused the connection in "));
    let lines: Vec<_> = run.stderr.lines().filter(|line| said(line)).collect();
    assert_eq!(lines.len(), 1, "{run}");
    assert!(lines[0].ends_with(" ms: packing 5 packages from ../plat"), "{run}");
    scene.is_untouched();
}

#[test]
fn prepare_alone_does_the_same() {
    let server = Server::new(has_all);
    for source in ["auto", "registry"] {
        let scene = Scene::of(&server).picture();
        scene.call(&["prepare", "--source", source]).exits(0);
        scene.is_untouched();
    }
    let scene = Scene::at(&down()).picture();
    let run = scene.call(&["prepare", "--source", "auto", "--json"]).exits(0);
    assert_eq!(run.json()["source"]["registries"][0]["answer"], "refused");
    assert!(scene.world.read("notes/backend/package.json").contains("file:"));
    scene.call(&["restore"]).exits(0);
    scene.is_untouched();
}

#[test]
fn a_dry_run_asks_and_changes_nothing() {
    let server = Server::new(has_all);
    let scene = Scene::of(&server).picture();
    let run =
        scene.call(&["--json", "run", "--dry-run", "--source", "auto", "--", "touch", "../was-run"]).exits(0);
    assert_eq!(run.json()["source"]["used"], "registry");
    assert_eq!(server.asked().len(), 5);
    scene.is_untouched();
    let scene = Scene::at(&down()).picture();
    let run =
        scene.call(&["--json", "run", "--dry-run", "--source", "auto", "--", "touch", "../was-run"]).exits(0);
    assert_eq!(run.json()["source"]["used"], "workspace");
    scene.is_untouched();
}

#[test]
fn quiet_says_nothing_but_errors() {
    let server = Server::new(has_all);
    for url in [server.url(), down()] {
        let run = Scene::at(&url).call(&["-q", "run", "--source", "auto", "--", "true"]).exits(0);
        assert_eq!((&*run.stdout, &*run.stderr), ("", ""), "{run}");
    }
    let denies = Server::always(Reply::status("403 Forbidden"));
    let run = Scene::of(&denies).call(&["-q", "run", "--source", "auto", "--", "true"]).exits(5);
    assert!(run.stderr.contains("403"), "{run}");
}

#[test]
fn status_tells_it_meanwhile() {
    let server = Server::new(has_all);
    let program = env!("CARGO_BIN_EXE_docker-prep");
    for (url, used, prepared, says) in [
        (server.url(), "registry", false, "nothing is packed"),
        (down(), "workspace", true, "refused the connection"),
    ] {
        let scene = Scene::at(&url).picture();
        let script = format!("'{program}' status; echo; '{program}' status --json");
        let run = scene.call(&["run", "--source", "auto", "--", "sh", "-c", &script]).exits(0);
        let (text, json) = run.stdout.split_once("\n\n").unwrap_or_else(|| panic!("{run}"));
        assert!(text.contains(says) && text.contains(&url), "{run}");
        let json: serde_json::Value = serde_json::from_str(json).unwrap_or_else(|e| panic!("{e}: {run}"));
        assert_eq!(json["source"]["used"], used, "{run}");
        assert_eq!(json["source"]["asked"], "auto", "{run}");
        assert_eq!(json["prepared"], prepared, "{run}");
        scene.is_untouched();
        let run = scene.call(&["status", "--json"]).exits(0);
        assert!(run.json()["source"].is_null(), "nothing is under way: {run}");
    }
    // While it stays prepared.
    let scene = Scene::at(&down()).picture();
    scene.call(&["prepare", "--source", "auto"]).exits(0);
    let run = scene.call(&["status", "--json"]).exits(0);
    assert_eq!(run.json()["source"]["registries"][0]["answer"], "refused", "{run}");
    let run = scene.call(&["status"]).exits(0);
    assert!(run.stdout.contains("refused the connection"), "{run}");
    scene.call(&["restore"]).exits(0);
    scene.is_untouched();
}

#[test]
fn the_jobs_summary_has_the_line() {
    let server = Server::new(has_all);
    for variable in ["GITHUB_ACTIONS", "GITEA_ACTIONS"] {
        for (url, says) in [(server.url(), "nothing is packed"), (down(), "packing 5 packages from")] {
            let scene = Scene::at(&url).file("../summary.md", "before\n");
            let path = scene.world.beside("summary.md").display().to_string();
            let scene = scene.env(variable, "true").env("GITHUB_STEP_SUMMARY", path);
            scene.call(&["run", "--source", "auto", "--", "true"]).exits(0);
            let text = scene.world.read("../summary.md");
            assert!(text.starts_with("before\n"), "{text}");
            assert_eq!(text.lines().filter(|line| line.contains(says)).count(), 1, "{text}");
        }
    }
    // No such job.
    let scene = Scene::of(&server).file("../summary.md", "before\n");
    let path = scene.world.beside("summary.md").display().to_string();
    let scene = scene.env("GITHUB_STEP_SUMMARY", path);
    scene.call(&["run", "--source", "auto", "--", "true"]).exits(0);
    assert_eq!(scene.world.read("../summary.md"), "before\n");
}

/// Docker-prep under way, whose command has said that it is.
fn start(scene: &Scene, words: &[&str]) -> Child {
    let script = "echo ready; read line; exit 0";
    let mut program: Command = scene.program(&[words, &["--", "sh", "-c", script]].concat());
    let mut child =
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut ready = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    assert_eq!(&ready, b"ready\n");
    child
}

#[test]
fn a_second_process_is_refused_meanwhile() {
    let server = Server::new(has_all);
    for source in ["registry", "auto"] {
        let scene = Scene::of(&server).picture();
        let mut first = start(&scene, &["run", "--source", source]);
        let named = format!("process {}", first.id());
        for words in [
            &["run", "--", "true"][..],
            &["run", "--source", "registry", "--", "true"],
            &["run", "--source", "auto", "--", "true"],
            &["prepare"],
            &["restore"],
        ] {
            let run = scene.call(words).exits(3);
            assert!(run.stderr.contains(&named), "{words:?}: {run}");
        }
        first.stdin.take().unwrap().write_all(b"go\n").unwrap();
        let run = Run::from(first.wait_with_output().unwrap());
        run.exits(0);
        scene.is_untouched();
    }
}

#[test]
fn a_prepared_project_is_refused_whatever_the_source() {
    let server = Server::new(has_all);
    let scene = Scene::of(&server).picture();
    scene.call(&["prepare", "--source", "workspace"]).exits(0);
    for source in ["registry", "auto", "workspace"] {
        for words in
            [&["prepare", "--source", source][..], &["run", "--source", source, "--", "touch", "../was-run"]]
        {
            let run = scene.call(words).exits(3);
            assert!(run.stderr.contains("docker-prep restore"), "{words:?}: {run}");
        }
    }
    assert!(server.asked().is_empty(), "refused before anybody is asked");
    assert!(!scene.world.exists("was-run"));
    scene.call(&["restore"]).exits(0);
    scene.is_untouched();
}

#[test]
fn what_a_killed_run_left_is_repaired_before_the_registry_is_used() {
    let server = Server::new(has_all);
    for source in ["registry", "auto"] {
        let scene = Scene::of(&server).picture();
        let mut killed = start(&scene, &["run"]);
        kill_process(Pid::from_child(&killed), Signal::KILL).unwrap();
        drop(killed.stdin.take());
        assert_eq!(killed.wait().unwrap().code(), None);
        assert!(scene.world.read("notes/backend/package.json").contains("file:"), "it was left rewritten");
        let script = "grep -q file: backend/package.json && exit 10; exit 11";
        scene.call(&["run", "--source", source, "--", "sh", "-c", script]).exits(11);
        scene.is_untouched();
    }
}

#[test]
fn an_interrupt_ends_a_probe_that_hangs() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let silent = Silent::new();
        let scene = Scene::at(&silent.url()).picture();
        let words = ["run", "--source", "auto", "--probe-timeout", "60s", "--", "touch", "../was-run"];
        let mut program = scene.program(&words);
        let child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let held = silent.wait();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let (tell, ended) = mpsc::channel();
        std::thread::spawn(move || tell.send(child.wait_with_output()));
        // However busy the machine is: long before the limit.
        let output = ended.recv_timeout(Duration::from_secs(30)).expect("it does not wait for the registry");
        let run = Run::from(output.unwrap()).exits(code);
        // The connection is still there: it was not the registry that ended it.
        drop(held);
        assert!(!run.stderr.contains("packing"), "{run}");
        assert!(!scene.world.exists("was-run"));
        scene.is_untouched();
    }
}
