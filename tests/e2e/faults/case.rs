//! One command, begun from one state of the project, under one fault: what must hold, whatever the fault.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::common::Run;
use crate::faults::tolerated::{is_of_cache, is_of_copy, is_tolerated};
use crate::faults::trace::{self, Call, Fault};
use crate::faults::world::{DEPS_DIR, Fixture, NESTED, STATE, Shape, Tree};

/// Every fault that a point is tried with.
pub(crate) const FAULTS: [Fault; 4] =
    [Fault::Kill, Fault::Errno("ENOSPC"), Fault::Errno("EIO"), Fault::Errno("EACCES")];

/// A command, the state that it begins with, and what it does without a fault.
pub(crate) struct Scenario<'a> {
    fixture: &'a Fixture,
    args: &'static [&'static str],
    /// The deps dir that it uses, as `--deps-dir` says.
    deps_dir: &'static str,
    start: &'a Tree,
    /// The calls that change the disk.
    pub(crate) points: Vec<Point>,
    run: Run,
    shape: Shape,
    /// How many of the calls belong to preparing: a failure there must put everything back at once.
    preparing: usize,
    /// Where the states go that kills leave.
    keep: Option<&'a States>,
    /// Tarballs are copied from a cache, and made anew where they cannot be.
    copies: bool,
}

/// States of the project, each once.
pub(crate) type States = Mutex<BTreeMap<Shape, Tree>>;

/// A call that changes the disk.
pub(crate) struct Point {
    pub(crate) call: Call,
    /// What it names: from the project's root, and the folders those are in.
    names: Vec<PathBuf>,
    /// Whether it concerns nothing that lies outside of the project.
    is_inside: bool,
}

impl Point {
    fn new(call: Call, root: &Path) -> Self {
        let inside = call.paths.iter().filter_map(|path| path.strip_prefix(root).ok());
        let names =
            inside.flat_map(|path| [Some(path), path.parent()]).flatten().map(Path::to_owned).collect();
        let is_inside = call.paths.iter().all(|path| path.starts_with(root));
        Self { call, names, is_inside }
    }

    /// Whether a text names one of the paths, or the folder that it is in.
    fn is_named_in(&self, text: &str, root: &Path) -> bool {
        self.names.iter().any(|name| {
            let is_root = name.as_os_str().is_empty();
            let whole = if is_root { root.to_owned() } else { root.join(name) };
            text.contains(&*whole.to_string_lossy()) || !is_root && text.contains(&*name.to_string_lossy())
        })
    }
}

/// What came of one fault.
#[derive(Default)]
pub(crate) struct Tried {
    /// What was torn, or could not be brought back.
    pub(crate) lost: Vec<String>,
    /// Whatever else must not be.
    pub(crate) wrong: Vec<String>,
}

