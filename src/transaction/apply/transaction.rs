//! Rewrites files so that at every instant each is whole and every byte can be brought back.
//!
//! [`Transaction::begin`] looks and touches nothing. [`Transaction::apply`] then writes, in this order:
//!
//! 1. the originals are synced where they are: what an editor or a checkout wrote a moment ago may not be on the disk
//!    yet; then their bytes and the new texts into the state folder, each synced, then the folders;
//! 2. the journal (phase *preparing*), synced;
//! 3. for each file: a second name for the original (`.bak`), the folder synced; the new text beside it, synced;
//!    its rename over the original, the folder synced. Where there was none: the new text beside it, synced; its name,
//!    which nobody may have taken meanwhile, the folder synced;
//! 4. the journal (phase *prepared* or *running*), synced.
//!
//! A kill before 2 leaves the files as they were. A kill after it leaves a journal that says where everything is.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::file::Attributes;
use super::lock::Lock;
use super::{file, lock, restore, state};
use crate::disk;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::project::ProjectPath;
use crate::source::Decision;
use crate::text::Digest;
use crate::transaction::journal::{Head, Journal, JournalEntry, Original, Phase};
use crate::transaction::read::history::{CheckedOut, is_needless};
use crate::transaction::tree_state::ProjectState;

/// A file to rewrite, or to make.
#[derive(Clone, Debug)]
pub(crate) struct FileRewrite {
    /// The file itself, no symbolic link to it, inside the project.
    pub(crate) path: PathBuf,
    /// The bytes that the plan was made of; `None` where there must be nothing.
    pub(crate) original: Option<Vec<u8>>,
    /// The bytes to put there.
    pub(crate) rewritten: Vec<u8>,
    /// How the editor of that kind of file takes its changes back.
    pub(crate) undo: Value,
}

/// The deps dir, for the journal.
#[derive(Clone, Debug)]
pub(crate) struct DepsDirNote {
    /// Its path from the project's root.
    pub(crate) path: ProjectPath,
    /// Whether it was there before.
    pub(crate) existed: bool,
}

/// A rewrite that was checked and has not begun.
#[derive(Debug)]
#[must_use = "nothing is rewritten until it is applied"]
pub(crate) struct Transaction<'lock> {
    lock: &'lock Lock,
    root: PathBuf,
    journal: Journal,
    changes: Vec<Checked>,
}

/// A change, and what its file has besides bytes.
#[derive(Debug)]
struct Checked {
    change: FileRewrite,
    owner: Option<(u32, u32)>,
}

