//! What has to be done so that a tree is what it should be.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::PathBuf;

use super::{Index, Kind, KnownFolder, Listed, Origin, Record, Seen, SeenFolder, Wanted};
use crate::npm::{FileStamp, FileTime};

/// What becomes of a file of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::isolated) enum Decision {
    /// It is right: what its origin looked like, if that counts, and what it looks like.
    Keep(Option<FileStamp>, FileStamp),
    /// The step of this number says.
    Step(usize),
}

/// What is done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::isolated) enum Action {
    /// It is read, and stays if its bytes are right.
    Compare,
    /// It is made anew.
    Replace,
}

/// A file or link that may have to be written.
#[derive(Clone, Debug)]
pub(in crate::isolated) struct FileStep {
    /// The folder's number, and the file's in it.
    pub(in crate::isolated) folder: usize,
    pub(in crate::isolated) file: usize,
    pub(in crate::isolated) action: Action,
    /// What of its kind is there.
    pub(in crate::isolated) present: Option<FileStamp>,
    /// What is known of it: what its origin looked like, whether a change of that would be seen, and what it looked like.
    pub(in crate::isolated) known: Option<(Option<FileStamp>, bool, FileStamp)>,
    /// What a build may have seen of it: the new one must look different if its bytes are.
    pub(in crate::isolated) before: Vec<FileStamp>,
}

/// What is to be done, in this order.
#[derive(Debug, Default)]
pub(in crate::isolated) struct Plan {
    /// What goes with all below it, by the paths from the root.
    pub(in crate::isolated) removals: Vec<PathBuf>,
    /// The folders in which anything changes, or that are made, by their numbers; in order.
    pub(in crate::isolated) changed: Vec<usize>,
    /// The files.
    pub(in crate::isolated) steps: Vec<FileStep>,
    /// What becomes of each file of each folder; nothing where the folder does not belong into the tree.
    pub(in crate::isolated) decisions: Vec<Option<Vec<Decision>>>,
    /// How many files belong into the tree.
    pub(in crate::isolated) files: usize,
}

/// What differs.
pub(in crate::isolated) fn plan(seen: &Seen<'_>, index: &Index<'_>) -> Plan {
    let belongs = belongs(&seen.folders);
    let mut names = vec![HashSet::new(); seen.folders.len()];
    for folder in &seen.folders {
        if let (Some(parent), Some(name)) = (folder.parent, folder.path.file_name()) {
            names[parent].insert(name);
        }
    }
    let mut plan = Plan::default();
    let mut is_changed = vec![false; seen.folders.len()];
    for (number, folder) in seen.folders.iter().enumerate() {
        if !belongs[number] {
            if let Some(parent) = folder.parent.filter(|parent| belongs[*parent])
                && folder.in_tree.is_some()
            {
                plan.removals.push(folder.path.clone());
                is_changed[parent] = true;
            }
            plan.decisions.push(None);
            continue;
        }
        let before = (plan.removals.len(), plan.steps.len());
        let is_seen = |name: &OsStr| names[number].contains(name);
        plan.removals.extend(others(folder, is_seen).map(|there| folder.path.join(&there.name)));
        let known = match folder.settled {
            Some(_) => KnownFolder::default(),
            None => index.folder(folder.path.as_os_str()),
        };
        let decisions = decide_all(folder, &known, index.is_believed()).enumerate().map(|(file, decided)| {
            decided.decision.map_or_else(
                |action| {
                    plan.steps.push(step((number, file), action, decided.present, decided.known));
                    Decision::Step(plan.steps.len() - 1)
                },
                |(source, tree)| Decision::Keep(source, tree),
            )
        });
        let decisions = decisions.collect();
        plan.decisions.push(Some(decisions));
        plan.files += folder.files();
        is_changed[number] |= before != (plan.removals.len(), plan.steps.len());
        if folder.in_tree.is_none() {
            is_changed[number] = true;
            if let Some(parent) = folder.parent {
                is_changed[parent] = true;
            }
        }
    }
    plan.changed = (0..is_changed.len()).filter(|number| is_changed[*number]).collect();
    plan
}

/// Which folders belong into the tree: those that are not hidden, and those above anything that does.
fn belongs(folders: &[SeenFolder<'_>]) -> Vec<bool> {
    let mut belongs: Vec<bool> =
        folders.iter().map(|folder| !folder.is_hidden || folder.files() > 0).collect();
    for (number, folder) in folders.iter().enumerate().rev() {
        if let Some(parent) = folder.parent.filter(|_| belongs[number]) {
            belongs[parent] = true;
        }
    }
    belongs
}

/// Whether nothing of a folder has to change, whatever becomes of those in it, of which some are seen.
pub(in crate::isolated) fn is_settled(
    folder: &SeenFolder<'_>,
    is_seen: impl Fn(&OsStr) -> bool,
    known: &KnownFolder<'_>,
    is_believed: bool,
) -> bool {
    folder.in_tree.is_some()
        && known.files.len() == folder.wanted.len()
        && decide_all(folder, known, is_believed).all(|decided| decided.decision.is_ok())
        && others(folder, is_seen).next().is_none()
}

/// What is in the tree's folder, and should not be or should be something else.
fn others<'f>(
    folder: &'f SeenFolder<'_>,
    is_seen: impl Fn(&OsStr) -> bool,
) -> impl Iterator<Item = &'f Listed> {
    let mut wanted = Sorted::new(&folder.wanted, |wanted| order(&wanted.name));
    folder.present.iter().filter(move |there| {
        let file = wanted.next(order(&there.name));
        match there.kind {
            Kind::Folder => !is_seen(&there.name),
            Kind::File | Kind::Link => file.is_none_or(|wanted| !is_of_kind(there, wanted)),
            Kind::Other(_) => true,
        }
    })
}

