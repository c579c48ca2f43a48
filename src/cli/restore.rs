//! What `restore` and `--strip-overrides` print.

use serde_json::{Value, json};

use super::args::RestoreArgs;
use super::report::Reporter;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::prepare::{RestoreOptions, restore};
use crate::project::Requested;
use crate::project::read::find_to_restore;
use crate::report::RestoredFrom;
use crate::run::remove_trees;
use crate::transaction::{RestoreOutcome, strip};

pub(super) fn run(
    requested: &Requested,
    args: &RestoreArgs,
    cancel: &CancelToken,
    reporter: &Reporter,
) -> Result<()> {
    let options = RestoreOptions { clean: args.clean, force: args.force };
    let outcome = restore::run(requested, &options, cancel, &|event| reporter.event(event))?;
    if let Some(stopped) = outcome.stopped {
        tell(&outcome.restored, reporter);
        return Err(stopped);
    }
    let mut outcome = outcome.restored;
    if args.clean {
        let trees = remove_trees(&find_to_restore(requested)?)?;
        outcome.removed.extend(trees.map(|folder| folder.display().to_string()));
    }
    if reporter.wants_json() {
        let mut document = to_json(&outcome);
        document["ok"] = Value::Bool(true);
        reporter.document(document);
    } else {
        tell(&outcome, reporter);
    }
    Ok(())
}

/// Runs `--strip-overrides`.
pub(super) fn strip_overrides(
    requested: &Requested,
    is_dry: bool,
    cancel: &CancelToken,
    reporter: &Reporter,
) -> Result<()> {
    let stripped = strip::run(requested, is_dry, cancel, &|event| reporter.event(event))?;
    if reporter.wants_json() {
        reporter.document(json!({"ok": true, "stripped": stripped.manifests}));
        return Ok(());
    }
    if stripped.manifests.is_empty() {
        reporter.tell("nothing to strip: no manifest points into the deps dir");
    }
    for manifest in &stripped.manifests {
        reporter.tell(&format!("{} {manifest}", if is_dry { "would strip" } else { "stripped" }));
    }
    Ok(())
}

pub(super) fn tell(outcome: &RestoreOutcome, reporter: &Reporter) {
    lines(outcome).iter().for_each(|line| reporter.tell(line));
}

/// A line for each thing that was done.
pub(super) fn lines(outcome: &RestoreOutcome) -> Vec<String> {
    let mut lines: Vec<String> = outcome
        .files
        .iter()
        .map(|file| restored(file.path.as_str(), file.source, file.note.as_deref()))
        .collect();
    lines.extend(outcome.moved_back.iter().map(|manifest| {
        format!("restored {manifest} (from a backup that no state names, such as the old docker-prep.sh's)")
    }));
    if outcome.swept > 0 {
        lines.push(format!("removed half-written tarballs of a run that was killed: {}", outcome.swept));
    }
    if lines.is_empty() {
        lines.push("nothing to restore: the project is not prepared".to_owned());
    }
    lines.extend(outcome.removed.iter().map(|dir| format!("removed {dir}/")));
    lines
}

/// One line on a file that was put back.
pub(super) fn restored(file: &str, from: RestoredFrom, note: Option<&str>) -> String {
    if let Some(note) = note {
        return note.to_owned();
    }
    let source = match from {
        RestoredFrom::AlreadyOriginal => "it was the original already",
        RestoredFrom::Backup => {
            let name = file.rsplit('/').next().unwrap_or(file);
            return format!("restored {file} (from {name}.bak)");
        }
        RestoredFrom::StateCopy => "from the copy in the state folder",
        RestoredFrom::Undone => "the rewrite undone",
        RestoredFrom::Committed => "with the tool's keys as in the last commit",
        RestoredFrom::Merged => "with the edit kept",
        RestoredFrom::Untouched => "left as it is",
        RestoredFrom::Removed => return format!("removed {file} (it was not there before)"),
    };
    format!("restored {file} ({source})")
}

pub(super) fn to_json(outcome: &RestoreOutcome) -> Value {
    json!({
        "files": outcome.files.iter().map(|file| json!({
            "manifest": file.path.as_str(),
            "source": source(file.source),
            "note": file.note,
        })).collect::<Vec<_>>(),
        "movedBack": outcome.moved_back,
        "removed": outcome.removed,
        "swept": outcome.swept,
    })
}

fn source(source: RestoredFrom) -> &'static str {
    match source {
        RestoredFrom::AlreadyOriginal => "alreadyOriginal",
        RestoredFrom::Backup => "backup",
        RestoredFrom::StateCopy => "stateCopy",
        RestoredFrom::Undone => "undone",
        RestoredFrom::Committed => "committed",
        RestoredFrom::Merged => "merged",
        RestoredFrom::Untouched => "untouched",
        RestoredFrom::Removed => "removed",
    }
}