impl<'a> Scenario<'a> {
    /// Records the command from a state, which it leaves alone.
    pub(crate) fn record(fixture: &'a Fixture, args: &'static [&'static str], start: &'a Tree) -> Self {
        let tree = fixture.copy_of(start);
        let (calls, run) = trace::record(&fixture.program(&tree, args));
        let root = tree.root();
        let points =
            calls.into_iter().filter(Call::changes_disk).map(|call| Point::new(call, &root)).collect();
        let shape = fixture.shape(&tree);
        let named = args.iter().position(|arg| *arg == "--deps-dir").map(|at| args[at + 1]);
        let deps_dir = named.unwrap_or(DEPS_DIR);
        Self {
            fixture,
            args,
            deps_dir,
            start,
            points,
            run: run.exits(0),
            shape,
            preparing: 0,
            keep: None,
            copies: false,
        }
    }

    /// The same, where the first calls belong to preparing.
    pub(crate) fn preparing(mut self, calls: usize) -> Self {
        self.preparing = calls;
        self
    }

    /// The same, where the states that kills leave are kept.
    pub(crate) fn keep(mut self, states: &'a States) -> Self {
        self.keep = Some(states);
        self
    }

    /// Only what is done in the project: what is laid out elsewhere goes with the process.
    pub(crate) fn in_project(mut self) -> Self {
        self.points.retain(|point| point.is_inside);
        self
    }

    /// Only what is done with a cache: the rest is tried without one.
    pub(crate) fn of_cache(mut self, copies: bool) -> Self {
        self.points.retain(|point| is_of_cache(&point.call) || copies && is_of_copy(&point.call));
        self.copies = copies;
        self
    }

    /// The names of the calls.
    pub(crate) fn names(&self) -> Vec<String> {
        self.points.iter().map(|point| point.call.name.clone()).collect()
    }

    /// Repeats the command with one fault at one of the points, then restores.
    pub(crate) fn try_out(&self, point: usize, fault: Fault) -> Tried {
        let call = &self.points[point].call;
        let tree = self.fixture.copy_of(self.start);
        let run = trace::inject(&self.fixture.program(&tree, self.args), &call.name, call.ordinal, fault);
        let mut tried = Tried { lost: self.fixture.torn(&tree), ..Tried::default() };
        if run.stderr.contains("panicked") {
            tried.wrong.push("it panicked".to_owned());
        }
        match fault {
            Fault::Kill => self.after_a_kill(&tree, &run, &mut tried),
            Fault::Errno(errno) => self.after_an_error(&tree, &run, point, errno, &mut tried.wrong),
            Fault::Signal(signal) => unreachable!("{signal} is tried elsewhere"),
        }
        let next = format!("restore {}", self.deps_dir);
        tried.lost.extend(self.fixture.once(&tree, next, || self.restore(&tree)));
        if !tried.lost.is_empty() || !tried.wrong.is_empty() {
            let words = self.args.join(" ");
            let names = &self.points[point].names;
            tried
                .wrong
                .insert(0, format!("{words}: {fault:?} at {} {} {names:?}\n{run}", call.name, call.ordinal));
        }
        tried
    }

    fn after_an_error(&self, tree: &Tree, run: &Run, point: usize, errno: &str, wrong: &mut Vec<String>) {
        let at = &self.points[point];
        match run.code {
            Some(0) => {
                let before = point.checked_sub(1).map(|before| &*self.points[before].call.name);
                let may_pass = is_tolerated(&at.call, before, errno)
                    || is_of_cache(&at.call)
                    || self.copies && is_of_copy(&at.call);
                if !may_pass {
                    wrong.push("the error is passed over in silence".to_owned());
                }
                if run.stdout != self.run.stdout || self.fixture.shape(tree) != self.shape {
                    wrong.push("exit 0, and the outcome is not the usual one".to_owned());
                }
            }
            Some(3..=5) => {
                if !at.is_named_in(&run.stderr, &tree.root()) {
                    wrong.push("the error names no path".to_owned());
                }
                if point < self.preparing {
                    let changed = self.fixture.changed(tree, &[]);
                    wrong.extend(changed.iter().map(|line| format!("left after the error: {line}")));
                }
            }
            code => wrong.push(format!("exit {code:?} is not in the contract")),
        }
    }

    fn after_a_kill(&self, tree: &Tree, run: &Run, tried: &mut Tried) {
        if run.code.is_some() {
            tried.wrong.push(format!("it was not killed: exit {:?}", run.code));
        }
        if let Some(states) = self.keep {
            let shape = self.fixture.shape(tree);
            states.lock().expect("no panic").entry(shape).or_insert_with(|| self.fixture.copy_of(tree));
        }
        let next = if self.args[0] == "prepare" { self.args.join(" ") } else { "status".to_owned() };
        tried.wrong.extend(self.fixture.once(tree, next, || self.go_on(tree)));
    }

    /// Asks for the status, and prepares once more, after a kill.
    fn go_on(&self, tree: &Tree) -> Vec<String> {
        let mut wrong = Vec::new();
        let status = self.fixture.run(tree, &["status"]);
        let has_journal = tree.root().join(STATE).join("state.json").exists();
        let is_prepared = status.stdout.contains("prepared by docker-prep");
        let tells = is_prepared || status.stdout.contains("was killed, or could not go on, while it");
        if status.code != Some(0) || tells != has_journal {
            wrong.push(format!("status does not tell: {status}"));
        }
        if self.args[0] == "prepare" {
            let again = self.fixture.copy_of(tree);
            let run = self.fixture.run(&again, self.args);
            // When all was done before the kill came, it is prepared already.
            let code = if is_prepared && !self.args.contains(&"--force") { 3 } else { 0 };
            let (now, usual) = (self.fixture.shape(&again), &self.shape);
            // The journal now says that the deps dir was there before.
            let is_same = |one: &Shape, other: &Shape| {
                one.iter().all(|entry| {
                    other.contains(entry)
                        || entry.0.ends_with("state.json")
                        || entry.0.ends_with("folders.json")
                })
            };
            if run.code != Some(code) || !is_same(&now, usual) || !is_same(usual, &now) {
                wrong.push(format!("prepare again: {run}"));
            }
        }
        wrong
    }

    /// Restores without a fault: everything is as it was.
    fn restore(&self, tree: &Tree) -> Vec<String> {
        let mut lost = Vec::new();
        let run = self.fixture.run(tree, &["restore", "--deps-dir", self.deps_dir]);
        if run.code != Some(0) {
            lost.push(format!("restore: {run}"));
        }
        let changed = self.fixture.changed(tree, &[self.deps_dir]).into_iter();
        let changed = changed.filter(|line| !is_above(line) && !is_note(line));
        let status = self.fixture.git_status(tree);
        lost.extend(changed.chain(status).map(|line| format!("after restore: {line}")));
        let run = self.fixture.run(tree, &["restore", "--clean", "--deps-dir", self.deps_dir]);
        if run.code != Some(0) {
            lost.push(format!("restore --clean: {run}"));
        }
        let changed = self.fixture.changed(tree, &[]);
        lost.extend(changed.iter().map(|line| format!("after restore --clean: {line}")));
        lost
    }
}

/// Whether a difference is the folder above a nested deps dir, which goes with it.
fn is_above(difference: &str) -> bool {
    added(difference) == NESTED.split('/').next()
}

/// Whether a difference is the note of which folders were made for a nested deps dir.
fn is_note(difference: &str) -> bool {
    added(difference).is_some_and(|path| {
        path == STATE || path.strip_prefix(STATE).is_some_and(|rest| rest == "/folders.json")
    })
}

fn added(difference: &str) -> Option<&str> {
    difference.strip_prefix("new").map(str::trim)
}
