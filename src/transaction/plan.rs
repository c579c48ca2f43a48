//! How a prepared project is put back: from what was observed to a list of steps.

mod edited;
mod inputs;
mod leftover;
mod problem;
mod stray;
#[cfg(test)]
mod tests;

pub(crate) use self::inputs::{ChangedFile, RestoreInputs, needs_commit};
pub(crate) use self::leftover::{Leftover, is_edited_besides, leftover};
pub(crate) use self::stray::{Stray, StrayAction, StrayStep, find_strays};
use std::collections::BTreeMap;

use crate::error::{Error, ErrorKind, Problem, Result};
use crate::project::ProjectPath;
use crate::report::RestoredFrom;
use crate::rewrite::{TakeBackError, ours, take_back};
use crate::text::Digest;
use crate::transaction::journal::Phase;
use crate::transaction::tree_state::{Backup, FileState, Now, ObservedJournal};

/// What is done at a file's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing.
    Keep,
    /// The original's mode and time stamp are set.
    SetAttributes,
    /// The backup is renamed over it.
    RenameBackup,
    /// The state folder's copy is written there.
    WriteCopy,
    /// This text is written there: with the original's mode and time stamp, or with its own mode and the present.
    Write {
        /// The bytes.
        text: Vec<u8>,
        /// Whether they are the original.
        exact: bool,
    },
    /// It is removed: prepare made it.
    Remove,
}

/// The steps for one file, in this order: the temporary file goes, the edit is put aside, the action, the backup
/// goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The file.
    pub(crate) path: ProjectPath,
    /// What has to stand there for the plan to hold: the digest, or nothing at all.
    pub(crate) expected: Option<Digest>,
    /// Whether a leftover temporary file is removed.
    pub(crate) remove_temp: bool,
    /// Whether the owner's text is kept as `<file>.edited`.
    pub(crate) put_edit_aside: bool,
    /// What is done.
    pub(crate) action: Action,
    /// Where the text comes from.
    pub(crate) source: RestoredFrom,
    /// Whether the backup is removed afterwards.
    pub(crate) remove_backup: bool,
    /// What a person should know about it.
    pub(crate) note: Option<String>,
}

/// A restore, decided and not yet done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "nothing is restored by planning it"]
pub(crate) struct Plan {
    /// By file, in the journal's order.
    pub(crate) steps: Vec<Step>,
    /// By file, of those that no journal names.
    pub(crate) strays: Vec<StrayStep>,
    /// Where files lie that their owner moved.
    pub(crate) moved: BTreeMap<ProjectPath, ProjectPath>,
}

