//! State that is cut, garbled or hostile: whatever lies in the state folder, no command writes anywhere that
//! `prepare` did not, none panics, none hangs, and the original's bytes are still there afterwards.

mod damaged;
mod forged;
mod garbled;
mod kinds;
mod names;
mod replaced;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use crate::common::product::product;
use crate::common::{Kind, Run, Snapshot, World, sha256};
use serde_json::Value;

const STATE: &str = "notes/.git/docker-prep";
const JOURNAL: &str = "notes/.git/docker-prep/state.json";
const MANIFEST: &str = "notes/backend/package.json";

/// What `prepare` wrote, and so `restore` may.
const OURS: [&str; 6] = [
    STATE,
    MANIFEST,
    "notes/backend/package.json.bak",
    "notes/backend/package.json.docker-prep-new",
    "notes/backend/package.json.edited",
    "notes/.docker-deps",
];
/// Their folders: only the time stamp changes, when something in them comes and goes.
const FOLDERS: [&str; 3] = ["notes", "notes/.git", "notes/backend"];

/// Generous: a debug build on a busy machine takes a tenth of a second. Only a hang is ended by it.
const HANGS: Duration = Duration::from_secs(120);

/// A prepared project among files that are nobody's business, to be copied for each case.
struct Template {
    world: World,
    original: Vec<u8>,
    rewritten: Vec<u8>,
}

impl Template {
    fn new() -> Self {
        let world = product();
        for place in ["canary", "notes/canary", "notes/src"] {
            world.file(format!("{place}/secret.txt"), "nobody's business");
            world.file(
                format!("{place}/package.json"),
                "{\"dependencies\": {\"@bytelyst/http\": \"^3.0.0\"}}\n",
            );
            world.file(format!("{place}/package.json.bak"), "{\"dependencies\": {}}\n");
            world.file(format!("{place}/{}", sha256(b"x")), "named like a text of the state");
            world.file(format!("{place}/state.json"), "{}");
            world.file(format!("{place}/yarn.lock"), "left@1:\n  version 1\n");
            world.file(format!("{place}/package-lock.json"), "{}\n");
            world.file(format!("{place}/lock"), "a lock of somebody else's, with a long text behind it\n");
            world.dir(format!("{place}/empty"));
            world.exec(format!("{place}/run.sh"), "#!/bin/sh\n");
        }
        world.file("notes/README.md", "# Notes\n").file("notes/README.md.bak", "# Old notes\n");
        world.file("notes/tsconfig.json", "{\"a\": 1}\n");
        world.file("notes/pnpm-workspace.yaml", "packages:\n  - '../plat/packages/*'\n");
        world.exec("notes/.git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
        world.dir("notes/empty");
        world.symlink("notes/way-out", "../canary");
        let original = world.bytes(MANIFEST);
        world.run_in("notes", ["prepare"]).exits(0);
        let rewritten = world.bytes(MANIFEST);
        Self { world, original, rewritten }
    }

    /// The same world elsewhere.
    fn copy(&self) -> World {
        let world = World::new();
        let from = self.world.root().join(".");
        let done = Command::new("cp").arg("-a").arg(from).arg(world.root()).status().unwrap();
        assert!(done.success());
        world
    }

    /// A state file with the right checksum, whatever it says.
    fn forge(&self, world: &World, change: impl FnOnce(&mut Value)) {
        let mut document: Value = serde_json::from_slice(&self.world.bytes(JOURNAL)).unwrap();
        let mut journal = document["journal"].take();
        change(&mut journal);
        write_journal(world, &journal);
    }
}

fn write_journal(world: &World, journal: &Value) {
    let body = journal.to_string();
    let checksum = sha256(body.as_bytes());
    world.file(JOURNAL, format!("{{\"schemaVersion\":2,\"checksum\":\"{checksum}\",\"journal\":{body}}}\n"));
}

/// Every command, in two orders: what one of them repairs, the other meets as it was.
const ORDERS: [&[&[&str]]; 2] = [
    &[
        &["status"],
        &["restore"],
        &["restore", "--force"],
        &["status", "--json"],
        &["restore", "--clean"],
        &["prepare"],
        &["restore", "--force", "--clean"],
    ],
    &[
        &["prepare"],
        &["--strip-overrides"],
        &["prepare", "--force", "--dry-run"],
        &["prepare", "--force"],
        &["restore", "--clean", "--force"],
    ],
];

/// Runs the program; a hang ends the test with a message.
fn call(world: &World, args: &[&str]) -> Run {
    call_with(world, args, |_| {})
}

/// The same, with more said to the program.
fn call_with(world: &World, args: &[&str], more: impl FnOnce(&mut Command)) -> Run {
    let mut program = world.program();
    more(&mut program);
    program.current_dir(world.path("notes")).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = program.spawn().expect("docker-prep runs");
    let pid = child.id();
    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || ended.send(child.wait_with_output()));
    match end.recv_timeout(HANGS) {
        Ok(output) => Run::from(output.unwrap()),
        Err(_) => {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
            panic!("docker-prep {args:?} hangs");
        }
    }
}

/// All that is not ours, to the last bit.
fn others(world: &World) -> Snapshot {
    let mut snapshot = world.snapshot().without(&OURS);
    for folder in FOLDERS {
        if let Some(entry) = snapshot.0.get_mut(Path::new(folder)) {
            assert_eq!(entry.kind, Kind::Dir);
            entry.mtime = 0;
        }
    }
    snapshot
}

/// The commands of one order on a world: they end by themselves, and change nothing that is not ours.
fn survives(world: &World, order: &[&[&str]]) {
    let before = others(world);
    for args in order {
        let run = call(world, args);
        assert!(matches!(run.code, Some(0..=5)), "{args:?}: {run}");
        assert!(!run.stderr.contains("panicked"), "{args:?}: {run}");
        let differences = before.differences(&others(world));
        assert!(differences.is_empty(), "{args:?} changed:\n{}\n{run}", differences.join("\n"));
    }
}

/// Runs the cases on two threads, and names all that fail.
fn all<T: Sync>(cases: &[(String, T)], check: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((name, case)) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(case))) {
                        let why = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                        failed.lock().unwrap().push(format!("== {name}\n{why}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {} cases:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

type Mutate = Box<dyn Fn(&Template, &World) + Sync>;

fn case(name: impl Into<String>, mutate: impl Fn(&Template, &World) + Sync + 'static) -> (String, Mutate) {
    (name.into(), Box::new(mutate))
}
