//! `init`, in words.

use serde_json::{Value, json};

use super::args::InitArgs;
use super::lines::Lines;
use super::report::Reporter;
use crate::cancel::CancelToken;
use crate::error::{Problem, Result};
use crate::guard::{InitChange, InitPlan, Proof, init};
use crate::project::Requested;
use crate::report::Event;
use crate::text::diff;

/// Shows the diff first, then makes it, and says whether the hook protects.
pub(super) fn run(
    requested: &Requested,
    args: &InitArgs,
    cancel: &CancelToken,
    reporter: &Reporter,
) -> Result<u8> {
    if args.check {
        return check(requested, cancel, reporter);
    }
    let plan = init::plan(requested, args.hook, args.remove)?;
    // What a dry run is asked for is the diff; of what is done it tells people.
    if !reporter.wants_json() && (args.dry_run || !reporter.is_quiet()) {
        let mut lines = Lines::default();
        plan.changes.iter().for_each(|change| lines.add_diff(&diff_of(change)));
        reporter.data(&lines);
    }
    match args {
        InitArgs { dry_run: true, .. } => {}
        InitArgs { remove: true, .. } => init::apply(&plan)?,
        _ => init::protect(&plan, cancel)?,
    }
    let warnings = if args.remove { Vec::new() } else { warnings(&plan) };
    if reporter.wants_json() {
        warnings.iter().for_each(|warning| reporter.event(Event::Warning(warning)));
        let mut document = to_json(&plan, args);
        document["next"] = plan.install.into();
        reporter.document(document);
        return Ok(0);
    }
    if plan.changes.is_empty() {
        let state =
            if args.remove { "holds nothing that was written by init" } else { "calls the guard already" };
        reporter.tell(&format!("nothing to do: {} {state}", plan.manager.name()));
    }
    let word = if args.dry_run { "would change" } else { "changed" };
    for change in &plan.changes {
        reporter.tell(&format!("{word} {}", change.name));
    }
    warnings.iter().for_each(|warning| reporter.event(Event::Warning(warning)));
    if args.remove {
        return Ok(0);
    }
    if !args.dry_run && plan.install.is_none() {
        reporter.tell("proved: the hook that git runs here blocks a rewritten manifest");
    }
    reporter.tell("a hook can be skipped: have CI judge too, with docker-prep guard --all");
    Ok(0)
}

/// Has the hook prove it: 1 where a commit would pass.
fn check(requested: &Requested, cancel: &CancelToken, reporter: &Reporter) -> Result<u8> {
    let (proof, is_found) = init::check(requested, cancel)?;
    let (code, why) = match proof {
        Proof::Blocked => (0, None),
        Proof::Unblocked(why) => (1, Some(why)),
    };
    if reporter.wants_json() {
        if code == 0 && !is_found {
            reporter.event(Event::Warning(&not_found()));
        }
        reporter.document(json!({"ok": code == 0, "blocks": code == 0, "why": why}));
    } else if let Some(why) = why {
        let problem = Problem::new(format!("a rewritten manifest may be committed: {why}"));
        reporter.problem(&problem.hint("docker-prep init says what is missing"));
    } else {
        reporter.tell("the hook that git runs here blocks a rewritten manifest");
        if !is_found {
            reporter.event(Event::Warning(&not_found()));
        }
    }
    Ok(code)
}

/// What is left to be done, or to be known.
fn warnings(plan: &InitPlan) -> Vec<Problem> {
    let mut warnings = Vec::new();
    if let Some(command) = plan.install {
        let message = format!(
            "{} is not at work in this clone yet, and a rewrite can be committed: {command}",
            plan.manager.name()
        );
        if let Some(outside) = &plan.outside {
            let message = format!(
                "{}: core.hooksPath has git look for hooks there, and not where {} puts them",
                outside.display(),
                plan.manager.name()
            );
            let hint = "see who sets it: git config --show-origin core.hooksPath";
            warnings.push(Problem::new(message).hint(hint));
        }
        warnings.push(
            Problem::new(message).hint("once that is done, see that it blocks: docker-prep init --check"),
        );
    }
    if !plan.is_shared {
        warnings.push(
            Problem::new("git's own hook protects this clone alone")
                .hint("to protect every clone, have CI run docker-prep guard --all, or use a hook manager"),
        );
    }
    if !plan.is_found {
        warnings.push(not_found());
    }
    warnings
}

fn not_found() -> Problem {
    Problem::new("docker-prep is not on PATH: the hook does not find it, and blocks every commit")
        .hint("in a clone of docker-prep type: cargo install --locked --path .")
}

fn diff_of(change: &InitChange) -> String {
    let label = |side: &str, text: &Option<String>| match text {
        Some(_) => format!("{side}/{}", change.name),
        None => "/dev/null".to_owned(),
    };
    let [old, new] = [label("a", &change.before), label("b", &change.after)];
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    diff::labelled([&old, &new], &text(&change.before), &text(&change.after))
}

fn to_json(plan: &InitPlan, args: &InitArgs) -> Value {
    let files = plan.changes.iter().map(|change| {
        let is_removed = change.after.is_none();
        json!({"path": change.name, "isNew": change.before.is_none(), "isRemoved": is_removed, "diff": diff_of(change)})
    });
    json!({
        "ok": true,
        "dryRun": args.dry_run,
        "hook": plan.manager.name(),
        "files": files.collect::<Vec<_>>(),
        "isProved": !args.dry_run && !args.remove && plan.install.is_none(),
    })
}
