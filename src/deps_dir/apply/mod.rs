//! The deps dir: the folder of tarballs that Dockerfiles copy.
//!
//! Whatever lies in it is part of a Docker layer's key, and whatever lies beside it under a name that begins like its
//! own is copied along: so nothing is put here whose bytes, name or mode depend on the machine, and nothing beside it.

#![expect(clippy::disallowed_methods, reason = "writes tarballs")]

pub(crate) mod folders;
pub(crate) mod out_dir;
pub(crate) mod own_output;
mod tarballs;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use self::folders::FolderNotes;
use self::tarballs::tarballs;
pub(crate) use self::tarballs::{Placed, StagedTarball, TempTarball, place_known, sync_staged, there};
use crate::cache::Outputs;
use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::npm::Tarball;
use crate::transaction::{Attributes, file};

/// The file that says whose folder it is.
pub(crate) const MARK: &str = ".docker-prep";
/// What that file holds.
pub(crate) const MARK_TEXT: &str =
    "This folder is made by docker-prep, and what docker-prep put here it also removes.\n";
const GITIGNORE: &str = ".gitignore";
/// Told from an owner's own by its first line.
const GITIGNORE_TEXT: &str = "# docker-prep: nothing in here is committed\n*\n";
/// What people put into an empty folder so that git keeps it.
pub(crate) const PLACEHOLDERS: [&str; 3] = [".gitkeep", ".gitignore", ".keep"];
const STAGED_PREFIX: &str = ".docker-prep-";
const STAGED_SUFFIX: &str = ".tmp";
const PUBLIC: Attributes = Attributes::mode(0o644);

/// What stands at the deps dir's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DepsDirState {
    /// Nothing.
    Missing,
    /// A folder with the mark.
    Ours,
    /// A folder that is empty, or holds nothing but placeholders.
    Adoptable,
}

/// Looks, and changes nothing.
///
/// # Errors
/// [`ErrorKind::Refused`]: something else stands there.
pub(crate) fn look(path: &Path) -> Result<DepsDirState> {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(DepsDirState::Missing),
        Err(error) => return Err(file::failed("look at", path, &error)),
    };
    let shown = path.display();
    if !metadata.is_dir() {
        let what = if metadata.is_symlink() { "a symbolic link" } else { "no folder" };
        return Err(Error::new(ErrorKind::Refused, format!("{shown}: the deps dir is {what}"))
            .hint(format!("move it away: mv {shown} {}", aside(path).display())));
    }
    if is_marked(path)? {
        return Ok(DepsDirState::Ours);
    }
    for entry in entries(path)? {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !PLACEHOLDERS.contains(&&*name) && !is_staged(&name) {
            return Err(Error::new(ErrorKind::Refused, format!("{shown}: holds '{name}', and was not made by docker-prep"))
                .hint(format!(
                    "if nobody needs what is in it, type: rm -r {shown}   (or take another folder: --deps-dir DIR)"
                )));
        }
    }
    Ok(DepsDirState::Adoptable)
}

/// Somewhere that `COPY .docker-deps*` does not reach.
fn aside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!("old{name}"))
}

/// A deps dir that is ours. Dropped, it is as it was before, but for what was swept; [`DepsDir::keep`] leaves it.
///
/// Whatever fails while it is opened undoes that much too.
#[derive(Debug)]
#[must_use = "what was put there goes when it is dropped"]
pub(crate) struct DepsDir {
    path: PathBuf,
    found: DepsDirState,
    /// The folders that were made for it and are not kept yet, the deepest first.
    made: Vec<PathBuf>,
    /// The files that were put there and are not kept yet.
    written: Vec<String>,
    /// Whether there may be tarballs in it whose names a power cut would take.
    is_unsynced: bool,
    outputs: Arc<Outputs>,
    /// Where it is noted which folders were made, until this is kept.
    noted: Option<(PathBuf, PathBuf)>,
}

impl DepsDir {
    /// Makes the folder, or takes the one that is there if it is ours or empty, and puts mark and `.gitignore` in it. In
    /// the project's state folder it is noted before which folders are made for it, where that is not just this one.
    ///
    /// # Errors
    /// As [`look`], and the disk's.
    pub(crate) fn open(root: &Path, path: &Path, state_dir: &Path) -> Result<Self> {
        Self::begin(path, Some((root.to_owned(), state_dir.to_owned())))
    }

