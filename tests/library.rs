//! The library as another program calls it: it takes over nothing of that program.
#![cfg(target_os = "linux")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "clippy takes helpers of tests for the program, and worlds are made on the disk"
)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use docker_prep::{
    CancelToken, ErrorKind, Event, PackOptions, PrepareOptions, Project, Selection, Settings, Workspace,
};
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
    ("cancel", is_cancelled_while_it_packs),
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
fn a_token_ends_a_call_and_all_is_as_before() {
    play("cancel", |status| status.success());
}

#[test]
fn a_plan_is_refused_where_a_manifest_has_changed_since() {
    let world = World::new();
    let project = world.project(&world.settings());
    let plan = project.plan(&PrepareOptions::new()).unwrap();
    let edited = MANIFEST.replace("1.0.0", "1.0.1");
    world.file("notes/package.json", &edited);
    let before = world.notes();
    let error = plan.apply(&mut project.lock().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(
        error.to_string(),
        "package.json: would not be written as it was planned any more\n  \
         a manifest or a package has changed since it was planned: plan it anew"
    );
    assert_eq!((world.manifest(), world.notes()), (edited, before));
    // Anew it is carried out, by a cloned plan too, and once only.
    let plan = project.plan(&PrepareOptions::new()).unwrap();
    let again = plan.clone();
    plan.apply(&mut project.lock().unwrap()).unwrap().keep();
    let prepared = world.manifest();
    let error = again.apply(&mut project.lock().unwrap()).unwrap_err();
    assert_eq!((error.kind(), world.manifest()), (ErrorKind::Refused, prepared));
}

#[test]
fn the_front_door_is_narrow() {
    let door = include_str!("../src/lib.rs");
    let lists =
        door.split("\npub use ").skip(1).filter_map(|list| list.split(';').next()?.rsplit("::").next());
    let names = lists.flat_map(|list| list.split(',')).filter(|name| name.contains(char::is_alphabetic));
    assert!((1..=30).contains(&names.count()), "{door}");
    assert_eq!(door.matches("\npub mod ").count(), 1, "only the program's own way in: {door}");
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

    fn settings(&self) -> Settings {
        Settings::new().workspace(self.path("plat")).surface(self.path("notes"))
    }

    fn project(&self, settings: &Settings) -> Project {
        Project::open(self.path("notes"), settings).unwrap()
    }

    /// Packs everything into a folder; the size of each file there by its name.
    fn pack(&self, out: &str) -> BTreeMap<String, u64> {
        let out = self.path(out);
        let workspace = Workspace::open(self.path("plat")).unwrap();
        let tarballs = workspace.pack(&Selection::All, &PackOptions::into_folder(&out)).unwrap();
        assert_eq!(tarballs.len(), 12);
        sizes(&out)
    }

    /// What lies in the project.
    fn notes(&self) -> BTreeMap<String, u64> {
        sizes(&self.path("notes"))
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
    let during = before.clone();
    let project = world.project(&world.settings().on_event(move |event| {
        assert_eq!(signals(), during, "{event:?}");
    }));
    let plan = project.plan(&PrepareOptions::new()).unwrap();
    assert_eq!(world.manifest(), MANIFEST);
    let mut lock = project.lock().unwrap();
    let prepared = plan.apply(&mut lock).unwrap();
    assert_ne!(world.manifest(), MANIFEST);
    assert_eq!(signals(), before, "while it is prepared");
    prepared.restore().unwrap();
    assert_eq!(world.manifest(), MANIFEST);
    assert_eq!(signals(), before);
    assert!(!came.load(Ordering::SeqCst));
    raise(SIGINT).unwrap();
    assert!(came.load(Ordering::SeqCst));
}

fn is_cancelled_while_it_packs() {
    let world = World::new();
    // Planning packs too; this one is asked to stop once it applies.
    let (token, is_applied) = (CancelToken::new(), Arc::new(AtomicBool::new(false)));
    let listener = {
        let (token, is_applied) = (token.clone(), Arc::clone(&is_applied));
        move |event: &Event| {
            if matches!(event, Event::Progress { packed: 1.., .. }) && is_applied.load(Ordering::SeqCst) {
                token.cancel();
            }
        }
    };
    let project = world.project(&world.settings().cancel(&token).on_event(listener));
    let plan = project.plan(&PrepareOptions::new()).unwrap();
    let before = world.notes();
    is_applied.store(true, Ordering::SeqCst);
    let mut lock = project.lock().unwrap();
    let error = plan.apply(&mut lock).unwrap_err();
    drop(lock);
    assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::Interrupted(SIGINT), "cancelled"));
    assert_eq!(world.manifest(), MANIFEST);
    assert_eq!(world.notes(), before);
}