/// Decides for all files, or refuses for all. With `force`, the original comes back where an edit cannot be kept in
/// place, and the edit is put aside.
///
/// Without `inputs`, as the process does that rewrote the files a moment ago, the state is believed, and an edit is
/// none to be taken apart.
///
/// # Errors
/// [`ErrorKind::Refused`], with a problem for each file that cannot be put back without losing something.
pub(crate) fn plan(observed: &ObservedJournal, inputs: Option<&RestoreInputs>, force: bool) -> Result<Plan> {
    let mut steps = Vec::new();
    let mut problems = Vec::new();
    for file in &observed.files {
        match step(file, observed.head.phase, inputs, force) {
            Ok(step) => steps.push(step),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        let (strays, moved) =
            inputs.map(|inputs| (inputs.strays.clone(), inputs.moved.clone())).unwrap_or_default();
        return Ok(Plan { steps, strays, moved });
    }
    let others = observed.files.len() - problems.len();
    if others > 0 {
        let files =
            if others == 1 { "1 other file was".to_owned() } else { format!("{others} other files were") };
        problems.push(Problem::new(format!("nothing was changed: {files} left as prepared too")));
    }
    Err(Error::all(ErrorKind::Refused, problems))
}

fn step(
    file: &FileState,
    phase: Phase,
    inputs: Option<&RestoreInputs>,
    force: bool,
) -> Result<Step, Problem> {
    let path = &file.entry.path;
    let mut step = Step {
        path: path.clone(),
        expected: expected(file),
        remove_temp: file.temp,
        put_edit_aside: false,
        action: Action::Keep,
        source: RestoredFrom::AlreadyOriginal,
        remove_backup: matches!(file.backup, Backup::SameFile | Backup::Whole | Backup::Cut),
        note: (file.backup == Backup::Foreign)
            .then(|| format!("{}: left alone, it is not what prepare put there", path.backup())),
    };
    match file.now {
        Now::Original if file.created => step.note = Some(format!("{path}: is gone already")),
        // The backup is a copy, and the original is still the very file: it may be one that nobody may replace.
        Now::Original if file.exact && phase == Phase::Preparing => {}
        Now::Original if file.backup == Backup::Whole => {
            rename_backup(&mut step, RestoredFrom::AlreadyOriginal)
        }
        Now::Original if file.exact => {}
        // Its turn had not come: what changed its mode or time was not us.
        Now::Original if phase == Phase::Preparing && file.backup != Backup::Foreign => {}
        // Without a backup it was put back by somebody else, whose mode and time are as good.
        Now::Original if matches!(file.backup, Backup::Absent | Backup::Foreign) => {}
        Now::Original => step.action = Action::SetAttributes,
        Now::Merged => step.source = RestoredFrom::Merged,
        Now::Missing if moved_to(file, inputs).is_some() => {
            let to = moved_to(file, inputs).map(ToString::to_string).unwrap_or_default();
            leave(&mut step, &format!("lies at {to} now, and was restored there"));
            step.remove_backup = file.backup == Backup::Whole;
        }
        Now::Missing if changed(path, inputs).is_some_and(|changed| changed.present.is_none()) => {
            let from = inputs.map(|inputs| inputs.prepared_on.as_str()).unwrap_or_default();
            leave(
                &mut step,
                &format!("the present commit does not have it: not made anew (it is from {from})"),
            );
            let is_kept = changed(path, inputs).is_some_and(|changed| changed.is_kept);
            step.remove_backup = file.backup == Backup::Whole && is_kept;
        }
        // Nothing bears the state out: whoever made it up can have made up the file.
        Now::Missing if file.backup != Backup::Whole && !is_committed(path, inputs).unwrap_or(true) => {
            if !force {
                return Err(problem::unknown(file));
            }
            leave(&mut step, "is missing, and stays so: the last commit does not know it");
        }
        Now::Missing => {
            step.note = Some(format!("{path}: was deleted while prepared, and is back"));
            if original(file, &mut step).is_err() {
                if !force {
                    return Err(problem::lost(path));
                }
                step.source = RestoredFrom::Untouched;
                step.note =
                    Some(format!("{path}: was deleted while prepared, and stays so: no copy of it is left"));
            }
        }
        // Whoever made up the state can also have made up that prepare wrote what stands there.
        Now::Rewritten if is_free_of_ours(file, inputs) == Some(true) => {
            if !force {
                return Err(problem::made_up(path));
            }
            leave(&mut step, "left as it is: nothing in it points into the deps dir");
        }
        Now::Rewritten if file.created => remove(&mut step),
        Now::Rewritten => {
            if original(file, &mut step).is_err() {
                (step.action, step.source) = without_a_copy(file, inputs)?;
            }
            tell_of_commit(&mut step, inputs);
        }
        Now::Edited => edited::edited(file, phase, inputs, force, &mut step)?,
        Now::NotAFile => {
            return Err(Problem::new(format!("{path}: is no file any more"))
                .hint(format!("move it away, then type: docker-prep restore   (mv {path} {path}.mine)")));
        }
    }
    Ok(step)
}

/// Where the owner of a file moved it.
fn moved_to<'a>(file: &'a FileState, inputs: Option<&'a RestoreInputs>) -> Option<&'a ProjectPath> {
    let recorded = file.entry.moved.as_ref();
    recorded.or_else(|| inputs?.moved.get(&file.entry.path))
}

fn changed<'a>(path: &ProjectPath, inputs: Option<&'a RestoreInputs>) -> Option<&'a ChangedFile> {
    inputs?.changed.get(path)
}

