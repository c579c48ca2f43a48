//! The tree that stands for the context of an image build, as data: what belongs there, and what differs.
//!
//! A tree is a folder of ours that holds what a context's `.dockerignore` lets through, with some files laid over it. It
//! is kept from call to call. Nothing of it is a hard link: the project's files are only read.

mod index;
mod plan;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::image::Dockerignore;
use crate::npm::FileStamp;

pub(super) use self::index::{Boot, Index, KnownFolder, Names, Record, encode};
pub(super) use self::plan::{
    Action, Decision, FileStep, Plan, is_settled, looks_same, mtime_for, order, plan,
};

/// A tree that is to be brought up to date. Paths from the context have `/` between their parts.
#[derive(Debug)]
pub(crate) struct TreeRequest<'a> {
    /// The build's context: an absolute path.
    pub(crate) context: &'a Path,
    /// Where the tree belongs, an absolute path: a folder of its own in one where nothing else lies but other trees. Its
    /// name does not end with `.index`, as what is known of it lies beside it under that name.
    pub(crate) tree: &'a Path,
    /// What keeps files out.
    pub(crate) ignore: Option<&'a Dockerignore>,
    /// Paths from the context that are let through whatever keeps them out: the Dockerfile, `.dockerignore`.
    pub(crate) always: BTreeSet<String>,
    /// Absolute paths that are left out with all below them: the state folder, the deps dir, backups.
    pub(crate) without: Vec<PathBuf>,
    /// Files that lie in the tree in the place of the context's, or where the context has none, by their paths from it.
    pub(crate) laid_over: BTreeMap<String, LaidOver>,
}

/// A file that is not the context's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LaidOver {
    /// A text that was made, and its permission bits. Its time is when its bytes last changed.
    Text(Vec<u8>, u32),
    /// A copy of a file of ours: an absolute path.
    Copy(PathBuf),
}

/// How a tree was brought up to date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TreeOutcome {
    /// How many files and links are in it.
    pub(crate) files: usize,
    /// How many of them were written.
    pub(crate) copied: usize,
    /// How many bytes that were.
    pub(crate) bytes_copied: u64,
    /// How many files, links and folders went, those below them not counted.
    pub(crate) removed: usize,
    /// What of the context is not in it, [the first ones](MOST_LEFT_OUT).
    pub(crate) left_out: Vec<LeftOut>,
    /// How many those are.
    pub(crate) left_out_count: usize,
}

/// So many are named.
pub(crate) const MOST_LEFT_OUT: usize = 10;

/// Something that `.dockerignore` lets through and a tree does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LeftOut {
    /// From the context.
    pub(crate) path: PathBuf,
    /// Why.
    pub(crate) why: WhyLeftOut,
}

/// Why something is not in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(not(unix), expect(dead_code, reason = "Windows has no such files"))]
pub(crate) enum WhyLeftOut {
    /// A FIFO: nothing to copy.
    Fifo,
    /// A socket.
    Socket,
    /// A device.
    Device,
    /// A file that was to be laid over lies below a link that leads out of the context: no build sees it.
    OutsideOfContext,
}

/// What lies at a path of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    Other(WhyLeftOut),
}

/// An entry of a folder.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) name: OsString,
    pub(super) kind: Kind,
    /// Links not followed.
    pub(super) stamp: FileStamp,
}

/// Where a file of a tree comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin<'a> {
    /// The context, at the same path.
    Context,
    /// A text and its permission bits.
    Text(&'a [u8], u32),
    /// A folder of ours.
    Store(&'a Path),
}

/// A file or link that belongs into a tree.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) name: OsString,
    pub(super) is_link: bool,
    pub(super) origin: Origin<'a>,
    /// What its origin looked like; of a text just the mode and size.
    pub(super) stamp: FileStamp,
    /// Whether another stamp would tell of a change.
    pub(super) is_trusted: bool,
}

/// A folder of a context, and of its tree.
#[derive(Debug)]
pub(super) struct SeenFolder<'a> {
    /// From the root; the folder above comes before it.
    pub(super) path: PathBuf,
    pub(super) parent: Option<usize>,
    /// What it looks like in the context; nothing where it is only there for what is laid over.
    pub(super) source: Option<FileStamp>,
    /// What is in it in the context, where that was not known already and another look of it would tell of a change.
    pub(super) names: Option<Vec<OsString>>,
    /// It belongs into the tree only if something that is in it does.
    pub(super) is_hidden: bool,
    /// In the order of their names.
    pub(super) wanted: Vec<Wanted<'a>>,
    /// What it looks like in the tree, where it is a folder there.
    pub(super) in_tree: Option<FileStamp>,
    /// What is in it there, in the order of the names.
    pub(super) present: Vec<Listed>,
    /// How many files belong into it, if all of them are right and nothing else is there: they are not kept in mind then.
    pub(super) settled: Option<usize>,
}

impl SeenFolder<'_> {
    /// How many files and links belong into it.
    pub(super) fn files(&self) -> usize {
        self.settled.unwrap_or(self.wanted.len())
    }
}

/// What was seen of a context and of its tree.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    /// The root first.
    pub(super) folders: Vec<SeenFolder<'a>>,
    pub(super) left_out: Vec<LeftOut>,
}

/// What is wrong with the paths of files that are laid over, if anything: each is one of a file below the context, and
/// none is below another.
pub(super) fn check_paths<'a>(
    paths: impl IntoIterator<Item = &'a String>,
) -> Result<(), (&'a str, &'static str)> {
    let mut all = BTreeSet::new();
    for path in paths {
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) || path.contains('\0') {
            return Err((path, "is no path below the context"));
        }
        all.insert(path.as_str());
    }
    for path in &all {
        let mut above = path.match_indices('/').map(|(end, _)| &path[..end]);
        if above.any(|folder| all.contains(folder)) {
            return Err((path, "lies below another file that is laid over"));
        }
    }
    Ok(())
}

/// The first of these paths below a folder; of the context's root all are.
pub(super) fn below<'a, V>(
    paths: &'a BTreeMap<String, V>,
    folder: &str,
) -> impl Iterator<Item = (&'a str, &'a V)> + use<'a, V> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let found = paths.range(prefix.clone()..);
    found.map_while(move |(path, value)| Some((path.strip_prefix(&prefix)?, value)))
}

/// The file in which is kept what is known of a tree.
pub(super) fn index_of(tree: &Path) -> PathBuf {
    let mut path = tree.as_os_str().to_owned();
    path.push(INDEX_SUFFIX);
    path.into()
}

/// How the names of indexes end, and of one that is being written.
pub(super) const INDEX_SUFFIX: &str = ".index";
pub(super) const TEMP_SUFFIX: &str = ".index.tmp";

/// Of the names in a folder of trees, those that belong to none of the builds. What begins with a dot is no tree.
pub(super) fn names_of_others(names: Vec<String>, keep: &BTreeSet<String>) -> Vec<String> {
    let mut others: BTreeSet<String> = BTreeSet::new();
    for name in names.into_iter().filter(|name| !name.starts_with('.')) {
        let of = name.strip_suffix(TEMP_SUFFIX).or_else(|| name.strip_suffix(INDEX_SUFFIX)).unwrap_or(&name);
        if !keep.contains(of) && !keep.contains(&name) {
            others.insert(of.to_owned());
        }
    }
    others.into_iter().collect()
}
