//! Brings a tree up to date.
//!
//! At every instant the call may be killed: the next one sees what is there. Only where a file is right is taken from
//! the index, which comes last and by a rename.

#![expect(clippy::disallowed_methods, reason = "writes trees, and what is known of them")]

mod attributes;
mod file;
mod remove;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use self::file::{Done, Writer};
pub(crate) use self::remove::remove;
use crate::cancel::CancelToken;
use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::isolated::read::tree::{boot, entry, look, read_index};
use crate::isolated::tree::{
    Decision, FileStep, INDEX_SUFFIX, Index, Kind, KnownFolder, MOST_LEFT_OUT, Names, Plan, Record, Seen,
    TreeOutcome, TreeRequest, Wanted, check_paths, encode, index_of, order, plan,
};
use crate::npm::{FileStamp, FileTime, Watch};
use crate::threads::Threads;
use crate::transaction::{failed, file as files};

/// So many files are one piece of work: they lie side by side, so that threads do not wait for the same folder.
const PIECE: usize = 32;

/// Makes a tree what it should be, or makes it.
///
/// # Errors
/// A file of the context cannot be read, the tree cannot be written, or it is cancelled. The tree is not to be used
/// then; the next call goes on from what is there.
pub(crate) fn bring_up_to_date(
    request: &TreeRequest<'_>,
    threads: Threads,
    cancel: &CancelToken,
) -> Result<TreeOutcome> {
    check(request)?;
    let index_path = index_of(request.tree);
    let (watch, boot) = (Watch::begin(), boot());
    let bytes = read_index(&index_path);
    let index = Index::parse(&bytes, &boot, watch.moment());
    let seen = look(request, &index, &watch, threads, cancel)?;
    let plan = plan(&seen, &index);
    cancel.check()?;
    if seen.folders.first().is_some_and(|root| root.in_tree.is_none()) {
        make_root(request.tree)?;
    }
    let update = Update { request, seen: &seen, plan: &plan, watch: &watch, index: &index };
    let mut outcome = TreeOutcome { removed: plan.removals.len(), ..TreeOutcome::default() };
    update.open_folders()?;
    for path in &plan.removals {
        cancel.check()?;
        remove::all_below(&request.tree.join(path))?;
    }
    update.make_folders()?;
    let done = update.write_files(threads, cancel)?;
    update.finish_folders()?;
    for done in done.iter().flatten() {
        outcome.copied += usize::from(done.bytes.is_some());
        outcome.bytes_copied += done.bytes.unwrap_or_default();
    }
    outcome.files = plan.files - done.iter().filter(|done| done.is_none()).count();
    if !index.is_believed() || index.len() != outcome.files || !update.is_known(&done) {
        let written = encode(&boot, watch.moment(), &update.known(&done));
        write_index(&index_path, &written)?;
    }
    outcome.left_out_count = seen.left_out.len();
    outcome.left_out = seen.left_out;
    outcome.left_out.sort_unstable();
    outcome.left_out.truncate(MOST_LEFT_OUT);
    Ok(outcome)
}

/// Refuses what no tree can be made of.
fn check(request: &TreeRequest<'_>) -> Result<()> {
    let refuse = |path: &Path, why: &str| {
        Err(Error::new(ErrorKind::Environment, format!("{}: {why}", path.display()))
            .hint("report this as a fault of docker-prep"))
    };
    if let Err((path, why)) = check_paths(request.laid_over.keys()) {
        return refuse(Path::new(path), why);
    }
    let name = request.tree.file_name().and_then(|name| name.to_str());
    if name.is_none_or(|name| name.ends_with(INDEX_SUFFIX)) {
        return refuse(request.tree, "is no name of a tree");
    }
    if request.context.starts_with(request.tree) {
        return refuse(request.tree, "a tree cannot hold its own context");
    }
    Ok(())
}

/// Makes the folder of trees, which nobody else looks into, and the tree's own.
fn make_root(tree: &Path) -> Result<()> {
    let trees = tree.parent().unwrap_or(tree);
    if let Some(state) = trees.parent() {
        fs::create_dir_all(state).map_err(|error| failed("create", state, &error))?;
    }
    match disk::create_private_folder(trees) {
        Ok(()) => attributes::give(trees, files::owner_for(trees))
            .map_err(|error| failed("create", trees, &error))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed("create", trees, &error)),
    }
    // What stands in its place is no folder.
    if entry(tree).is_ok() {
        remove::all_below(tree)?;
    }
    disk::create_private_folder(tree).map_err(|error| failed("create", tree, &error))
}

/// One call's work.
struct Update<'u, 'a> {
    request: &'u TreeRequest<'a>,
    seen: &'u Seen<'u>,
    plan: &'u Plan,
    watch: &'u Watch,
    index: &'u Index<'u>,
}

impl Update<'_, '_> {
    fn tree(&self, folder: usize) -> PathBuf {
        self.request.tree.join(&self.seen.folders[folder].path)
    }

    /// Lets the folders be written in which something changes.
    fn open_folders(&self) -> Result<()> {
        for number in &self.plan.changed {
            if let Some(stamp) = &self.seen.folders[*number].in_tree {
                attributes::open(&self.tree(*number), stamp.mode)?;
            }
        }
        Ok(())
    }