impl<'lock> Transaction<'lock> {
    /// Checks everything that can be checked beforehand, and changes nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`], with every problem: the project is prepared, a file is not what the plan was made of,
    /// something stands where the backup or the temporary file shall stand, a folder is read-only.
    pub(crate) fn begin(
        lock: &'lock Lock,
        root: &Path,
        deps_dir: DepsDirNote,
        changes: Vec<FileRewrite>,
    ) -> Result<Self> {
        let root = root.canonicalize().map_err(|error| file::failed("find", root, &error))?;
        match crate::transaction::read::read(lock.folder(), &root, &[])?.standing {
            ProjectState::Clean => {}
            ProjectState::Prepared(observed) => return Err(prepared(&observed.head, "was prepared")),
            ProjectState::Interrupted(observed) => {
                return Err(prepared(&observed.head, "was left half done"));
            }
            ProjectState::Damaged { cause } => {
                return Err(Error::new(
                    ErrorKind::Refused,
                    format!("the state of this project cannot be used: {cause}"),
                )
                .hint("see what to do: docker-prep restore"));
            }
        }
        let mut problems = Vec::new();
        let mut files = Vec::new();
        let mut checked = Vec::new();
        for change in changes {
            match check(&root, &change) {
                Ok((entry, owner)) => {
                    files.push(entry);
                    checked.push(Checked { change, owner });
                }
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(Error::all(ErrorKind::Refused, problems));
        }
        let head = Head {
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            command: None,
            pid: std::process::id(),
            started: lock::now(),
            phase: Phase::Preparing,
            deps_dir: deps_dir.path,
            deps_dir_existed: deps_dir.existed,
            source: None,
            commit: None,
            branch: None,
        };
        let journal = Journal { head, files };
        // A journal that could not be read back would be worth nothing.
        let readable = journal.to_bytes().and_then(|bytes| Journal::parse(&bytes));
        if let Err(cause) = readable {
            return Err(Error::new(
                ErrorKind::Refused,
                format!("the files cannot be rewritten together: {cause}"),
            ));
        }
        Ok(Self { lock, root, journal, changes: checked })
    }

    /// Notes for whoever looks at the prepared project which command it was, and why.
    pub(crate) fn noting(mut self, command: &str, source: Option<Decision>) -> Self {
        self.journal.head.command = Some(command.to_owned());
        self.journal.head.source = source;
        self
    }

    /// Notes the commit that is checked out.
    pub(crate) fn on(mut self, head: Option<CheckedOut>) -> Self {
        (self.journal.head.commit, self.journal.head.branch) =
            head.map(|head| (Some(head.commit), head.branch)).unwrap_or_default();
        self
    }

    /// Rewrites. `check` is asked between steps, and its error ends the work: `|| signals.check()`.
    ///
    /// `until` is what the journal says in the end: [`Phase::Prepared`], or [`Phase::Running`] where this process puts
    /// it back itself, so that a kill meanwhile is seen for what it is.
    ///
    /// On an error everything is put back, unless `keep`; what is returned is the error, and those of the restore
    /// where it fails too. A panic puts everything back as well.
    ///
    /// # Errors
    /// The disk's, that of `check`, or [`ErrorKind::Refused`] for a file that changed meanwhile.
    pub(crate) fn apply(
        self,
        until: Phase,
        keep: bool,
        check: &dyn Fn() -> Result<()>,
    ) -> Result<Prepared<'lock>> {
        let mut guard = Prepared { transaction: self, armed: !keep };
        match guard.transaction.write(until, check) {
            Ok(()) => {
                guard.armed = true;
                Ok(guard)
            }
            Err(error) if keep => {
                Err(error.hint("it was left as it is; to put it back, type: docker-prep restore"))
            }
            Err(error) => Err(guard.undo(error)),
        }
    }

    fn write(&mut self, until: Phase, check: &dyn Fn() -> Result<()>) -> Result<()> {
        check()?;
        // What an earlier run left that was killed before its journal stood.
        state::clear(self.lock)?;
        for checked in self.changes.iter().filter(|checked| checked.change.original.is_some()) {
            // It becomes the backup, and the only one once the state is gone.
            file::sync(&checked.change.path)?;
        }
        self.save_texts()?;
        check()?;
        state::save_journal(self.lock, &self.journal)?;
        for (entry, checked) in self.journal.files.iter().zip(&self.changes) {
            check()?;
            rewrite(&self.root, entry, checked, check)?;
        }
        check()?;
        self.journal.head.phase = until;
        state::save_journal(self.lock, &self.journal)
    }

    fn save_texts(&self) -> Result<()> {
        let files = || self.journal.files.iter().zip(&self.changes);
        state::save_texts(
            self.lock,
            files().filter_map(|(file, checked)| {
                Some((file.original_digest()?, checked.change.original.as_deref()?))
            }),
            files().map(|(file, checked)| (&file.rewritten, &*checked.change.rewritten)),
        )
    }
}

