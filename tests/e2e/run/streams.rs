//! Streams that are closed, full, or have no reader; nohup; children that stay.

use std::process::Stdio;

use rustix::process::Signal;

use crate::common::Run;
use crate::run::scene::{LISTENER, Running, Scene, fifo, writer};

/// `run -- sh -c SCRIPT` with a shell's redirections, which std cannot make.
fn redirected(scene: &Scene, words: &str, script: &str, redirections: &str) -> Run {
    let mut shell = scene.command("sh");
    shell.arg("-c");
    shell.arg(format!("exec \"$1\" {words} -- sh -c \"$2\" {redirections}"));
    shell.args(["sh", env!("CARGO_BIN_EXE_docker-prep"), script]);
    Run::from(shell.output().unwrap())
}

#[test]
fn closed_streams_are_no_panic() {
    let scene = Scene::new();
    for redirections in ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-", ">&- 2>&-"] {
        for words in ["run", "--json run", "--verbose run"] {
            let script =
                "cat >/dev/null; grep -q file: backend/package.json && echo out && echo err >&2; exit 7";
            let run = redirected(&scene, words, script, redirections).exits(7);
            assert!(!run.stderr.contains("panic"), "{run}");
            scene.is_restored();
            let run = redirected(&scene, words, "echo nonsense >backend/package.json", redirections).exits(3);
            assert!(!run.stderr.contains("panic"), "{run}");
            scene.world.run_in("notes", ["restore", "--force"]).exits(0);
            for entry in std::fs::read_dir(scene.world.path("notes/backend")).unwrap() {
                let path = entry.unwrap().path();
                if path.to_string_lossy().contains("edited") {
                    std::fs::remove_file(path).unwrap();
                }
            }
            scene.is_restored();
        }
    }
}

#[test]
fn a_reader_that_is_gone_is_the_commands_affair() {
    let scene = Scene::new();
    let broken = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer
    };
    // A program of its own dies of SIGPIPE, as it would without us.
    let mut program = scene.program(&["run"], &["yes"]);
    assert_eq!(program.stdout(broken()).stderr(Stdio::null()).status().unwrap().code(), Some(141));
    scene.is_restored();
    for words in [["run"].as_slice(), &["--json", "run"]] {
        let mut program = scene.program(words, &["sh", "-c", "exit 7"]);
        assert_eq!(program.stdout(broken()).stderr(broken()).status().unwrap().code(), Some(7), "{words:?}");
        scene.is_restored();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_document_that_is_lost_on_a_full_disk_is_no_success() {
    let scene = Scene::new();
    let mut program = scene.program(&["--json", "run"], &["true"]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(program.stdout(full).stderr(Stdio::null()).status().unwrap().code(), Some(5));
    scene.is_restored();
}

#[test]
fn under_nohup_it_goes_on() {
    let scene = Scene::new();
    let program = scene.program(&["run"], &["perl", "-e", &LISTENER.replace("INT TERM HUP QUIT", "TERM")]);
    let mut nohup = scene.command("nohup");
    nohup.arg(program.get_program()).args(program.get_args());
    let mut running = Running::start(nohup);
    running.send(Signal::HUP);
    running.send(Signal::TERM);
    assert_eq!(running.line(), "TERM");
    let run = running.release();
    assert_eq!((&*run.stdout, run.code), ("end\n", Some(7)), "{run}");
    scene.is_restored();
}

#[test]
fn a_child_that_stays_with_our_streams_is_not_waited_for() {
    let scene = Scene::new();
    fifo(&scene.world, "hold");
    let script = "cat ../hold & echo ready $!; exit 7";
    let mut running = Running::start(scene.program(&["run"], &["sh", "-c", script]));
    assert_eq!(running.code(), Some(7));
    scene.is_restored();
    rustix::process::test_kill_process(running.command).expect("the daemon lives on");
    drop(writer(&scene.world, "hold"));
    running.rest();
}

#[test]
fn timeout_around_it_is_fine() {
    let scene = Scene::new();
    let program = scene.program(&["run"], &["cat"]);
    let mut timeout = scene.command("timeout");
    timeout
        .current_dir(scene.world.path("notes"))
        .arg("1")
        .arg(program.get_program())
        .args(program.get_args());
    let mut child =
        timeout.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let stdin = child.stdin.take();
    assert_eq!(child.wait().unwrap().code(), Some(124));
    drop(stdin);
    scene.is_restored();
}