    fn make_folders(&self) -> Result<()> {
        let owner = files::owner_for(self.request.tree);
        for number in &self.plan.changed {
            let folder = &self.seen.folders[*number];
            if folder.in_tree.is_none() {
                let path = self.tree(*number);
                if folder.parent.is_some() {
                    disk::create_private_folder(&path).map_err(|error| failed("create", &path, &error))?;
                }
                attributes::give(&path, owner).map_err(|error| failed("create", &path, &error))?;
            }
        }
        Ok(())
    }

    /// Carries the steps out; what became of each file.
    fn write_files(&self, threads: Threads, cancel: &CancelToken) -> Result<Vec<Option<Done>>> {
        let writer = Writer::new(self.request);
        let is_over = AtomicBool::new(false);
        let pieces: Vec<&[FileStep]> = self.plan.steps.chunks(PIECE).collect();
        let outcomes = threads.map(&pieces, |steps| {
            let mut done = Vec::with_capacity(steps.len());
            for step in *steps {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let folder = &self.seen.folders[step.folder];
                let outcome = cancel
                    .check()
                    .and_then(|()| writer.carry_out(step, &folder.path, &folder.wanted[step.file]));
                if outcome.is_err() {
                    is_over.store(true, Ordering::Relaxed);
                }
                done.push(outcome?);
            }
            Ok(done)
        });
        let mut done = Vec::with_capacity(self.plan.steps.len());
        for outcome in outcomes {
            done.extend(outcome?);
        }
        Ok(done)
    }

    /// Gives each folder its mode and time, those below it first.
    fn finish_folders(&self) -> Result<()> {
        let mut changed = vec![false; self.seen.folders.len()];
        for number in &self.plan.changed {
            changed[*number] = true;
        }
        for (number, folder) in self.seen.folders.iter().enumerate().rev() {
            if self.plan.decisions[number].is_some() {
                let present = folder.in_tree.as_ref().filter(|_| !changed[number]);
                attributes::finish_folder(&self.tree(number), folder.source.as_ref(), present)?;
            }
        }
        Ok(())
    }

    /// Whether what was seen and done tells nothing new.
    fn is_known(&self, done: &[Option<Done>]) -> bool {
        self.seen.folders.iter().all(|folder| folder.names.is_none())
            && self.plan.steps.iter().zip(done).all(|(step, done)| {
                let wanted = &self.seen.folders[step.folder].wanted[step.file];
                let known =
                    |done: &Done| (done.source, self.is_reliable(wanted, done.source.as_ref()), done.tree);
                step.known == done.as_ref().map(known)
            })
    }

    /// Whether a change of a file's origin would be seen: what was changed in the clock's tick of this call may be
    /// changed once more in it, and look the same.
    fn is_reliable(&self, wanted: &Wanted<'_>, source: Option<&FileStamp>) -> bool {
        wanted.is_trusted && source.is_some_and(|source| source.is_reliable_at(self.watch.moment()))
    }

    /// What is known of the tree and its context from now on, by the folders' paths.
    fn known(&self, done: &[Option<Done>]) -> Vec<(&OsStr, KnownFolder<'_>)> {
        let folders = self.seen.folders.iter().enumerate();
        folders.map(|(number, folder)| (folder.path.as_os_str(), self.known_of(number, done))).collect()
    }

    fn known_of(&self, number: usize, done: &[Option<Done>]) -> KnownFolder<'_> {
        let (folder, decisions) = (&self.seen.folders[number], &self.plan.decisions[number]);
        let mut known = self.index.folder(folder.path.as_os_str());
        if folder.settled.is_none() {
            known.files.clear();
        }
        for (wanted, decision) in folder.wanted.iter().zip(decisions.iter().flatten()) {
            let (source, tree) = match decision {
                Decision::Keep(source, tree) => (*source, *tree),
                Decision::Step(number) => {
                    let Some(Some(done)) = done.get(*number) else { continue };
                    (done.source, done.tree)
                }
            };
            let is_reliable = self.is_reliable(wanted, source.as_ref());
            known.files.push(Record { name: order(&wanted.name), source, is_reliable, tree });
        }
        if let (Some(names), Some(stamp)) = (&folder.names, folder.source) {
            known.names = Some(Names { stamp, names: names.iter().map(|name| order(name)).collect() });
        }
        known
    }
}

fn write_index(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut temp = path.as_os_str().to_owned();
    temp.push(".tmp");
    let temp = PathBuf::from(temp);
    // A link that stands there would be followed.
    if matches!(entry(&temp), Ok((kind, _)) if kind != Kind::File) {
        remove::all_below(&temp)?;
    }
    let written = fs::write(&temp, bytes).and_then(|()| attributes::give(&temp, files::owner_for(&temp)));
    written.map_err(|error| failed("write", &temp, &error))?;
    fs::rename(&temp, path).map_err(|error| failed("write", path, &error))
}

/// The present, as a file's time.
fn present() -> FileTime {
    crate::isolated::read::tree::time_of(std::time::SystemTime::now())
}