fn rewrite(
    root: &Path,
    entry: &JournalEntry,
    checked: &Checked,
    check: &dyn Fn() -> Result<()>,
) -> Result<()> {
    let at = |path: &ProjectPath| {
        crate::transaction::read::locate(root, path).map_err(|cause| Error::new(ErrorKind::Refused, cause))
    };
    let (path, backup, temp) = (at(&entry.path)?, at(&entry.backup)?, at(&entry.temp)?);
    let Some(original) = &entry.original else {
        return file::make(&path, &temp, &checked.change.rewritten, &Attributes::mode(NEW_FILE));
    };
    let still = |path: &Path| match disk::read(path) {
        Ok(bytes) if Digest::of(&bytes) == original.digest => Ok(()),
        Ok(_) => {
            Err(Error::new(ErrorKind::Refused, format!("{}: was changed while it was prepared", entry.path))
                .hint("type it again"))
        }
        Err(error) => Err(file::failed("read", path, &error)),
    };
    still(&path)?;
    if let Some(bytes) = checked.change.original.as_deref()
        && has_needless_backup(root, &entry.path, bytes)
    {
        file::remove(&backup)?;
    }
    file::link_or_copy(&path, &backup)?;
    file::sync_folder_of(&path)?;
    check()?;
    // What was linked is what will be brought back: an edit of this instant would be hidden in it.
    still(&backup)?;
    // The present time: BuildKit takes two files of equal size and time for the same.
    let attributes = Attributes { mode: original.mode, mtime: None, owner: checked.owner };
    file::atomic_write(&path, &temp, &checked.change.rewritten, &attributes)
}

/// Set whatever the umask, since the mode is part of a Docker layer's key.
const NEW_FILE: u32 = 0o644;

/// A project whose files are rewritten. Dropped, it is put back; [`Prepared::keep`] leaves it prepared.
#[derive(Debug)]
#[must_use = "dropping it restores the project"]
pub(crate) struct Prepared<'lock> {
    transaction: Transaction<'lock>,
    armed: bool,
}

impl Prepared<'_> {
    /// Leaves the project prepared.
    pub(crate) fn keep(mut self) {
        self.armed = false;
    }

    /// Puts the project back for an error, which tells too what of that fails.
    pub(crate) fn undo(mut self, error: Error) -> Error {
        match self.put_back() {
            Ok(()) => error,
            Err(second) => both(error, second),
        }
    }

    /// Writes the state anew where somebody has removed or spoilt it meanwhile: all of it is still known here.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub(crate) fn renew_state(&self) -> Result<()> {
        let Transaction { lock, root, journal, .. } = &self.transaction;
        match crate::transaction::read::read(lock.folder(), root, &[])?.standing {
            ProjectState::Prepared(_) | ProjectState::Interrupted(_) => Ok(()),
            ProjectState::Clean | ProjectState::Damaged { .. } => {
                self.transaction.save_texts()?;
                state::save_journal(lock, journal)
            }
        }
    }

    fn put_back(&mut self) -> Result<()> {
        // Once: what failed now would fail again in the drop, and say nothing.
        self.armed = false;
        let Transaction { lock, root, .. } = &self.transaction;
        let standing = crate::transaction::read::read(lock.folder(), root, &[])?.standing;
        restore::restore(lock, root, &standing, None, false).map(drop)
    }
}

impl Drop for Prepared<'_> {
    fn drop(&mut self) {
        if self.armed {
            // Nobody is left to tell; what could not be put back, the next call finds in the journal.
            let _ = self.put_back();
        }
    }
}

fn both(mut first: Error, second: Error) -> Error {
    first.problems.push(Problem::new("and putting everything back failed too:"));
    first.problems.extend(second.problems);
    first
}

fn prepared(head: &Head, how: &str) -> Error {
    let (by, age, folder) = (head.by(), lock::age(head.started), &head.deps_dir);
    Error::new(ErrorKind::Refused, format!("the project {how} by {by}, {age} ago (deps dir {folder})"))
        .hint("put it back: docker-prep restore   (and then type it again)")
}

