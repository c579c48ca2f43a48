//! What `status` prints.

use serde_json::{Value, json};

use super::args::StatusArgs;
use super::lines::Lines;
use super::report::Reporter;
use super::text::reason;
use crate::error::Result;
use crate::project::Requested;
use crate::report::Event;
use crate::transaction::{FileState, Now, ProjectState, Status, age, interrupted, status};

/// Runs the command; its exit code tells whether anything is rewritten, where that is asked for.
pub(super) fn run(requested: &Requested, args: StatusArgs, reporter: &Reporter) -> Result<u8> {
    let status = status::run(requested)?;
    status.unmet_version.iter().for_each(|problem| reporter.event(Event::Warning(problem)));
    let code = u8::from(args.exit_code && status.is_rewritten());
    if reporter.wants_json() {
        reporter.document(to_json(&status, code));
    } else {
        reporter.data(&text(&status, &|advice| reporter.fitting(advice)));
    }
    Ok(code)
}

fn to_json(status: &Status, code: u8) -> Value {
    let mut document = json!({
        "ok": code == 0,
        "project": status.project,
        "depsDir": status.deps_dir,
        "prepared": matches!(status.tree.standing, ProjectState::Prepared(_)),
        "running": status.running.as_ref().map(|holder| json!({"pid": holder.pid, "started": holder.started})),
    });
    if let (Some(document), Ok(Value::Object(tree))) =
        (document.as_object_mut(), serde_json::to_value(&status.tree))
    {
        document.extend(tree.into_iter().filter(|(key, _)| key != "depsDir"));
        document.insert("source".to_owned(), json!(status.source));
        document.insert("unknown".to_owned(), json!(status.unknown));
    }
    document
}

fn text(status: &Status, fitting: &dyn Fn(&str) -> String) -> Lines {
    let mut lines = Vec::new();
    if let Some(holder) = &status.running {
        lines.push(format!("{} is at work on it right now", holder.named()));
    }
    match &status.tree.standing {
        ProjectState::Clean if status.unknown.is_empty() => lines.push("not prepared".to_owned()),
        ProjectState::Clean => {
            lines.push("rewritten, and no state says what the files were before".to_owned())
        }
        ProjectState::Damaged { cause } => {
            lines.push(format!("the state cannot be read: {cause}"));
            lines.push(fitting("put back what can be: docker-prep restore"));
        }
        ProjectState::Interrupted(observed) => {
            if status.running.is_none() {
                lines.push(interrupted(observed));
            }
            lines.extend(observed.files.iter().map(file));
        }
        ProjectState::Prepared(observed) => {
            let age = age(observed.head.started);
            lines.push(format!("prepared by {}, {age} ago", observed.head.by()));
            lines.extend(observed.files.iter().map(file));
        }
    }
    let unknown = status.unknown.iter();
    lines.extend(unknown.map(|name| format!("  {name}: rewritten, and nothing is known of its original")));
    if !status.unknown.is_empty() {
        lines.push(fitting("see what can be done: docker-prep restore"));
    }
    lines.extend(status.source.as_ref().map(reason));
    if status.tree.standing.observed().is_some() && status.running.is_none() {
        lines.push(fitting("put it back: docker-prep restore"));
    }
    let leftovers = status.tree.leftovers.iter();
    lines.extend(leftovers.map(|backup| format!("{backup}: a backup that no state names")));
    lines.into_iter().collect()
}

fn file(file: &FileState) -> String {
    let now = match file.now {
        Now::Original if file.created => "gone, as before",
        Now::Original => "the original",
        Now::Rewritten if file.created => "made",
        Now::Rewritten => "rewritten",
        Now::Merged if file.created => "an edit of what was made",
        Now::Merged => "the original with an edit",
        Now::Edited if file.created => "made, then edited",
        Now::Edited => "rewritten, then edited",
        Now::Missing => "missing",
        Now::NotAFile => "no file any more",
    };
    format!("  {}: {now}", file.path)
}
