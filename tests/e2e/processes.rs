//! Many processes at once on one project: never a mixed tree, and nothing is lost.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread;

use crate::common::product::{dockerfile, product};
use crate::common::{Run, Snapshot, World};

const PROCESSES: usize = 8;
const ROUNDS: usize = 14;
const MANIFESTS: [&str; 3] = ["backend/package.json", "web/package.json", "package.json"];

/// Succeeds where every manifest is rewritten, and every tarball that one names is there.
const CHECK: &str = r#"
    for manifest in backend/package.json web/package.json package.json; do
        grep -q '"file:\(../\)\?.docker-deps/' $manifest || exit 90
        test -e $manifest.bak || exit 91
        for tarball in $(grep -o '.docker-deps/[^"]*\.tgz' $manifest); do
            test -s $tarball || exit 92
        done
    done
"#;

/// What a process does in a round.
const CALLS: [&[&str]; 8] = [
    &["prepare"],
    &["run", "--", "sh", "-c", CHECK],
    &["restore"],
    &["run", "--force", "--", "sh", "-c", CHECK],
    &["prepare", "--force"],
    &["status"],
    &["run", "--", "sh", "-c", CHECK],
    &["restore", "--clean"],
];

/// A product with three manifests.
struct Crowd {
    world: World,
    before: Snapshot,
    original: Vec<String>,
    rewritten: Vec<String>,
    /// Shared by those that may meet; alone has it who wants to see what he did.
    alone: RwLock<()>,
    codes: Mutex<BTreeMap<(String, Option<i32>), usize>>,
}

impl Crowd {
    fn new() -> Self {
        let world = product();
        world.file(
            "notes/web/package.json",
            world.read("notes/backend/package.json").replace("backend", "web"),
        );
        world.file("notes/web/Dockerfile", dockerfile("web"));
        world.file(
            "notes/package.json",
            "{\"name\": \"notes\", \"dependencies\": {\"@bytelyst/logger\": \"2\"}}\n",
        );
        world.file("notes/Dockerfile", dockerfile("."));
        world.git("notes", &["add", "--all"]);
        world.git("notes", &["commit", "--quiet", "--message=web"]);
        let texts = || MANIFESTS.iter().map(|name| world.read(format!("notes/{name}"))).collect::<Vec<_>>();
        let before = look(&world);
        let original = texts();
        world.run_in("notes", ["prepare"]).exits(0);
        let rewritten = texts();
        world.run_in("notes", ["restore", "--clean"]).exits(0);
        for (one, other) in original.iter().zip(&rewritten) {
            assert_ne!(one, other);
        }
        before.assert_same(&look(&world));
        Self { world, before, original, rewritten, alone: RwLock::default(), codes: Mutex::default() }
    }

    fn spawn(&self, words: &[&str]) -> Child {
        let mut program = self.world.program();
        program.current_dir(self.world.path("notes")).args(words);
        program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
    }

    /// Calls it, holds what it says against the contract, and counts it.
    fn call(&self, words: &[&str]) -> Option<i32> {
        let run = Run::from(self.spawn(words).wait_with_output().expect("it ends"));
        match run.code {
            Some(0) => {}
            Some(3) => {
                let names = |begin, end| {
                    run.stderr.split(begin).nth(1).is_some_and(|rest| {
                        rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains(end)
                    })
                };
                let busy = names("lock: process ", " ago, is at work on this project");
                let prepared = names("the project is prepared already, by docker-prep ", " ago");
                assert!(busy || prepared, "{words:?} names who it is and its age: {run}");
                assert!(busy || !words.contains(&"--force"), "{words:?}: {run}");
            }
            _ => panic!("{words:?}: {run}"),
        }
        *self.codes.lock().unwrap().entry((words[..words.len().min(2)].join(" "), run.code)).or_default() +=
            1;
        run.code
    }

    /// How many manifests are rewritten; each is whole.
    fn rewritten(&self) -> usize {
        let mut count = 0;
        for (i, name) in MANIFESTS.iter().enumerate() {
            let text = fs::read_to_string(self.world.path("notes").join(name)).expect("it is always there");
            count += usize::from(text == self.rewritten[i]);
            assert!(text == self.original[i] || text == self.rewritten[i], "{name} is neither:\n{text}");
        }
        count
    }

    /// Nobody else is there: what was said has been done.
    fn call_alone(&self, words: &[&str]) {
        let _alone = self.alone.write().unwrap();
        let code = self.call(words);
        let rewritten = self.rewritten();
        match words[0] {
            "prepare" => assert_eq!(rewritten, MANIFESTS.len(), "{words:?}: {code:?}"),
            "status" => assert!(rewritten == 0 || rewritten == MANIFESTS.len(), "a mixed tree"),
            "restore" => assert_eq!((code, rewritten), (Some(0), 0), "{words:?}"),
            _ => assert_eq!(
                rewritten,
                if code == Some(0) { 0 } else { MANIFESTS.len() },
                "{words:?}: {code:?}"
            ),
        }
    }