fn check(root: &Path, change: &FileRewrite) -> Result<(JournalEntry, Option<(u32, u32)>), Problem> {
    let shown = change.path.strip_prefix(root).unwrap_or(&change.path).display();
    let failed = |error: std::io::Error| Problem::new(format!("{shown}: {}", crate::error::io_cause(&error)));
    let real = real_path(&change.path, change.original.is_none()).map_err(failed)?;
    let path = relative(root, &real).ok_or_else(|| {
        Problem::new(format!(
            "{shown}: is not inside the project {}, or its name is not UTF-8",
            root.display()
        ))
    })?;
    let (original, owner) = match &change.original {
        None => {
            nothing_at(root, &path, "was made since it was looked for", |_| "type it again".to_owned())?;
            (None, None)
        }
        Some(original) => {
            let metadata = change.path.symlink_metadata().map_err(failed)?;
            if !metadata.is_file() {
                return Err(Problem::new(format!("{shown}: is no regular file")));
            }
            let bytes = disk::read(&change.path).map_err(failed)?;
            if bytes != *original {
                return Err(
                    Problem::new(format!("{shown}: was changed since it was read")).hint("type it again")
                );
            }
            let mtime = metadata.modified().map_err(failed)?.into();
            let mode = crate::transaction::read::mode_of(&metadata);
            let digest = Digest::of(&bytes);
            let original = Original { digest, length: bytes.len() as u64, mode, mtime };
            (Some(original), file::owner_of(&metadata))
        }
    };
    if !change.original.as_ref().is_some_and(|original| has_needless_backup(root, &path, original)) {
        nothing_at(root, &path.backup(), "a backup is there already", |backup| {
            format!(
                "if it holds what {path} should be, type: mv {backup} {path}   (or remove it: rm {backup})"
            )
        })?;
    }
    nothing_at(root, &path.temp(), "is in the way", |temp| format!("remove it: rm {temp}"))?;
    writable(root, &real)?;
    let entry = JournalEntry {
        backup: path.backup(),
        temp: path.temp(),
        path,
        original,
        rewritten: Digest::of(&change.rewritten),
        merged: None,
        moved: None,
        undo: change.undo.clone(),
    };
    Ok((entry, owner))
}

/// Whether a backup that no state names lies beside a file, and says nothing that git or the file itself does not.
fn has_needless_backup(root: &Path, path: &ProjectPath, original: &[u8]) -> bool {
    let backup = crate::transaction::read::locate(root, &path.backup());
    backup.is_ok_and(|backup| is_needless(root, path, &backup, original))
}

/// The path with all symbolic links followed; of a file that is not there yet, those of its folder.
fn real_path(path: &Path, is_new: bool) -> std::io::Result<PathBuf> {
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) if is_new => Ok(folder.canonicalize()?.join(name)),
        _ => path.canonicalize(),
    }
}

fn relative(root: &Path, real: &Path) -> Option<ProjectPath> {
    let inside = real.strip_prefix(root).ok()?;
    let parts: Option<Vec<_>> = inside.components().map(|part| part.as_os_str().to_str()).collect();
    ProjectPath::try_from(parts?.join("/")).ok()
}

fn nothing_at(
    root: &Path,
    path: &ProjectPath,
    cause: &str,
    hint: impl Fn(&ProjectPath) -> String,
) -> Result<(), Problem> {
    let place = crate::transaction::read::locate(root, path).map_err(Problem::new)?;
    match place.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Problem::new(format!("{path}: {}", crate::error::io_cause(&error)))),
        Ok(_) => Err(Problem::new(format!("{path}: {cause}")).hint(hint(path))),
    }
}

/// Only what can be told without writing: a folder that nobody may write to. The rest shows when it is written to.
fn writable(root: &Path, file: &Path) -> Result<(), Problem> {
    let folder = file.parent().unwrap_or(root);
    let metadata = folder
        .metadata()
        .map_err(|error| Problem::new(format!("{}: {}", folder.display(), crate::error::io_cause(&error))))?;
    if cfg!(unix) && crate::transaction::read::mode_of(&metadata) & 0o222 == 0 {
        return Err(Problem::new(format!("{}: the folder is read-only", folder.display()))
            .hint(format!("chmod u+w {}", folder.display())));
    }
    Ok(())
}
