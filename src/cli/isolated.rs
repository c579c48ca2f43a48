//! What `run --isolated` prints.

use std::path::Path;

use serde_json::{Value, json};

use super::lines::Lines;
use super::offline;
use super::prepare::{described, would_pack};
use super::report::Reporter;
use super::run::words;
use super::text::{count, packed_of, table};
use crate::prepare::PreparePlan;
use crate::run::{IsolatedDryRun, IsolatedOutcome, MadeTree};
use crate::text::{diff, quoted};

/// Tells what the command is about to see.
pub(super) fn tell(plan: &PreparePlan, outcome: &IsolatedOutcome, reporter: &Reporter) {
    reporter.tell(&format!("packed {} ({})", packed_of(plan), reporter.summary(&plan.tarballs),));
    plan.rewrites.iter().for_each(|rewritten| reporter.detail(&described(rewritten)));
    plan.resolved.values().flat_map(offline::lines).for_each(|line| reporter.tell(&line));
    outcome.trees.iter().for_each(|tree| reporter.detail(&made(tree, &plan.project)));
    reporter.tell(&shown(outcome, &plan.project));
}

/// The way, and what stands for what.
fn shown(outcome: &IsolatedOutcome, project: &Path) -> String {
    let Some(first) = outcome.trees.first() else {
        if outcome.mounted.is_empty() {
            return "isolated: no image build of this command takes packed packages: it is run as it is"
                .to_owned();
        }
        let seen = match &outcome.mounted[..] {
            [one] => one.clone(),
            many => format!("{} rewritten", count(many.len(), "file")),
        };
        return format!(
            "isolated (namespace): the command alone sees {seen}; no file of the project is touched"
        );
    };
    let builds: Vec<&str> = outcome
        .trees
        .iter()
        .flat_map(|tree| &tree.builds)
        .map(String::as_str)
        .filter(|name| !name.is_empty())
        .collect();
    let what = match &builds[..] {
        [] => "the image is built".to_owned(),
        [one] => format!("{one} is built"),
        many => format!("{} are built", many.join(", ")),
    };
    let folder = match &outcome.trees[..] {
        [one] => &one.folder,
        _ => first.folder.parent().unwrap_or(&first.folder),
    };
    let folder = seen(project, folder);
    format!("isolated (context): {what} from {folder}/; no file of the project is touched")
}

/// A folder of the state, which lies in the project's own git folder but for work trees.
fn seen(project: &Path, folder: &Path) -> String {
    folder.strip_prefix(project).unwrap_or(folder).display().to_string()
}

fn made(tree: &MadeTree, project: &Path) -> String {
    let builds: Vec<&str> = tree.builds.iter().map(String::as_str).collect();
    let context = if tree.context.is_empty() { "." } else { &tree.context };
    let tarballs = count(tree.tarballs, "tarball");
    let files =
        tree.files.map(|(files, copied)| format!("{}, {copied} of them copied, ", count(files, "file")));
    format!(
        "{} for {context}{}: {}{tarballs}",
        seen(project, &tree.folder),
        if builds.concat().is_empty() { String::new() } else { format!(" ({})", builds.join(", ")) },
        files.unwrap_or_default(),
    )
}

/// Tells what the command wrote to files that it alone has seen.
pub(super) fn tell_written(outcome: &IsolatedOutcome, reporter: &Reporter) {
    for written in &outcome.written {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        reporter.tell(&format!(
            "the command wrote to {}, which is as it was; what it wrote is kept in {}",
            written.name,
            written.kept.display()
        ));
        let diff = diff::unified(&written.name, &text(&written.before), &text(&written.after));
        diff.lines().for_each(|line| reporter.tell(line));
    }
}

/// As part of a document.
pub(super) fn to_json(outcome: &IsolatedOutcome) -> Value {
    let tree = |tree: &MadeTree| {
        json!({
            "builds": tree.builds,
            "folder": tree.folder.display().to_string(),
            "context": tree.context,
            "tarballs": tree.tarballs,
            "files": tree.files.map(|(files, _)| files),
            "copied": tree.files.map(|(_, copied)| copied),
        })
    };
    let written = outcome
        .written
        .iter()
        .map(|written| json!({"path": written.name, "kept": written.kept.display().to_string()}));
    json!({
        "way": outcome.way,
        "trees": outcome.trees.iter().map(tree).collect::<Vec<_>>(),
        "mounted": outcome.mounted,
        "written": written.collect::<Vec<_>>(),
    })
}

/// What a dry run prints.
pub(super) fn planned(dry: &IsolatedDryRun) -> Lines {
    let IsolatedDryRun { plan, outcome, over, words: command } = dry;
    let mut out = Lines::default();
    if !plan.rewrites.is_empty() {
        out.add(would_pack(plan, None));
    }
    out.append(&table(&plan.own_tarballs()));
    for rewritten in &plan.rewrites {
        out.add(described(rewritten));
        out.add(format!("would have {} rewritten for the command alone", rewritten.surface.manifest_name));
        out.add_diff(&rewritten.diff());
    }
    for file in &plan.files {
        out.add(format!("would have {} rewritten for the command alone", file.name));
        out.add_diff(&file.diff());
    }
    for tree in &outcome.trees {
        out.add(format!("would make {}", made(tree, &plan.project)));
    }
    if let Some(over) = over {
        out.add("would give compose one more file:");
        format!("{over:#}").lines().for_each(|line| out.add(format!("  {line}")));
    }
    let typed: Vec<String> = words(command).iter().map(|word| quoted(word.as_bytes())).collect();
    out.add(format!("would run {}", typed.join(" ")));
    if !plan.rewrites.is_empty() {
        out.add(shown(outcome, &plan.project));
    }
    out
}
