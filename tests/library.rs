//! The library as another program calls it: it takes over nothing of that program.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "clippy takes helpers of tests for the program")]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use docker_prep::cancel::CancelToken;
use docker_prep::error::Kind;
use docker_prep::process::ended::Ended;
use docker_prep::project::requested::Requested;
use docker_prep::report::{pack, prepare, restore, run};
use rayon::prelude::*;
use rustix::thread::sched_getaffinity;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::raise;
use tempfile::TempDir;

/// Names what a process is to do that a test has begun.
const SCENARIO: &str = "DOCKER_PREP_TEST_SCENARIO";

/// Ends a process that hangs, in seconds.
const PATIENCE: &str = "300";

const SCENARIOS: [(&str, fn()); 6] = [
    ("threads", packs_from_two_threads_at_once),
    ("foreign pool", packs_inside_of_a_foreign_pool),
    ("removed folder", packs_where_the_working_directory_is_gone),
    ("thread that ends", packs_from_a_thread_that_ends),
    ("signals", prepares_and_leaves_signals_alone),
    ("cancel", is_cancelled_while_a_command_runs),
];

/// The process that the tests start; by itself it does nothing.
#[test]
fn scenario() {
    let Ok(asked) = env::var(SCENARIO) else { return };
    let (_, play) = SCENARIOS.into_iter().find(|(name, _)| *name == asked).expect("a scenario");
    let (affinity, before) = (sched_getaffinity(None).unwrap(), signals());
    play();
    assert_eq!(sched_getaffinity(None).unwrap(), affinity);
    if asked == "signals" {
        raise(SIGTERM).unwrap();
        unreachable!("SIGTERM ends a program that has no handler for it");
    }
    assert_eq!(signals(), before);
}

/// Plays a scenario in a process of its own: on one core, and on all.
#[track_caller]
fn play(scenario: &str, is_right: impl Fn(ExitStatus) -> bool) {
    let this = env::current_exe().unwrap();
    let this = this.to_str().unwrap();
    for before in [&["taskset", "-c", "0"][..], &[]] {
        let mut words = vec!["--signal=KILL", PATIENCE];
        words.extend(before);
        words.extend([this, "--exact", "scenario", "--nocapture"]);
        let output = Command::new("timeout").args(&words).env(SCENARIO, scenario).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(is_right(output.status), "{words:?}: {}\n{said}", output.status);
    }
}

#[test]
fn it_is_called_from_two_threads_at_once() {
    play("threads", |status| status.success());
}

#[test]
fn it_is_called_inside_of_a_foreign_pool() {
    play("foreign pool", |status| status.success());
}

#[test]
fn it_is_called_where_the_working_directory_is_gone() {
    play("removed folder", |status| status.success());
}

#[test]
fn it_is_called_from_a_thread_that_ends_before_the_next_call() {
    play("thread that ends", |status| status.success());
}

#[test]
fn the_callers_signals_do_what_they_did() {
    // `timeout` passes on how its command was ended.
    play("signals", |status| status.signal() == Some(SIGTERM) || status.code() == Some(128 + SIGTERM));
}

#[test]
fn a_token_ends_a_command_and_all_is_restored() {
    play("cancel", |status| status.success());
}

/// A workspace `plat` with packages, and a project `notes` that needs some.
struct World(TempDir);

const MANIFEST: &str = r#"{"name": "notes", "version": "1.0.0", "dependencies": {"@bytelyst/p1": "^1.0.0"}}"#;

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.file("plat/pnpm-workspace.yaml", "packages: ['packages/*']\n");
        for number in 0..12 {
            let dir = format!("plat/packages/p{number}");
            world.file(
                &format!("{dir}/package.json"),
                &format!(r#"{{"name": "@bytelyst/p{number}", "version": "1.0.0", "main": "index.js"}}"#),
            );
            // The first one is compressed in pieces, on threads of its own.
            let lines = if number == 0 { 300_000 } else { 100 };
            let text: String = (0..lines).map(|line: u64| format!("// {line} of {number}\n")).collect();
            world.file(&format!("{dir}/index.js"), &text);
        }
        world.file("notes/package.json", MANIFEST);
        world
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn requested(&self) -> Requested {
        Requested {
            project: Some(self.path("notes")),
            workspace: Some(self.path("plat")),
            surfaces: vec![self.path("notes")],
            ..Requested::default()
        }
    }

    /// Packs everything into a folder; the size of each file there by its name.
    fn pack(&self, out: &str) -> BTreeMap<String, u64> {
        let out = self.path(out);
        let options = pack::PackOptions { all: true, out: out.clone(), ..pack::PackOptions::default() };
        let tarballs = pack::run(&self.requested(), &options, &CancelToken::new(), &|_| {}).unwrap();
        assert_eq!(tarballs.len(), 12);
        sizes(&out)
    }

    fn manifest(&self) -> String {
        fs::read_to_string(self.path("notes/package.json")).unwrap()
    }
}