/// An original of another commit does not come back without a word.
fn tell_of_commit(step: &mut Step, inputs: Option<&RestoreInputs>) {
    let (Some(inputs), Some(_)) = (inputs, changed(&step.path, inputs)) else { return };
    let (path, from) = (&step.path, &inputs.prepared_on);
    let told = format!(
        "it is the text of {from}, where it was prepared: the present commit has another (git diff HEAD -- {path})"
    );
    step.note = Some(match step.note.take() {
        Some(note) => format!("{note}; {told}"),
        None => format!("restored {path}: {told}"),
    });
}

/// Whether nothing in the text that stands there points into the deps dir, where that can be told.
fn is_free_of_ours(file: &FileState, inputs: Option<&RestoreInputs>) -> Option<bool> {
    let text = file.text.as_deref().unwrap_or_default();
    inputs.map(|inputs| !ours::holds_ours(file.entry.kind(), text, &inputs.deps_dirs))
}

fn leave(step: &mut Step, why: &str) {
    step.source = RestoredFrom::Untouched;
    step.note = Some(format!("{}: {why}", step.path));
    step.remove_backup = false;
}

fn remove(step: &mut Step) {
    step.action = Action::Remove;
    step.source = RestoredFrom::Removed;
}

/// Whether the last commit has a file, where that can be told.
fn is_committed(path: &ProjectPath, inputs: Option<&RestoreInputs>) -> Option<bool> {
    inputs.map(|inputs| inputs.committed.contains_key(path))
}

fn expected(file: &FileState) -> Option<Digest> {
    match file.now {
        Now::Original => file.entry.original_digest().cloned(),
        Now::Rewritten => Some(file.entry.rewritten.clone()),
        Now::Merged => file.entry.merged.clone(),
        Now::Edited => file.text.as_deref().map(Digest::of),
        Now::Missing | Now::NotAFile => None,
    }
}

fn rename_backup(step: &mut Step, source: RestoredFrom) {
    step.action = Action::RenameBackup;
    step.source = source;
    step.remove_backup = false;
}

/// Whether the original's very bytes are there still.
fn has_copy(file: &FileState) -> bool {
    file.backup == Backup::Whole || file.copy
}

/// The original's very bytes: the backup, or the state folder's copy.
fn original(file: &FileState, step: &mut Step) -> Result<(), ()> {
    if file.backup == Backup::Whole {
        rename_backup(step, RestoredFrom::Backup);
    } else if file.copy {
        step.action = Action::WriteCopy;
        step.source = RestoredFrom::StateCopy;
    } else {
        return Err(());
    }
    Ok(())
}

/// The rewritten text stands there, and nobody kept the original.
fn without_a_copy(
    file: &FileState,
    inputs: Option<&RestoreInputs>,
) -> Result<(Action, RestoredFrom), Problem> {
    if let Some(undone) = undone(file).filter(|_| inputs.is_some()) {
        return Ok((Action::Write { text: undone.into_bytes(), exact: true }, RestoredFrom::Undone));
    }
    let text = committed(file, inputs).ok_or_else(|| problem::lost(&file.entry.path))?;
    let exact = is_original(file, &text);
    Ok((Action::Write { text: text.into_bytes(), exact }, RestoredFrom::Committed))
}

/// The original, where undoing the rewrite gives it.
fn undone(file: &FileState) -> Option<String> {
    undo(file).ok().filter(|undone| is_original(file, undone))
}

/// The text that stands there with the rewrite undone.
fn undo(file: &FileState) -> Result<String, TakeBackError> {
    let text = std::str::from_utf8(file.text.as_deref().unwrap_or_default());
    take_back::undo(file.entry.kind(), text.map_err(|_| TakeBackError::NotUtf8)?, &file.entry.undo)
}

/// The text that stands there with what prepare changed as the last commit has it, where that is known.
fn committed(file: &FileState, inputs: Option<&RestoreInputs>) -> Option<String> {
    let head = inputs?.committed.get(&file.entry.path)?;
    let text = String::from_utf8_lossy(file.text.as_deref().unwrap_or_default());
    take_back::as_committed(file.entry.kind(), &text, head, &file.entry.undo).ok()
}

/// Whether a text is what was there before.
fn is_original(file: &FileState, text: &str) -> bool {
    file.entry.original_digest() == Some(&Digest::of(text.as_bytes()))
}
