//! As process 1 of a container, by way of a pid namespace.

use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use crate::common::Run;
use crate::run::scene::{LISTENER, MORTAL, Running, Scene};

/// The program as process 1.
fn as_first(scene: &Scene, command: &[&str]) -> Command {
    let program = scene.program(&["run"], command);
    let mut unshare = scene.command("unshare");
    if !rustix::process::geteuid().is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    unshare.args(["--pid", "--fork", "--mount-proc", "--"]);
    unshare.arg(program.get_program()).args(program.get_args());
    unshare
}

/// The only child of unshare, by the id that it has out here.
fn first(running: &Running) -> Pid {
    let parent = running.pid().as_raw_nonzero().to_string();
    let children: Vec<i32> = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.split(' ').nth(1) == Some(&parent))
        })
        .collect();
    assert_eq!(children.len(), 1, "{children:?}");
    Pid::from_raw(children[0]).unwrap()
}

#[test]
fn signals_are_passed_on() {
    let scene = Scene::new();
    let mut running = Running::start(as_first(&scene, &["perl", "-e", LISTENER]));
    for (signal, name) in [(Signal::TERM, "TERM"), (Signal::INT, "INT"), (Signal::HUP, "HUP")] {
        kill_process(first(&running), signal).unwrap();
        assert_eq!(running.line(), name);
    }
    let run = running.release().exits(7);
    assert_eq!(run.stdout, "end\n");
    scene.is_restored();
    let mut running = Running::start(as_first(&scene, &["perl", "-e", MORTAL]));
    kill_process(first(&running), Signal::TERM).unwrap();
    running.rest().exits(143);
    scene.is_restored();
}

#[test]
fn orphans_leave_no_zombies_and_are_not_taken_for_the_command() {
    let scene = Scene::new();
    // Each child leaves a child of its own behind, which ends with another code.
    let script = r#"
        for (1 .. 20) { if (!fork) { fork or exit 3; exit 0 } wait }
        for (1 .. 200_000) {
            opendir my $proc, '/proc';
            exit 7 if 2 == grep { /^\d+$/ } readdir $proc;
        }
        system 'ps ax >&2';
        exit 1;
    "#;
    let run = Run::from(as_first(&scene, &["perl", "-e", script]).output().unwrap());
    assert_eq!(run.code, Some(7), "{run}");
    scene.is_restored();
}

#[test]
fn a_child_that_stays_dies_with_it_and_the_project_is_restored() {
    let scene = Scene::new();
    let run = Run::from(
        as_first(&scene, &["sh", "-c", "echo $PPID; cat /dev/zero >/dev/full & kill -STOP $!; exit 7"])
            .output()
            .unwrap(),
    );
    assert_eq!((&*run.stdout, run.code), ("1\n", Some(7)), "{run}");
    scene.is_restored();
}