fn sizes(dir: &Path) -> BTreeMap<String, u64> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len())).collect()
}

/// The signals that this thread has blocked, and those that the process ignores and has handlers for.
fn signals() -> Vec<String> {
    masks(&fs::read_to_string("/proc/thread-self/status").unwrap())
}

fn masks(status: &str) -> Vec<String> {
    let masks = ["SigBlk:", "SigIgn:", "SigCgt:"];
    let is_mask = |line: &&str| masks.iter().any(|mask| line.starts_with(mask));
    let found: Vec<String> = status.lines().filter(is_mask).map(str::to_owned).collect();
    assert_eq!(found.len(), masks.len());
    found
}

fn packs_from_two_threads_at_once() {
    let world = World::new();
    let together = Barrier::new(2);
    let pack = |out: &str| {
        let affinity = sched_getaffinity(None).unwrap();
        together.wait();
        let packed = world.pack(out);
        assert_eq!(sched_getaffinity(None).unwrap(), affinity);
        packed
    };
    thread::scope(|scope| {
        let (one, other) = (scope.spawn(|| pack("one")), scope.spawn(|| pack("other")));
        assert_eq!(one.join().unwrap(), other.join().unwrap());
    });
}

thread_local! {
    /// Whether this thread is inside of a call.
    static IS_CALLING: Cell<bool> = const { Cell::new(false) };
}

fn packs_inside_of_a_foreign_pool() {
    let world = World::new();
    let expected = world.pack("before");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let calls: Vec<usize> = (0..6).collect();
    let packed: Vec<_> = pool.install(|| {
        let call = |call: &usize| {
            assert!(!IS_CALLING.replace(true), "a call begins other work of the caller's");
            let packed = world.pack(&format!("out-{call}"));
            IS_CALLING.set(false);
            packed
        };
        calls.par_iter().with_max_len(1).map(call).collect()
    });
    assert!(packed.into_iter().all(|packed| packed == expected));
}

fn packs_where_the_working_directory_is_gone() {
    let world = World::new();
    let expected = world.pack("before");
    let gone = tempfile::tempdir().unwrap();
    env::set_current_dir(gone.path()).unwrap();
    drop(gone);
    assert!(env::current_dir().is_err());
    assert_eq!(world.pack("behind"), expected);
}

fn packs_from_a_thread_that_ends() {
    let world = World::new();
    let pack = |out: &str| thread::scope(|scope| scope.spawn(|| world.pack(out)).join().unwrap());
    let first = pack("first");
    assert_eq!(pack("second"), first);
    assert_eq!(world.pack("third"), first);
}

/// All that the library does with children and locks, under a handler of the caller's.
fn prepares_and_leaves_signals_alone() {
    let world = World::new();
    let came = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGINT, Arc::clone(&came)).unwrap();
    let before = signals();
    let (requested, token) = (world.requested(), CancelToken::new());
    prepare::run(&requested, &prepare::PrepareOptions::default(), &token, &|_| {}).unwrap();
    assert_ne!(world.manifest(), MANIFEST);
    restore::run(&requested, &restore::RestoreOptions::default(), &token, &|_| {}).unwrap();
    assert_eq!(world.manifest(), MANIFEST);
    let told = world.path("status");
    let command = ["sh", "-c", "cat /proc/$PPID/status"].map(Into::into).to_vec();
    let options = run::RunOptions { command, ..run::RunOptions::default() };
    let stdout = Stdio::from(File::create(&told).unwrap());
    let ran = run::run(&requested, &options, stdout, &token, &|_| {}).unwrap();
    assert_eq!(ran.ended, Ended::Exited(0));
    assert_eq!(masks(&fs::read_to_string(told).unwrap()), before, "while a command runs");
    assert_eq!(signals(), before);
    assert!(!came.load(Ordering::SeqCst));
    raise(SIGINT).unwrap();
    assert!(came.load(Ordering::SeqCst));
}

fn is_cancelled_while_a_command_runs() {
    let world = World::new();
    let (requested, token) = (world.requested(), CancelToken::new());
    let begun = world.path("begun");
    assert!(Command::new("mkfifo").arg(&begun).status().unwrap().success());
    let command = ["sh", "-c", r#"grep -q docker-deps package.json && : > "$0"; exec tail -f package.json"#];
    let mut command: Vec<_> = command.map(Into::into).to_vec();
    command.push(begun.clone().into());
    let options = run::RunOptions { command, ..run::RunOptions::default() };
    let ran = thread::scope(|scope| {
        scope.spawn(|| {
            // The other end is opened by the command.
            File::open(&begun).unwrap();
            token.cancel();
        });
        run::run(&requested, &options, Stdio::null(), &token, &|_| {})
    });
    let error = ran.unwrap_err();
    assert_eq!((error.kind, &*error.to_string()), (Kind::Interrupted(SIGINT), "cancelled"));
    assert_eq!(world.manifest(), MANIFEST);
}
