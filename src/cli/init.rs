//! `init`, in words.

use serde_json::{Value, json};

use super::args::InitArgs;
use super::report::Reporter;
use crate::error::Result;
use crate::guard::{InitChange, InitPlan, init};
use crate::project::Requested;
use crate::text::diff;

/// Shows the diff first, then makes it.
pub(super) fn run(requested: &Requested, args: &InitArgs, reporter: &Reporter) -> Result<()> {
    let plan = init::plan(requested, args.hook)?;
    if !reporter.wants_json() {
        let diffs: String = plan.changes.iter().map(diff_of).collect();
        reporter.data(&diffs);
    }
    if !args.dry_run {
        init::apply(&plan)?;
    }
    if reporter.wants_json() {
        reporter.document(to_json(&plan, args.dry_run));
        return Ok(());
    }
    if plan.changes.is_empty() {
        reporter.tell(&format!("nothing to do: {} calls the guard already", plan.manager.name()));
    }
    let word = if args.dry_run { "would change" } else { "changed" };
    for change in &plan.changes {
        reporter.tell(&format!("{word} {}", change.name));
    }
    if let Some(next) = next(&plan) {
        reporter.tell(&next);
    }
    reporter.tell("a hook can be skipped: have CI judge too, with docker-prep guard --all");
    Ok(())
}

/// What is left to be done by hand.
fn next(plan: &InitPlan) -> Option<String> {
    let command = plan.install?;
    Some(format!("{} is not installed in this clone yet: {command}", plan.manager.name()))
}

fn diff_of(change: &InitChange) -> String {
    let old = if change.before.is_some() { format!("a/{}", change.name) } else { "/dev/null".to_owned() };
    let before = change.before.as_deref().unwrap_or_default();
    diff::labelled([&old, &format!("b/{}", change.name)], before, &change.after)
}

fn to_json(plan: &InitPlan, dry_run: bool) -> Value {
    let files = plan.changes.iter().map(
        |change| json!({"path": change.name, "isNew": change.before.is_none(), "diff": diff_of(change)}),
    );
    json!({
        "ok": true,
        "dryRun": dry_run,
        "hook": plan.manager.name(),
        "files": files.collect::<Vec<_>>(),
        "next": next(plan),
    })
}