/// What is to become of a file, and what was seen and is known of it.
struct Decided<'f, 'a> {
    decision: Result<(Option<FileStamp>, FileStamp), Action>,
    present: Option<&'f FileStamp>,
    known: Option<&'f Record<'a>>,
}

/// What is to become of each file of a folder.
fn decide_all<'f, 'a>(
    folder: &'f SeenFolder<'_>,
    known: &'f KnownFolder<'a>,
    is_believed: bool,
) -> impl Iterator<Item = Decided<'f, 'a>> {
    let mut present = Sorted::new(&folder.present, |there| order(&there.name));
    let mut known = Sorted::new(&known.files, |record| record.name);
    folder.wanted.iter().map(move |wanted| {
        let name = order(&wanted.name);
        let present = present.next(name).filter(|there| is_of_kind(there, wanted));
        let (present, known) = (present.map(|there| &there.stamp), known.next(name));
        Decided { decision: decide(wanted, present, known, is_believed), present, known }
    })
}

/// Items in the order of their names, that are asked for in the same order.
struct Sorted<'l, T, N> {
    rest: &'l [T],
    name_of: N,
}

impl<'l, T, N: Fn(&'l T) -> &'l [u8]> Sorted<'l, T, N> {
    fn new(items: &'l [T], name_of: N) -> Self {
        Self { rest: items, name_of }
    }

    /// The item of a name, which comes behind all that were asked for.
    fn next(&mut self, name: &[u8]) -> Option<&'l T> {
        while let Some((first, rest)) = self.rest.split_first() {
            match (self.name_of)(first).cmp(name) {
                Ordering::Less => self.rest = rest,
                Ordering::Equal => return Some(first),
                Ordering::Greater => break,
            }
        }
        None
    }
}

fn is_of_kind(there: &Listed, wanted: &Wanted<'_>) -> bool {
    there.kind == if wanted.is_link { Kind::Link } else { Kind::File }
}

/// By what names are in order.
pub(in crate::isolated) fn order(name: &OsStr) -> &[u8] {
    name.as_encoded_bytes()
}

/// Whether a file is right, and then what is known of it from now on; else what to do.
fn decide(
    wanted: &Wanted<'_>,
    present: Option<&FileStamp>,
    known: Option<&Record<'_>>,
    is_believed: bool,
) -> Result<(Option<FileStamp>, FileStamp), Action> {
    let Some(present) = present else { return Err(Action::Replace) };
    let source = &wanted.stamp;
    if let Some(known) = known
        && is_believed
        && wanted.is_trusted
        && known.is_reliable
        && known.source == Some(*source)
        && known.tree == *present
    {
        return Ok((known.source, known.tree));
    }
    // A text's size is known, and that of bytes of ours means that they are the same, or nearly always.
    let may_be_same = present.size == source.size
        && match wanted.origin {
            Origin::Text(..) | Origin::Store(_) => true,
            // A file whose time is not that of its origin was given another one when that had kept its time.
            Origin::Context => {
                let known = known.and_then(|known| known.source);
                present.modified == source.modified
                    || known.is_some_and(|known| known.modified == source.modified)
            }
        };
    Err(if may_be_same { Action::Compare } else { Action::Replace })
}

fn step(
    (folder, file): (usize, usize),
    action: Action,
    present: Option<&FileStamp>,
    known: Option<&Record<'_>>,
) -> FileStep {
    let seen = known.into_iter().flat_map(|known| [known.source, Some(known.tree)]).flatten();
    let before = present.copied().into_iter().chain(seen).collect();
    let known = known.map(|known| (known.source, known.is_reliable, known.tree));
    FileStep { folder, file, action, present: present.copied(), known, before }
}

/// The time that a file gets that is made anew; nothing for the present.
///
/// BuildKit takes a file of the same size, time and mode for the one that it has. Its origin's time is given unless that
/// would make it look so, as after an edit that puts the time back.
pub(in crate::isolated) fn mtime_for(stamp: &FileStamp, mode: u32, before: &[FileStamp]) -> Option<FileTime> {
    let looks_same = before.iter().any(|before| looks_same(before, stamp.size, stamp.modified, mode));
    Some(stamp.modified).filter(|_| !looks_same)
}

/// Whether BuildKit would take one for the other.
pub(in crate::isolated) fn looks_same(before: &FileStamp, size: u64, modified: FileTime, mode: u32) -> bool {
    const PERMISSIONS: u32 = 0o7777;
    before.size == size && before.modified == modified && (before.mode ^ mode) & PERMISSIONS == 0
}
