//! What its owner, or an install, wrote into a file while it was prepared.

use super::{
    Action, ChangedFile, RestoreInputs, Step, TakeBackError, changed, committed, is_committed,
    is_free_of_ours, is_original, leave, original, problem, remove, tell_of_commit, undo,
};
use crate::error::Problem;
use crate::project::FileKind;
use crate::report::RestoredFrom;
use crate::rewrite;
use crate::rewrite::clean::{CleanSources, Cleaned, clean};
use crate::rewrite::ours;
use crate::transaction::journal::Phase;
use crate::transaction::tree_state::{Backup, FileState};

/// Neither the original nor the rewritten text: its owner was there.
pub(super) fn edited(
    file: &FileState,
    phase: Phase,
    inputs: Option<&RestoreInputs>,
    force: bool,
    step: &mut Step,
) -> Result<(), Problem> {
    let bytes = file.text.as_deref().unwrap_or_default();
    let free_of_ours = is_free_of_ours(file, inputs);
    if was_never_replaced(file, bytes, phase, free_of_ours) {
        untouched(step);
        return Ok(());
    }
    if file.entry.kind() == FileKind::Lockfile {
        return lockfile(file, bytes, inputs, force, step);
    }
    let path = &file.entry.path;
    let undone = if inputs.is_some() { undo(file) } else { Err(TakeBackError::JustNow) };
    match undone {
        // Its owner has taken all of ours out, or it was never in.
        Ok(_) if free_of_ours == Some(true) => leave_whole(file, step),
        Ok(text) if file.created && text.trim().is_empty() => remove(step),
        Ok(text) if is_original(file, &text) => {
            // The edit was no edit of the original; so the original itself may come back.
            if original(file, step).is_err() {
                step.action = Action::Write { text: text.into_bytes(), exact: true };
                step.source = RestoredFrom::Undone;
            }
        }
        Ok(text) => {
            let (text, ranges) = without_added(file, text, inputs);
            step.action = Action::Write { text: text.into_bytes(), exact: false };
            step.source = RestoredFrom::Merged;
            let how = if file.created { "made by prepare and edited since" } else { "edited while prepared" };
            step.note = Some(format!("{path}: {how}: the edit is kept{ranges}"));
        }
        // Killed between the backup and the rename.
        Err(_) if phase == Phase::Preparing && file.backup == Backup::Whole && free_of_ours == Some(true) => {
            untouched(step);
        }
        Err(_) if force && take_present_commit(file, inputs, step) => put_aside(step),
        Err(_) if force && may_replace(file, free_of_ours) && put_back(file, step).is_ok() => {
            put_aside(step);
            tell_of_commit(step, inputs);
        }
        Err(reason) => return Err(problem::conflict(file, bytes, &reason.to_string())),
    }
    Ok(())
}

/// What an install wrote in the owner's name, as `pnpm add` does from our overrides, gets the range of what it leads to.
/// And what is to be said of it.
fn without_added(file: &FileState, text: String, inputs: Option<&RestoreInputs>) -> (String, String) {
    let kind = file.entry.kind();
    let Some(deps_dir) = inputs
        .and_then(|inputs| inputs.deps_dirs.iter().find(|dir| ours::points_into(kind, text.as_bytes(), dir)))
    else {
        return (text, String::new());
    };
    let sources = CleanSources { history: &[], packages: &[], deps_dir };
    match clean(kind, &text, &sources) {
        Ok(Cleaned { text: Some(cleaned), ranges, .. }) => {
            let told =
                |(key, range): &(String, String)| format!("; {key} led to a tarball and is {range} now");
            (cleaned, ranges.iter().map(told).collect())
        }
        // It is named once all is restored.
        _ => (text, String::new()),
    }
}

/// Another commit was checked out since: where git keeps what stood there before, its own text is what belongs there.
fn take_present_commit(file: &FileState, inputs: Option<&RestoreInputs>, step: &mut Step) -> bool {
    let Some(ChangedFile { present: Some(text), is_kept: true }) = changed(&file.entry.path, inputs) else {
        return false;
    };
    step.action = Action::Write { text: text.clone().into_bytes(), exact: false };
    step.source = RestoredFrom::Committed;
    true
}

/// A backup stands there before its file is replaced, and goes in the instant when the original comes back: without
/// one, the edit is of the original. Unless somebody has removed the backup, which the text tells. What was made has
/// none: there the text alone tells.
fn was_never_replaced(file: &FileState, bytes: &[u8], phase: Phase, free_of_ours: Option<bool>) -> bool {
    if file.created {
        return free_of_ours.unwrap_or_else(|| {
            phase == Phase::Preparing && !rewrite::names_a_tarball(&String::from_utf8_lossy(bytes))
        });
    }
    match file.backup {
        Backup::SameFile => true,
        Backup::Absent | Backup::Cut => free_of_ours.unwrap_or(phase == Phase::Preparing),
        Backup::Whole | Backup::Foreign => false,
    }
}

/// An install has written it anew, from manifests that are rewritten: that is nobody's work, and worth nothing once
/// the tarballs are gone. Where nothing of them is in it, it is somebody's.
fn lockfile(
    file: &FileState,
    bytes: &[u8],
    inputs: Option<&RestoreInputs>,
    force: bool,
    step: &mut Step,
) -> Result<(), Problem> {
    let path = &file.entry.path;
    if is_free_of_ours(file, inputs) == Some(true) {
        leave_whole(file, step);
        return Ok(());
    }
    // One that the last commit has was not made by prepare, whatever the state says: no reason to lose it.
    if file.created && is_committed(path, inputs) == Some(true) {
        if !force {
            let reason = "the last commit has one, and the state says that there was none";
            return Err(problem::conflict(file, bytes, reason));
        }
        remove(step);
        put_aside(step);
        return Ok(());
    }
    if put_back(file, step).is_err() {
        let text = committed(file, inputs).ok_or_else(|| problem::lost(path))?;
        step.action = Action::Write { exact: is_original(file, &text), text: text.into_bytes() };
        step.source = RestoredFrom::Committed;
    }
    let what = if file.created { "removed, as there was none before" } else { "as it was before again" };
    step.note = Some(format!("{path}: written anew by an install while prepared: {what}"));
    Ok(())
}

/// What was there before: the original, or nothing.
fn put_back(file: &FileState, step: &mut Step) -> Result<(), ()> {
    if file.created {
        remove(step);
        return Ok(());
    }
    original(file, step)
}

/// A text that nothing of ours is in gives way only to a backup that stands beside it.
fn may_replace(file: &FileState, free_of_ours: Option<bool>) -> bool {
    free_of_ours != Some(true) || file.backup == Backup::Whole
}

fn put_aside(step: &mut Step) {
    step.put_edit_aside = true;
    let path = &step.path;
    let what =
        if step.source == RestoredFrom::Committed { "the present commit's text is there, and " } else { "" };
    step.note = Some(format!("{path}: edited while prepared: {what}the edit is kept in {}", path.edited()));
}

/// The backup may hold what is nowhere else.
fn leave_whole(file: &FileState, step: &mut Step) {
    let mut why = "nothing of the rewrite is in it: left as it is".to_owned();
    if !file.created {
        why.push_str(&format!(" ({} holds what it was)", file.entry.path.backup()));
    }
    leave(step, &why);
}

fn untouched(step: &mut Step) {
    step.source = RestoredFrom::Untouched;
    step.note = Some(format!("{}: edited, and nothing of the rewrite is in it: left as it is", step.path));
}
