//! Signals at random instants: at any system call of a run, and while the command of `run` is at work.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::Run;
use crate::faults::parallel::in_parallel;
use crate::faults::trace::{self, Call, Fault};
use crate::faults::world::{DEPS_DIR, Fixture, STATE, Shape, Tree};

const SIGNALS: [(&str, i32); 3] = [("SIGINT", 2), ("SIGTERM", 15), ("SIGHUP", 1)];
/// How many signals are sent altogether, and where the choice begins.
const SHOTS: usize = 360;
const SEED: u64 = 0x5eed_0f51_67a1_5eed;

/// A command, all the calls of one run of it from where signals are noted on, and its outcome.
struct Target<'a> {
    args: &'static [&'static str],
    start: &'a Tree,
    calls: Vec<Call>,
    usual: Shape,
}

impl<'a> Target<'a> {
    fn record(fixture: &Fixture, args: &'static [&'static str], start: &'a Tree) -> Self {
        let tree = fixture.copy_of(start);
        let (mut calls, run) = trace::record(&fixture.program(&tree, args));
        run.exits(0);
        let first_change = calls.iter().position(Call::changes_disk).expect("it changes the disk");
        let installed = calls[..first_change].iter().rposition(|call| call.name == "rt_sigaction");
        calls.drain(..=installed.expect("it notes signals before it changes anything"));
        Self { args, usual: fixture.shape(&tree), start, calls }
    }
}

/// Marsaglia's xorshift: the same numbers each time.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).expect("31 bits")
}

#[test]
fn a_signal_at_any_call_leaves_all_or_nothing() {
    trace::require_strace();
    let fixture = Fixture::new();
    let targets = [
        Target::record(&fixture, &["prepare"], &fixture.clean),
        Target::record(&fixture, &["run", "--", "true"], &fixture.clean),
        Target::record(&fixture, &["restore"], &fixture.prepared),
    ];
    let mut state = SEED;
    let shots: Vec<(usize, usize, usize)> = (0..SHOTS)
        .map(|shot| {
            let target = shot % targets.len();
            (target, next(&mut state) % targets[target].calls.len(), next(&mut state) % SIGNALS.len())
        })
        .collect();
    let stopped: [AtomicUsize; 3] = Default::default();
    let wrong = in_parallel(&shots, |&(index, call, signal)| {
        let target = &targets[index];
        let (call, (signal, number)) = (&target.calls[call], SIGNALS[signal]);
        let tree = fixture.copy_of(target.start);
        let program = fixture.program(&tree, target.args);
        let run = trace::inject(&program, &call.name, call.ordinal, Fault::Signal(signal));
        if run.code == Some(128 + number) {
            stopped[index].fetch_add(1, Ordering::Relaxed);
        }
        let wrong = wrong_after(&fixture, target, &tree, &run, number);
        let words = target.args.join(" ");
        wrong.map(|wrong| format!("{words}: {signal} at {} {}: {wrong}\n{run}", call.name, call.ordinal))
    });
    let stopped = stopped.map(AtomicUsize::into_inner);
    println!("signals: {SHOTS} from seed {SEED:#x}; prepare, run and restore ended by one: {stopped:?}");
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of {SHOTS} went wrong:\n\n{}", wrong.len(), wrong.join("\n"));
    assert!(stopped.iter().all(|&count| count > SHOTS / 12), "hardly any signal was heard: {stopped:?}");
}

/// Nothing, or what is wrong.
fn wrong_after(
    fixture: &Fixture,
    target: &Target<'_>,
    tree: &Tree,
    run: &Run,
    signal: i32,
) -> Option<String> {
    if run.stderr.contains("panicked") {
        return Some("it panicked".to_owned());
    }
    let stopped = run.code == Some(128 + signal);
    if !stopped && run.code != Some(0) {
        return Some(format!("exit {:?}", run.code));
    }
    // Restoring is always finished; what else was begun is undone.
    let as_before = if target.args[0] == "prepare" { &[][..] } else { &[DEPS_DIR] };
    let differences = if stopped {
        fixture.changed(tree, as_before)
    } else if fixture.shape(tree) == target.usual {
        Vec::new()
    } else {
        vec!["the outcome is not the usual one".to_owned()]
    };
    (!differences.is_empty()).then(|| differences.join("\n"))
}

#[test]
fn a_signal_while_the_command_runs_is_passed_on_and_everything_put_back() {
    let fixture = Fixture::new();
    // What the command does about signals, and how docker-prep then ends: by the signal, or as the command does.
    for (trap, code) in
        [("", None), ("trap '' INT TERM HUP; ", Some(3)), ("trap 'exit 9' INT TERM HUP; ", Some(9))]
    {
        for (name, number) in SIGNALS {
            let tree = fixture.copy_of(&fixture.clean);
            // It says that it is at work, and works until nobody writes to it any more.
            let script = format!("{trap}echo at work; read line; exit 3");
            let mut program = fixture.program(&tree, &["--quiet", "run", "--", "sh", "-c", &script]);
            program.stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut running = program.spawn().expect("docker-prep runs");
            let mut line = String::new();
            let stdout = running.stdout.take().expect("a pipe");
            BufReader::new(stdout).read_line(&mut line).expect("a line");
            assert_eq!(line, "at work\n");
            assert!(fixture.is_prepared(&tree), "the command sees the rewritten manifests");
            fixture.kill(name, running.id());
            if trap.contains("''") {
                // One that does not care ends when it is done.
                drop(running.stdin.take());
            }
            // Waiting closes what is left of the pipe: so hold it until the end.
            let stdin = running.stdin.take();
            let ended = running.wait().expect("it ends").code();
            drop(stdin);
            assert_eq!(ended, Some(code.unwrap_or(128 + number)), "{name} with {trap:?}");
            let changed = fixture.changed(&tree, &[DEPS_DIR]);
            assert!(changed.is_empty(), "{name} with {trap:?}:\n{}", changed.join("\n"));
            assert!(!tree.root().join(STATE).exists(), "no state is left");
        }
    }
}