    /// The same for a folder in the state folder, of which nobody has to know how to remove it.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn beside(path: &Path) -> Result<Self> {
        Self::begin(path, None)
    }

    fn begin(path: &Path, noted: Option<(PathBuf, PathBuf)>) -> Result<Self> {
        let found = look(path)?;
        let made = match found {
            DepsDirState::Missing => file::missing_folders(path),
            DepsDirState::Adoptable if is_unfinished(path)? => vec![path.to_owned()],
            DepsDirState::Adoptable | DepsDirState::Ours => Vec::new(),
        };
        let (written, outputs) = (Vec::new(), Arc::default());
        let is_unsynced = false;
        let mut dir = Self { path: path.to_owned(), found, made, written, is_unsynced, outputs, noted };
        dir.note_made()?;
        if found == DepsDirState::Missing {
            path.parent().map_or(Ok(()), file::create_folder)?;
            file::create_private_folder(path)?;
            dir.made.iter().try_for_each(|folder| file::sync_folder_of(folder))?;
        } else if found == DepsDirState::Adoptable {
            // A run that was killed may have just made it.
            file::sync_folder_of(path)?;
        }
        // Before anything that git could see, and told from an owner's by its text; then the mark: from then on the
        // rest is known to be ours.
        if path.join(GITIGNORE).symlink_metadata().is_err() {
            dir.write(GITIGNORE, GITIGNORE_TEXT)?;
        }
        if found != DepsDirState::Ours {
            dir.write(MARK, MARK_TEXT)?;
        }
        if file::is_private(path)? {
            file::change_folder_mode(path, 0o755)?;
        }
        Ok(dir)
    }

    fn note_made(&self) -> Result<()> {
        match &self.noted {
            Some((root, state_dir)) if self.found != DepsDirState::Ours => {
                let mut notes = FolderNotes::read(state_dir);
                notes.note(root, &self.path, &self.made, self.found == DepsDirState::Missing);
                notes.write(state_dir)
            }
            _ => Ok(()),
        }
    }

    fn write(&mut self, name: &str, text: &str) -> Result<()> {
        let temp = self.path.join(format!("{STAGED_PREFIX}file{STAGED_SUFFIX}"));
        file::remove(&temp)?;
        self.written.push(name.to_owned());
        file::atomic_write(&self.path.join(name), &temp, text.as_bytes(), &PUBLIC)
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it was there before.
    pub(crate) fn existed(&self) -> bool {
        self.found != DepsDirState::Missing
    }

    /// Leaves what was put there.
    pub(crate) fn keep(mut self) {
        self.written.clear();
        self.made.clear();
        self.noted = None;
    }

    /// A new file to write a tarball into. It goes when it is dropped, and after a kill with the next
    /// [`sweep`](Self::sweep).
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn stage(&self) -> io::Result<TempTarball> {
        stage(&self.path)
    }

    /// Gives a tarball that is [synced](sync_staged) its name. To be followed by one [`sync`](Self::sync) for all.
    ///
    /// # Errors
    /// The name is not that of a tarball with this content, or the disk's.
    pub(crate) fn put(&mut self, staged: StagedTarball, tarball: &Tarball) -> Result<Placed> {
        self.is_unsynced |= staged.may_be_lost();
        let placed = place_known(&self.path, staged, tarball, &self.outputs)?;
        if placed == Placed::Written {
            self.written.push(tarball.filename.clone());
        }
        Ok(placed)
    }

    /// The tarball that lies there already, where that is known without reading it.
    pub(crate) fn there(&self, tarball: &Tarball) -> Option<StagedTarball> {
        there(&self.path, tarball, &self.outputs)
    }

    /// The same folder, of which something is known.
    pub(crate) fn knowing(mut self, outputs: Arc<Outputs>) -> Self {
        self.outputs = outputs;
        self
    }

    /// Sees the tarballs' names onto the disk.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn sync(&mut self) -> Result<()> {
        if self.is_unsynced {
            file::sync_dir(&self.path)?;
            self.is_unsynced = false;
        }
        Ok(())
    }

    /// Removes the tarballs that the tool wrote and that do not belong here any more, and what was staged by a run
    /// that was killed. Returns the tarballs' names, sorted.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn sweep(&self, keep: &BTreeSet<String>) -> Result<Vec<String>> {
        sweep(&self.path, keep, &self.outputs)
    }
}

impl Drop for DepsDir {
    fn drop(&mut self) {
        // Tarballs, the mark, what hides them from git.
        for name in self.written.iter().rev() {
            let _ = file::remove(&self.path.join(name));
        }
        file::remove_made(&self.made);
        if let Some((root, state_dir)) = &self.noted {
            let _ = FolderNotes::read(state_dir).of_those_in(root).write(state_dir);
        }
    }
}

/// A new file in a folder to write a tarball into.
pub(crate) fn stage(dir: &Path) -> io::Result<TempTarball> {
    let made = tempfile::Builder::new().prefix(STAGED_PREFIX).suffix(STAGED_SUFFIX).tempfile_in(dir)?;
    file::change_owner(made.as_file(), made.path())?;
    Ok(TempTarball::new(made))
}

fn sweep(path: &Path, keep: &BTreeSet<String>, outputs: &Outputs) -> Result<Vec<String>> {
    // Somebody may have put another folder here since.
    if !is_marked(path)? {
        return Ok(Vec::new());
    }
    let mut stale: Vec<String> = tarballs(path, outputs)?
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| !keep.contains(name))
        .collect();
    stale.sort();
    for name in &stale {
        file::remove(&path.join(name))?;
    }
    remove_staged(path)?;
    Ok(stale)
}

