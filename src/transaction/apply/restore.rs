//! Puts a prepared project back.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use super::file::Attributes;
use super::lock::Lock;
use super::{file, lock, state};
use crate::disk;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::project::{EDITED_SUFFIX, ProjectPath};
use crate::text::Digest;
use crate::transaction::journal::{Journal, JournalEntry, ORIGINALS, Original, Phase};
use crate::transaction::tree_state::{ObservedJournal, ProjectState};

use crate::report::RestoredFrom;
use crate::transaction::plan::{Action, Plan, RestoreInputs, Step, StrayAction, StrayStep, plan};

/// One file that was put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Restored {
    /// The file, from the project's root.
    pub(crate) path: ProjectPath,
    /// Where its text came from.
    pub(crate) source: RestoredFrom,
    /// What a person should know about it.
    pub(crate) note: Option<String>,
}

/// Puts every file back that the journal names, then removes the state. Takes up an interrupted restore. `standing` is
/// what was observed just now, under the lock, and `inputs` what was read for it; see [`plan`].
///
/// Signals do not stop it: it is short, and the way out for everything that was stopped.
///
/// # Errors
/// [`ErrorKind::Refused`] before anything is touched, where a file cannot be put back without losing something or the
/// state cannot be trusted. Otherwise the disk's errors: each file is still tried, and the state stays for another
/// restore.
pub(crate) fn restore(
    lock: &Lock,
    root: &Path,
    standing: &ProjectState,
    inputs: Option<&RestoreInputs>,
    force: bool,
) -> Result<Vec<Restored>> {
    match standing {
        ProjectState::Clean => {
            // What a prepare left that was killed before its journal stood.
            state::clear(lock)?;
            Ok(Vec::new())
        }
        ProjectState::Damaged { cause } => Err(damaged(lock, cause)),
        ProjectState::Prepared(observed) | ProjectState::Interrupted(observed) => {
            carry_out(lock, root, observed, plan(observed, inputs, force)?)
        }
    }
}

fn damaged(lock: &Lock, cause: &str) -> Error {
    let folder = lock.folder().display();
    Error::new(ErrorKind::Refused, format!("the state of this project cannot be used: {cause}")).hint(format!(
        "the originals are beside the files as package.json.bak and the like, and in {folder}/{ORIGINALS}: move them back by \
         hand, then type: rm -r {folder}"
    ))
}

/// Carries out a plan that was made of this very observation.
fn carry_out(lock: &Lock, root: &Path, observed: &ObservedJournal, plan: Plan) -> Result<Vec<Restored>> {
    note_down(lock, observed.journal(), &plan)?;
    let mut problems = Vec::new();
    let mut kind = None;
    let mut restored = Vec::new();
    for step in plan.strays {
        match put_stray_back(root, &step) {
            Ok(()) => restored.push(Restored { path: step.path, source: step.source, note: Some(step.note) }),
            Err(error) => {
                kind.get_or_insert(error.kind);
                problems.extend(error.problems);
            }
        }
    }
    for (step, file) in plan.steps.into_iter().zip(&observed.files) {
        match put_back(lock, root, &step, &file.entry) {
            Ok(()) => restored.push(Restored { path: step.path, source: step.source, note: step.note }),
            Err(error) => {
                kind.get_or_insert(error.kind);
                problems.extend(error.problems);
            }
        }
    }
    if let Some(kind) = kind {
        problems.push(
            Problem::new(format!("{} of {} files are restored", restored.len(), observed.files.len()))
                .hint("once the cause is gone, type: docker-prep restore"),
        );
        return Err(Error::all(kind, problems));
    }
    state::clear(lock)?;
    Ok(restored)
}