    /// Reads every manifest without pause until the others are done; returns how often it saw each kind.
    fn read_on(&self, done: &AtomicBool) -> (usize, usize) {
        let (mut original, mut rewritten) = (0, 0);
        while !done.load(Ordering::Relaxed) {
            let count = self.rewritten();
            rewritten += count;
            original += MANIFESTS.len() - count;
            thread::yield_now();
        }
        (original, rewritten)
    }

    /// Lets all work at once; a ninth one reads meanwhile.
    fn at_once(&self, work: impl Fn(usize) + Sync) {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let reader = scope.spawn(|| self.read_on(&done));
            let workers: Vec<_> = (0..PROCESSES)
                .map(|worker| {
                    let work = &work;
                    scope.spawn(move || work(worker))
                })
                .collect();
            let results: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
            done.store(true, Ordering::Relaxed);
            for result in results {
                result.unwrap_or_else(|cause| std::panic::resume_unwind(cause));
            }
            let (original, rewritten) = reader.join().expect("every manifest was whole");
            assert!(original > 0 && rewritten > 0, "both kinds were seen: {original}, {rewritten}");
            println!(
                "{original} originals and {rewritten} rewritten ones were read; {:?}",
                self.codes.lock().unwrap()
            );
        });
    }

    /// Nothing is lost, and nothing is left.
    fn is_restored(&self) {
        self.world.run_in("notes", ["restore", "--clean"]).exits(0);
        self.before.assert_same(&look(&self.world));
        assert_eq!(self.world.git_status("notes"), "");
        assert!(!self.world.exists("notes/.git/docker-prep"), "the state folder is still there");
    }

    fn count(&self, code: i32) -> usize {
        self.codes.lock().unwrap().iter().filter(|((_, seen), _)| *seen == Some(code)).map(|(_, n)| n).sum()
    }
}

fn look(world: &World) -> Snapshot {
    Snapshot::of(&world.path("notes")).without(&[".git"]).without_folder_times()
}

#[test]
fn eight_at_once_never_mix_a_tree() {
    let crowd = Crowd::new();
    crowd.at_once(|worker| {
        for round in 0..ROUNDS {
            let words = CALLS[(worker + round) % CALLS.len()];
            if (worker * ROUNDS + round) % 5 == 4 {
                crowd.call_alone(words);
            } else {
                let _shared = crowd.alone.read().unwrap();
                crowd.call(words);
            }
        }
    });
    assert_eq!(crowd.count(0) + crowd.count(3), PROCESSES * ROUNDS);
    assert!(crowd.count(0) > 0 && crowd.count(3) > 0, "some did it, and some met others");
    crowd.is_restored();
}

/// Some are killed in between: the next ones repair what they left.
#[test]
fn eight_at_once_of_which_some_are_killed() {
    let crowd = Crowd::new();
    let killed = AtomicUsize::new(0);
    crowd.at_once(|worker| {
        // Where a kill falls is up to chance; nothing that is asserted depends on it.
        let mut chance = worker as u64 * 7919 + 1;
        for round in 0..ROUNDS {
            let words = CALLS[(worker + round) % CALLS.len()];
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let _shared = crowd.alone.read().unwrap();
            if round % 3 != 2 {
                crowd.call(words);
                continue;
            }
            let mut child = crowd.spawn(words);
            for _ in 0..chance >> 52 {
                thread::yield_now();
            }
            child.kill().unwrap();
            let status = child.wait().unwrap();
            killed.fetch_add(usize::from(status.code().is_none()), Ordering::Relaxed);
        }
    });
    assert!(killed.into_inner() > 0, "none was killed");
    crowd.is_restored();
}

/// Who comes second is told by whom, and since when.
#[test]
fn the_second_is_told_of_the_first() {
    let crowd = Crowd::new();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut program = crowd.world.program();
    program.current_dir(crowd.world.path("notes")).args(["run", "--", "sh", "-c", "echo; cat"]);
    let mut first = program.stdin(reader).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(program);
    std::io::Read::read_exact(first.stdout.as_mut().unwrap(), &mut [0]).unwrap();
    for words in CALLS.iter().filter(|words| words[0] != "status") {
        let run = crowd.world.run_in("notes", *words).exits(3);
        let message = format!("lock: process {}, begun ", first.id());
        assert!(
            run.stderr.contains(&message) && run.stderr.contains(" s ago, is at work on this project"),
            "{run}"
        );
        assert!(run.stderr.contains(&format!("kill {}", first.id())), "{run}");
        assert_eq!(crowd.rewritten(), MANIFESTS.len(), "{words:?}");
    }
    drop(writer);
    assert_eq!(first.wait().unwrap().code(), Some(0));
    crowd.is_restored();
}
