//! Glob 8.1.0 as npm-packlist calls it (`dot`, `nocase`), over one package.
//!
//! All patterns of a `files` list are searched at once, and what one of them asks of the disk answers all that
//! ask the same meanwhile. Whoever gets such an answer does not learn that the folder is a link, and goes on
//! below it: of `["**/*.js", "**/*.ts"]` the first stops at the first level of a linked folder, and the second
//! does not. So the search is played here as the original's event loop plays it, with a disk that answers in
//! the order in which it is asked.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::ErrorKind;

use super::packlist::tree::{FolderNames, ListError, PackTree, PathKind};
use crate::npm::minimatch::{Minimatch, Part};
use crate::text::{path, resolve};

/// How many folders outside of the package may be read to see whether a pattern finds something there.
const OUTSIDE_READS: usize = 64;

/// Why a pattern cannot be expanded.
#[derive(Clone, Debug)]
pub(crate) enum GlobError {
    /// What it searches lies outside of the package; with the pattern's place.
    Outside(usize),
    /// A folder that cannot be read.
    List(ListError),
}

/// A pattern, and whether it was negated: then it may find what it likes outside, since it only takes away.
pub(crate) struct Pattern {
    pub(crate) matcher: Minimatch,
    pub(crate) negated: bool,
}

/// For each pattern the paths that it finds, relative, in no order. One that leads outside of the package may
/// be among them. Folders that `skip` names are not looked into.
///
/// # Errors
///
/// [`GlobError`]; a folder that is not there is none.
pub(crate) fn search(
    tree: &PackTree,
    patterns: &[Pattern],
    skip: &dyn Fn(&str) -> bool,
) -> Result<Vec<HashSet<String>>, GlobError> {
    let globs = patterns
        .iter()
        .map(|pattern| PatternState { negated: pattern.negated, ..PatternState::default() })
        .collect();
    let mut search = GlobSearch {
        tree,
        skip,
        globs,
        waiting: HashMap::new(),
        asked: VecDeque::new(),
        next_tick: VecDeque::new(),
        failure: None,
    };
    for (glob, pattern) in patterns.iter().enumerate() {
        for parts in pattern.matcher.set() {
            search.process(GlobStep { glob, prefix: None, parts, in_globstar: false });
        }
    }
    search.run();
    match search.failure {
        Some(failure) => Err(failure),
        None => Ok(search.globs.into_iter().map(|glob| glob.found).collect()),
    }
}

/// What one pattern knows; the original's `symlinks` and `cache`.
#[derive(Default)]
struct PatternState {
    negated: bool,
    found: HashSet<String>,
    links: HashMap<String, bool>,
    known: HashMap<String, Option<FolderNames>>,
    outside_reads: usize,
}

/// `_process`: `prefix` is the path so far, `parts` what is left of the pattern.
struct GlobStep<'p> {
    glob: usize,
    prefix: Option<String>,
    parts: &'p [Part],
    in_globstar: bool,
}

/// What the disk is asked; the keys of `inflight`.
#[derive(Clone, PartialEq, Eq, Hash)]
enum DiskQuestion {
    Names { path: String, in_globstar: bool },
    Kind { path: String },
}

enum Waiter<'p> {
    Step(GlobStep<'p>),
    /// The answer to one question is that to another.
    Relay(DiskQuestion),
    /// The kind of a folder comes before its names.
    Kind {
        glob: usize,
        path: String,
        then: DiskQuestion,
    },
}

enum DiskRequest {
    Names { glob: usize, path: String, then: DiskQuestion },
    Kind { path: String },
}

struct GlobSearch<'a, 'p> {
    tree: &'a PackTree,
    skip: &'a dyn Fn(&str) -> bool,
    globs: Vec<PatternState>,
    waiting: HashMap<DiskQuestion, Vec<Waiter<'p>>>,
    asked: VecDeque<DiskRequest>,
    next_tick: VecDeque<(DiskQuestion, Option<FolderNames>)>,
    failure: Option<GlobError>,
}

