//! Signals that processes send.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};

use crate::run::scene::{LISTENER, MORTAL, Running, Scene};

const ALL: [(Signal, &str); 4] =
    [(Signal::INT, "INT"), (Signal::TERM, "TERM"), (Signal::HUP, "HUP"), (Signal::QUIT, "QUIT")];

fn another(signal: Signal) -> (Signal, &'static str) {
    if signal == Signal::TERM { (Signal::HUP, "HUP") } else { (Signal::TERM, "TERM") }
}

#[test]
fn one_that_is_sent_to_the_program_reaches_the_command_once() {
    for (signal, name) in ALL {
        let scene = Scene::new();
        let mut running = scene.listen(LISTENER);
        running.send(signal);
        assert_eq!(running.line(), name);
        // Signals are passed on one after the other: a second one would have come before this.
        let (after, name_after) = another(signal);
        running.send(after);
        assert_eq!(running.line(), name_after);
        let run = running.release();
        assert_eq!((&*run.stdout, run.code), ("end\n", Some(7)), "the command's own code: {run}");
        scene.is_restored();
    }
}

#[test]
fn one_that_the_command_dies_of_is_128_and_its_number() {
    for (signal, name) in ALL {
        let scene = Scene::new();
        let mut running = scene.listen(MORTAL);
        running.send(signal);
        let run = running.rest().exits(128 + signal.as_raw());
        assert!(run.stderr.contains(&format!("ended by SIG{name}")), "{run}");
        scene.is_restored();
    }
}

#[test]
fn one_for_the_whole_group_does_no_harm() {
    for (signal, name) in ALL {
        let scene = Scene::new();
        let mut program = scene.program(&["run"], &["perl", "-e", LISTENER]);
        program.process_group(0);
        let mut running = Running::start(program);
        kill_process_group(running.pid(), signal).unwrap();
        assert_eq!(running.line(), name);
        let (after, name_after) = another(signal);
        running.send(after);
        let mut heard = vec![name.to_owned()];
        while heard.last().is_none_or(|line| line != name_after) {
            heard.push(running.line());
        }
        let run = running.release().exits(7);
        heard.extend(run.stdout.lines().map(str::to_owned));
        // Nobody can tell it from one for the program alone, so it may be passed on, once.
        assert!(heard.iter().filter(|line| *line == name).count() <= 2, "{heard:?}");
        scene.is_restored();
    }
}

#[test]
fn a_second_interrupt_ends_the_waiting_and_not_the_command() {
    let scene = Scene::new();
    let mut running = scene.listen(LISTENER);
    running.send(Signal::INT);
    assert_eq!(running.line(), "INT");
    running.send(Signal::INT);
    assert_eq!(running.code(), Some(130));
    scene.is_restored();
    test_kill_process(running.command).expect("the command goes on");
    let command = running.command.as_raw_nonzero();
    let run = running.release();
    assert_eq!(run.stdout, "end\n", "the second one was not passed on: {run}");
    assert!(run.stderr.contains(&format!("process {command} is not waited for")), "{run}");
    assert!(run.stderr.contains(&format!("kill {command}")), "{run}");
}

#[test]
fn one_that_comes_while_it_is_packed_keeps_the_command_from_beginning() {
    for (signal, name) in ALL {
        let scene = Scene::new();
        // Large enough that packing is still under way when the signal comes.
        let large = scene.world.path("plat/packages/errors/dist/large.bin");
        File::create(large).unwrap().set_len(1 << 30).unwrap();
        let mut program = scene.program(&["--quiet", "run"], &["touch", "../was-run"]);
        let mut child = program.stderr(Stdio::piped()).spawn().unwrap();
        let staged = || {
            let entries =
                std::fs::read_dir(scene.world.path("notes/.docker-deps")).into_iter().flatten().flatten();
            entries.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with(".tmp"))
        };
        while !staged() {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it was stopped");
            std::thread::yield_now();
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(128 + signal.as_raw()), "{stderr}");
        assert_eq!(stderr, format!("error: stopped by SIG{name}\n"));
        assert!(!scene.world.exists("was-run"));
        assert!(!scene.world.exists("notes/.docker-deps"));
        scene.is_restored();
    }
}