/// The names of our tarballs in a folder that is ours: of those that are wanted and whole, and of those that
/// [`DepsDir::sweep`] would remove. Changes nothing.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn preview(
    path: &Path,
    wanted: &[Tarball],
    outputs: &Outputs,
) -> Result<(BTreeSet<String>, Vec<String>)> {
    let (mut there, mut stale) = (BTreeSet::new(), Vec::new());
    if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) || !is_marked(path)? {
        return Ok((there, stale));
    }
    for (name, digest) in tarballs(path, outputs)? {
        match wanted.iter().find(|tarball| tarball.filename == name) {
            Some(tarball) if tarball.sha256 == digest => drop(there.insert(name)),
            Some(_) => {}
            None => stale.push(name),
        }
    }
    stale.sort();
    Ok((there, stale))
}

/// What [`remove`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemovedDepsDir {
    /// The tarballs that are gone.
    pub(crate) tarballs: Vec<String>,
    /// Whether the folder is gone too: not if somebody else's files are in it.
    pub(crate) folder: bool,
    /// It is there still, since it holds files of others.
    pub(crate) is_left: bool,
}

/// Takes away the deps dir: what the tool wrote, and the folder if nothing else is in it and the tool has made it. A
/// folder without the mark is left alone, unless it is empty but for what a killed run left.
///
/// # Errors
/// The disk's.
pub(crate) fn remove(path: &Path, outputs: &Outputs, is_made: bool) -> Result<RemovedDepsDir> {
    let mut removed = RemovedDepsDir { tarballs: Vec::new(), folder: false, is_left: true };
    if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
        removed.is_left = path.symlink_metadata().is_ok();
        return Ok(removed);
    }
    if is_marked(path)? {
        removed.tarballs = sweep(path, &BTreeSet::new(), outputs)?;
        // Somebody's files: the folder stays, and stays ours.
        let ours = |name: &str| name == MARK || PLACEHOLDERS.contains(&name);
        if entries(path)?.iter().any(|entry| !ours(&entry.file_name().to_string_lossy())) {
            return Ok(removed);
        }
        file::remove(&path.join(MARK))?;
    } else if look(path).is_ok() {
        remove_staged(path)?;
    } else {
        return Ok(removed);
    }
    // After the mark: killed in between, git sees nothing, and the next removal finishes it.
    if has_own_gitignore(path) {
        file::remove(&path.join(GITIGNORE))?;
    }
    if !is_made {
        removed.is_left = false;
        return Ok(removed);
    }
    removed.folder = file::remove_empty_folder(path)?;
    removed.is_left = !removed.folder;
    if removed.folder {
        file::sync_folder_of(path)?;
    }
    Ok(removed)
}

/// Removes what a killed run had staged, from a folder that is ours or holds nothing else; returns how many files.
///
/// # Errors
/// The disk's.
pub(crate) fn sweep_staged(path: &Path) -> Result<usize> {
    if look(path).is_ok_and(|found| found != DepsDirState::Missing) { remove_staged(path) } else { Ok(0) }
}

fn remove_staged(path: &Path) -> Result<usize> {
    let mut removed = 0;
    for entry in entries(path)? {
        let is_file = entry.path().symlink_metadata().is_ok_and(|metadata| metadata.is_file());
        if is_file && is_staged(&entry.file_name().to_string_lossy()) && file::remove(&entry.path())? {
            removed += 1;
        }
    }
    Ok(removed)
}

fn is_marked(path: &Path) -> Result<bool> {
    let mark = path.join(MARK);
    if !mark.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Ok(false);
    }
    let text = disk::read(&mark).map_err(|error| file::failed("read", &mark, &error))?;
    Ok(text == MARK_TEXT.as_bytes())
}

/// Whether a folder that is empty but for placeholders is what a killed run has made: one that nobody else may look into,
/// or with a file in it that is the tool's.
fn is_unfinished(path: &Path) -> Result<bool> {
    let is_ours = |name: &str| is_staged(name) || name == GITIGNORE && has_own_gitignore(path);
    Ok(file::is_private(path)?
        || entries(path)?.iter().any(|entry| is_ours(&entry.file_name().to_string_lossy())))
}

fn has_own_gitignore(path: &Path) -> bool {
    disk::read(&path.join(GITIGNORE)).is_ok_and(|text| text == GITIGNORE_TEXT.as_bytes())
}

fn is_staged(name: &str) -> bool {
    name.len() >= STAGED_PREFIX.len() + STAGED_SUFFIX.len()
        && name.starts_with(STAGED_PREFIX)
        && name.ends_with(STAGED_SUFFIX)
}

fn entries(path: &Path) -> Result<Vec<fs::DirEntry>> {
    let list = || path.read_dir()?.collect::<io::Result<Vec<_>>>();
    list().map_err(|error| file::failed("read", path, &error))
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