/// Says in the journal that a restore is under way, and which texts it will write that prepare did not know.
fn note_down(lock: &Lock, mut journal: Journal, plan: &Plan) -> Result<()> {
    let mut needed = false;
    for (entry, step) in journal.files.iter_mut().zip(&plan.steps) {
        if let Action::Write { text, exact: false } = &step.action {
            entry.merged = Some(Digest::of(text));
            needed = true;
        }
    }
    for entry in &mut journal.files {
        entry.moved = plan.moved.get(&entry.path).cloned().or_else(|| entry.moved.take());
    }
    journal.head.phase = Phase::Restoring;
    journal.head.tool = env!("CARGO_PKG_VERSION").to_owned();
    journal.head.command = Some("restore".to_owned());
    journal.head.pid = std::process::id();
    journal.head.started = lock::now();
    match state::save_journal(lock, &journal) {
        // A full disk must not keep the originals from coming back: renaming the backups takes no room.
        Err(_) if !needed => Ok(()),
        result => result,
    }
}

/// A file that no journal names: moved, or copied.
fn put_stray_back(root: &Path, step: &StrayStep) -> Result<()> {
    let at = |path: &ProjectPath| {
        crate::transaction::read::locate(root, path).map_err(|cause| Error::new(ErrorKind::Refused, cause))
    };
    let (path, backup, temp) = (at(&step.path)?, at(&step.path.backup())?, at(&step.path.temp())?);
    expect(&path, &step.path, Some(&step.expected))?;
    match &step.action {
        StrayAction::RenameBackup => file::rename(&backup, &path)?,
        StrayAction::Remove => drop(file::remove(&path)?),
        StrayAction::Write(text, original) => {
            let present = file::metadata(&path)?;
            let (mode, owner) = (crate::transaction::read::mode_of(&present), file::owner_of(&present));
            let (mode, mtime) =
                original.as_ref().map_or((mode, None), |original| (original.mode, Some(original.mtime)));
            file::atomic_write(&path, &temp, text, &Attributes { mode, mtime, owner })?;
        }
    }
    if step.remove_backup {
        file::remove(&backup)?;
    }
    sync_names(root, &path)
}

fn put_back(lock: &Lock, root: &Path, step: &Step, entry: &JournalEntry) -> Result<()> {
    let at = |path: &ProjectPath| {
        crate::transaction::read::locate(root, path).map_err(|cause| Error::new(ErrorKind::Refused, cause))
    };
    let (path, backup, temp) = (at(&step.path)?, at(&step.path.backup())?, at(&step.path.temp())?);
    if step.remove_temp {
        file::remove(&temp)?;
    }
    expect(&path, &step.path, step.expected.as_ref())?;
    if step.put_edit_aside {
        put_aside(&path, &at(&step.path.edited())?)?;
    }
    match (&step.action, &entry.original) {
        (Action::Keep, _) => {}
        (Action::Remove, None) => drop(file::remove(&path)?),
        (Action::Write { text, exact: false }, _) => {
            let present = file::metadata(&path)?;
            let (mode, owner) = (crate::transaction::read::mode_of(&present), file::owner_of(&present));
            file::atomic_write(&path, &temp, text, &Attributes { mode, mtime: None, owner })?;
        }
        (action, Some(original)) => bring_back(lock, &path, &backup, &temp, action, original)?,
        (_, None) => {
            let cause = format!("{}: the state has no original of it", step.path);
            return Err(Error::new(ErrorKind::Refused, cause).hint("see what it says: docker-prep status"));
        }
    }
    if step.remove_backup {
        file::remove(&backup)?;
        if step.source == RestoredFrom::Untouched
            && let Some(folder) = path.parent()
        {
            // The backup was all that kept it.
            file::remove_empty_folder(folder)?;
        }
    }
    sync_names(root, &path)
}