/// What we say of the command's end does not fit into a pipe that is full: that is where the program is held up.
#[cfg(target_os = "linux")]
#[test]
fn one_that_comes_after_the_command_has_ended_does_not_keep_it_from_restoring() {
    for (signal, _) in ALL {
        let scene = Scene::new();
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        let mut program = scene.program(&["run"], &["perl", "-e", LISTENER]);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(writer.try_clone().unwrap());
        let child = program.spawn().unwrap();
        drop(program);
        let running = Running::started(child);
        fill(&mut writer);
        drop(writer);
        let pid = running.pid();
        let held_up = std::thread::spawn(move || running.release());
        while !is_writing_to_stderr(pid) {
            assert!(!held_up.is_finished(), "it was not held up");
            std::thread::yield_now();
        }
        assert!(scene.manifest().contains("file:../.docker-deps/"), "not restored yet");
        kill_process(pid, signal).unwrap();
        reader.read_to_end(&mut Vec::new()).unwrap();
        held_up.join().unwrap().exits(128 + signal.as_raw());
        scene.is_restored();
    }
}

#[cfg(target_os = "linux")]
fn fill(pipe: &mut std::io::PipeWriter) {
    use rustix::io::{FdFlags, fcntl_getfd};
    assert!(fcntl_getfd(&*pipe).unwrap().contains(FdFlags::CLOEXEC));
    let before = rustix::fs::fcntl_getfl(&*pipe).unwrap();
    rustix::fs::fcntl_setfl(&*pipe, before | rustix::fs::OFlags::NONBLOCK).unwrap();
    while pipe.write(b".").is_ok() {}
    rustix::fs::fcntl_setfl(&*pipe, before).unwrap();
}

/// Linux says in which call a process is, with its arguments.
#[cfg(target_os = "linux")]
fn is_writing_to_stderr(pid: Pid) -> bool {
    let call = std::fs::read_to_string(format!("/proc/{}/syscall", pid.as_raw_nonzero())).unwrap_or_default();
    call.split(' ').nth(1) == Some("0x2")
}

/// A shell without job control begins `… &` with SIGINT ignored. Who sends it one by name means it.
#[test]
fn one_that_was_ignored_from_the_start_counts_all_the_same() {
    let scene = Scene::new();
    let program = scene.program(&["run"], &["perl", "-e", LISTENER]);
    let mut shell = scene.command("perl");
    shell.args(["-e", "$SIG{INT} = $SIG{QUIT} = 'IGNORE'; exec @ARGV"]);
    shell.arg(program.get_program()).args(program.get_args());
    let mut running = Running::start(shell);
    running.send(Signal::INT);
    assert_eq!(running.line(), "INT");
    running.release().exits(7);
    scene.is_restored();
}

/// As some daemons begin their children: nobody would be told how git, or the command, ended.
#[test]
fn a_caller_that_ignores_sigchld_is_told_all_the_same() {
    let scene = Scene::new();
    for (words, code) in [
        (["status"].as_slice(), 0),
        (&["run", "--", "sh", "-c", "exit 7"], 7),
        (&["prepare"], 0),
        (&["restore"], 0),
    ] {
        let mut perl = scene.command("perl");
        perl.args(["-e", "$SIG{CHLD} = 'IGNORE'; exec @ARGV", env!("CARGO_BIN_EXE_docker-prep")]).args(words);
        crate::common::Run::from(perl.output().unwrap()).exits(code);
    }
    scene.is_restored();
}

/// A command that begins and ends many children of its own does not hide its end in the noise.
#[test]
fn a_storm_of_children_and_signals_hides_nothing() {
    let scene = Scene::new();
    let mut running =
        scene.listen(&LISTENER.replace("1 while", "for (1..200) { my $said = qx(true) } 1 while"));
    for _ in 0..500 {
        running.send(Signal::TERM);
        running.send(Signal::HUP);
        running.send(Signal::CHILD);
    }
    running.send(Signal::QUIT);
    let mut heard = Vec::new();
    while heard.last().is_none_or(|line| line != "QUIT") {
        heard.push(running.line());
    }
    let run = running.release().exits(7);
    heard.extend(run.stdout.lines().map(str::to_owned));
    for (signal, name) in ALL {
        assert_eq!(heard.iter().any(|line| line == name), signal != Signal::INT, "{name}: {heard:?} {run}");
    }
    scene.is_restored();
}