impl<'p> GlobSearch<'_, 'p> {
    fn run(&mut self) {
        while self.failure.is_none() {
            if let Some((question, answer)) = self.next_tick.pop_front() {
                self.answer(question, answer);
            } else {
                match self.asked.pop_front() {
                    Some(DiskRequest::Names { glob, path, then }) => self.names(glob, path, then),
                    Some(DiskRequest::Kind { path }) => self.kind(&path),
                    None => return,
                }
            }
        }
    }

    fn process(&mut self, step: GlobStep<'p>) {
        let GlobStep { glob, mut prefix, mut parts, in_globstar } = step;
        while let Some((Part::Exact(text), rest)) = parts.split_first() {
            prefix = Some(match prefix {
                Some(prefix) => format!("{prefix}/{text}"),
                None => text.clone(),
            });
            parts = rest;
        }
        let Some(first) = parts.first() else {
            self.simple(glob, prefix.as_deref().unwrap_or_default());
            return;
        };
        // An absolute pattern: the first part of it is empty.
        let prefix = prefix.map(|prefix| if prefix.is_empty() { "/".to_owned() } else { prefix });
        let path = prefix.as_deref().unwrap_or(".");
        if (self.skip)(path) {
            return;
        }
        if is_outside(path) {
            let state = &mut self.globs[glob];
            state.outside_reads += 1;
            if matches!(first, Part::Globstar) || state.outside_reads > OUTSIDE_READS {
                if !state.negated {
                    self.failure = Some(GlobError::Outside(glob));
                }
                return;
            }
        }
        let path = resolve(path);
        self.readdir(glob, path, in_globstar, Waiter::Step(GlobStep { glob, prefix, parts, in_globstar }));
    }

    /// `_readdir`.
    fn readdir(&mut self, glob: usize, path: String, in_globstar: bool, waiter: Waiter<'p>) {
        let question = DiskQuestion::Names { path: path.clone(), in_globstar };
        if let Some(waiters) = self.waiting.get_mut(&question) {
            waiters.push(waiter);
            return;
        }
        self.waiting.insert(question.clone(), vec![waiter]);
        if in_globstar && !self.globs[glob].links.contains_key(&path) {
            let kind = DiskQuestion::Kind { path: path.clone() };
            let waiter = Waiter::Kind { glob, path: path.clone(), then: question };
            let waiters = self.waiting.entry(kind).or_default();
            waiters.push(waiter);
            if waiters.len() == 1 {
                self.asked.push_back(DiskRequest::Kind { path });
            }
            return;
        }
        match self.globs[glob].known.get(&path) {
            Some(known) => {
                let known = known.clone();
                self.answer(question, known);
            }
            None => self.asked.push_back(DiskRequest::Names { glob, path, then: question }),
        }
    }

    /// Inflight's callback: who asks while the answer is given out gets it in the next round.
    fn answer(&mut self, question: DiskQuestion, names: Option<FolderNames>) {
        let waiters = self.waiting.get_mut(&question).map(std::mem::take).unwrap_or_default();
        for waiter in waiters {
            match waiter {
                Waiter::Step(step) => {
                    if let Some(names) = &names {
                        self.resume(step, names);
                    }
                }
                Waiter::Relay(question) => self.answer(question, names.clone()),
                Waiter::Kind { .. } => {}
            }
        }
        if self.waiting.get(&question).is_some_and(|waiters| !waiters.is_empty()) {
            self.next_tick.push_back((question, names));
        } else {
            self.waiting.remove(&question);
        }
    }

    fn names(&mut self, glob: usize, path: String, then: DiskQuestion) {
        let names = match self.tree.list(&path) {
            Ok(names) => Some(names),
            Err(e) if e.is_absence() => None,
            Err(e) => {
                self.failure = Some(GlobError::List(e));
                return;
            }
        };
        self.globs[glob].known.insert(path, names.clone());
        self.answer(then, names);
    }

    /// `_readdirInGlobStar`.
    fn kind(&mut self, path: &str) {
        let kind = self.tree.kind(path);
        for waiter in self.waiting.remove(&DiskQuestion::Kind { path: path.to_owned() }).unwrap_or_default() {
            let Waiter::Kind { glob, path, then } = waiter else { continue };
            let state = &mut self.globs[glob];
            match &kind {
                Err(e) if e.kind() == ErrorKind::NotFound => self.answer(then, None),
                Ok(kind) if !kind.may_lead_on() => {
                    state.links.insert(path.clone(), false);
                    state.known.insert(path, None);
                    self.answer(then, None);
                }
                kind => {
                    state.links.insert(path.clone(), matches!(kind, Ok(PathKind::Link)));
                    self.readdir(glob, path, false, Waiter::Relay(then));
                }
            }
        }
    }

    /// `_processReaddir2` and `_processGlobStar2`.
    fn resume(&mut self, step: GlobStep<'p>, children: &FolderNames) {
        let GlobStep { glob, prefix, parts, in_globstar } = step;
        let Some((first, rest)) = parts.split_first() else { return };
        let prefix = prefix.as_deref();
        if let Part::Globstar = first {
            let path = resolve(prefix.unwrap_or("."));
            self.process(GlobStep {
                glob,
                prefix: prefix.map(str::to_owned),
                parts: rest,
                in_globstar: false,
            });
            if in_globstar && self.globs[glob].links.get(&path) == Some(&true) {
                return;
            }
        }
        for child in children.iter() {
            let below = child.kind.may_lead_on();
            // Behind a file nothing is found, except by a fixed name such as `..`.
            let on = below || matches!(rest.first(), None | Some(Part::Exact(_)));
            if let Part::Globstar = first {
                let path = Some(join(prefix, &child.name));
                if on {
                    self.process(GlobStep { glob, prefix: path.clone(), parts: rest, in_globstar: true });
                }
                if below {
                    self.process(GlobStep { glob, prefix: path, parts, in_globstar: true });
                }
            } else if on && first.matches(&child.name) {
                let path = join(prefix, &child.name);
                if rest.is_empty() {
                    self.found(glob, &path);
                } else {
                    self.process(GlobStep { glob, prefix: Some(path), parts: rest, in_globstar });
                }
            }
        }
    }

    /// `_processSimple`: a path without magic, found if it is there.
    fn simple(&mut self, glob: usize, path: &str) {
        if path.is_empty() {
            return;
        }
        let resolved = resolve(path);
        let exists = if path.ends_with('/') {
            let path = self.tree.path(&resolved);
            self.tree.seen().look(&path, true);
            std::fs::metadata(path).map(|meta| meta.is_dir())
        } else {
            self.tree.kind(&resolved).map(|_| true)
        };
        // Any other failure counts as being there, and is met again when the list is packed.
        if exists.unwrap_or_else(|e| !matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)) {
            self.found(glob, path);
        }
    }

    /// `_emitMatch`; an absolute path is normalised before.
    fn found(&mut self, glob: usize, path: &str) {
        let path = if path.starts_with('/') { path::normalize(path) } else { path.to_owned() };
        self.globs[glob].found.insert(path);
    }
}

fn join(prefix: Option<&str>, name: &str) -> String {
    match prefix {
        None | Some("") => name.to_owned(),
        Some("/") => format!("/{name}"),
        Some(prefix) => format!("{prefix}/{name}"),
    }
}

/// Whether a path leaves the folder that it is relative to, on its way or in the end.
pub(crate) fn is_outside(path: &str) -> bool {
    if path.starts_with('/') {
        return true;
    }
    let mut depth = 0_i32;
    path.split('/').any(|part| {
        depth += match part {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        depth < 0
    })
}