/// The original, as it was to the last bit.
fn bring_back(
    lock: &Lock,
    path: &Path,
    backup: &Path,
    temp: &Path,
    action: &Action,
    original: &Original,
) -> Result<()> {
    let attributes =
        Attributes { mode: original.mode, mtime: Some(original.mtime), owner: present_owner(path) };
    match action {
        Action::SetAttributes => file::change_attributes(path, &attributes),
        Action::RenameBackup => {
            let metadata = file::metadata(backup)?;
            let modified = metadata.modified().ok().map(Into::into);
            if modified != Some(original.mtime)
                || crate::transaction::read::mode_of(&metadata) != original.mode
            {
                // A copy that was cut short of its attributes, or a backup that somebody touched.
                set_backup_right(backup, temp, &metadata, &Attributes { owner: None, ..attributes })?;
            }
            file::rename(backup, path)?;
            if cfg!(windows) {
                // Renaming one name of a file over another of the same file may leave both.
                file::remove(backup)?;
            }
            Ok(())
        }
        Action::WriteCopy => {
            let copy = lock.folder().join(ORIGINALS).join(original.digest.as_str());
            let bytes = disk::read(&copy).map_err(|error| file::failed("read", &copy, &error))?;
            if Digest::of(&bytes) != original.digest {
                return Err(Error::new(
                    ErrorKind::Refused,
                    format!("{}: has just been changed", copy.display()),
                ));
            }
            // The folder may have been deleted along with the file.
            if let Some(folder) = path.parent() {
                file::create_folder(folder)?;
            }
            file::atomic_write(path, temp, &bytes, &attributes)
        }
        Action::Write { text, exact: true } => file::atomic_write(path, temp, text, &attributes),
        Action::Keep | Action::Remove | Action::Write { exact: false, .. } => Ok(()),
    }
}

/// Sees a file's name onto the disk, and those of its folders, which may have been made anew.
///
/// Before the state goes, and also where nothing was left to do: what a restore that was killed has done may not be on
/// the disk yet, and a power cut that takes it back must find the state there.
fn sync_names(root: &Path, file: &Path) -> Result<()> {
    let folders = file.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
    folders.filter(|folder| folder.is_dir()).try_for_each(file::sync_dir)
}

/// Gives a backup the original's mode and time, but not the same file under other names.
fn set_backup_right(backup: &Path, temp: &Path, metadata: &Metadata, original: &Attributes) -> Result<()> {
    if !file::has_other_names(metadata) {
        return file::change_attributes(backup, original);
    }
    let bytes = disk::read(backup).map_err(|error| file::failed("read", backup, &error))?;
    file::atomic_write(backup, temp, &bytes, original)
}

/// What was decided holds only for what was seen.
fn expect(path: &Path, name: &ProjectPath, expected: Option<&Digest>) -> Result<()> {
    let now = match disk::read(path) {
        Ok(bytes) => Some(Digest::of(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(file::failed("read", path, &error)),
    };
    if now.as_ref() == expected {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Refused, format!("{name}: was changed in this very moment"))
        .hint("type again: docker-prep restore"))
}

/// Keeps the owner's text under another name. A restore that was killed here finds it done.
fn put_aside(manifest: &Path, edited: &Path) -> Result<()> {
    if edited.symlink_metadata().is_ok() {
        return match (disk::read(edited), disk::read(manifest)) {
            (Ok(kept), Ok(text)) if kept == text => Ok(()),
            _ => Err(Error::new(ErrorKind::Refused, format!("{}: is there already", edited.display()))
                .hint("move it away, then type: docker-prep restore --force")),
        };
    }
    file::link_or_copy(manifest, edited)?;
    file::sync_folder_of(edited)
}

/// Keeps a manifest's text as `<manifest>.edited`, and returns that path.
///
/// # Errors
/// Something else is there already, or the disk's.
pub(crate) fn keep_edit(_lock: &Lock, manifest: &Path) -> Result<PathBuf> {
    let edited = crate::transaction::read::beside(manifest, EDITED_SUFFIX);
    put_aside(manifest, &edited)?;
    Ok(edited)
}

/// The rewritten text was given the original's owner.
fn present_owner(manifest: &Path) -> Option<(u32, u32)> {
    manifest.symlink_metadata().ok().as_ref().and_then(file::owner_of)
}

/// Moves a backup that no state names back over its file. The lock shows that nobody prepares meanwhile.
///
/// # Errors
/// The disk's.
pub(crate) fn move_back(_lock: &Lock, file: &Path) -> Result<()> {
    file::rename(&crate::transaction::read::backup_of(file), file)?;
    file::sync_folder_of(file)
}
