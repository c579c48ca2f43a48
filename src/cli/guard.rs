//! What `guard` prints.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::args::{Format, GuardArgs};
use super::lines::Lines;
use super::problems::{MOST, first};
use super::report::Reporter;
use super::text::{count, count_of};
use crate::error::{Problem, Result};
use crate::guard::{
    CommittedFinding, FindingKind, GuardOutcome, GuardScope, RepairCommand, check as guard, shown,
};
use crate::project::Requested;

/// How much of a value a message shows, in characters.
const SHOWN: usize = 120;

/// Runs the command; its exit code tells whether something was found.
pub(super) fn run(requested: &Requested, args: &GuardArgs, reporter: &Reporter) -> Result<u8> {
    let scope = match &args.range {
        Some(range) => GuardScope::Range(range.clone()),
        None if args.all => GuardScope::Head,
        None => GuardScope::Index,
    };
    let outcome = guard::run(requested, &scope, args.settings_from.as_deref())?;
    let all = reporter.wants_more();
    let is_clean = outcome.findings.is_empty();
    if reporter.wants_json() {
        reporter.document(document(&outcome));
        return Ok(u8::from(!is_clean));
    }
    match args.format {
        Format::Text => {
            let lines = if all { every(&outcome) } else { summarized(&outcome) };
            lines.into_iter().for_each(|line| reporter.problem(&Problem::new(line)));
        }
        Format::Github => reporter.data(&annotations(&outcome)),
    }
    let notes = notes(&outcome).into_iter().map(|(_, note)| note).collect();
    let (notes, more) = first(notes, all, "more file", "more files");
    notes.iter().chain(&more).for_each(|note| reporter.tell(note));
    // A hook has nothing to say where all is well.
    match (left_out(&outcome), &scope) {
        (None, _) => {}
        (Some(line), GuardScope::Index) => reporter.detail(&line),
        (Some(line), _) => reporter.tell(&line),
    }
    if is_clean {
        reporter.detail(&clean(&scope, &outcome));
    } else {
        reporter.lines(&advice(&scope, &outcome, all));
        let files = files_of(&outcome.findings.iter().collect::<Vec<_>>());
        if files > MOST {
            // What was told before has scrolled away.
            reporter.line(&format!("{files} files in all, {}", count(outcome.findings.len(), "finding")));
        }
    }
    Ok(u8::from(!is_clean))
}

/// A line for each finding.
fn every(outcome: &GuardOutcome) -> Vec<String> {
    outcome.findings.iter().map(line).collect()
}

/// A line for each file, and one for each folder of packed packages; of many the first, and how many files there are
/// besides.
fn summarized(outcome: &GuardOutcome) -> Vec<String> {
    let mut groups: Vec<Vec<&CommittedFinding>> = Vec::new();
    for found in &outcome.findings {
        // Findings are sorted by their paths.
        match groups.last_mut() {
            Some(group) if are_told_as_one(group[0], found) => group.push(found),
            _ => groups.push(vec![found]),
        }
    }
    let (told, left) = groups.split_at(groups.len().min(MOST));
    let mut lines: Vec<String> = told.iter().map(|group| summary(group)).collect();
    if !left.is_empty() {
        let files = count_of(files_of(&left.concat()), "more file", "more files");
        lines.push(format!("and {files}: -v shows all"));
    }
    lines
}

/// In how many files they are.
fn files_of(findings: &[&CommittedFinding]) -> usize {
    findings.iter().map(|found| &found.finding.path).collect::<HashSet<_>>().len()
}

fn are_told_as_one(one: &CommittedFinding, other: &CommittedFinding) -> bool {
    let is_packed = |found: &CommittedFinding| found.finding.kind == FindingKind::DepsDir;
    let is_same = one.finding.path == other.finding.path && one.finding.kind == other.finding.kind;
    is_same || is_packed(one) && is_packed(other) && one.deps_dir == other.deps_dir
}

fn summary(group: &[&CommittedFinding]) -> String {
    let first = group[0];
    if group.len() == 1 {
        return line(first);
    }
    if first.finding.kind == FindingKind::DepsDir {
        let (folder, files) = (shown(first.deps_dir.as_bytes()), group.len());
        return format!("{folder}/: it holds packed packages and is never committed, {files} files");
    }
    let path = shown(&first.finding.path);
    let how = match first.finding.kind {
        FindingKind::Lockfile => "made while the project was prepared",
        _ => "rewritten by docker-prep",
    };
    let (references, line) = (group.len(), first.finding.line);
    format!("{path}: {how}, {references} references, the first in line {line}{}", commits(&held_by(group)))
}

/// The commits of all of them, in order, each once.
fn held_by(group: &[&CommittedFinding]) -> Vec<String> {
    let mut commits: Vec<String> = Vec::new();
    for commit in group.iter().flat_map(|found| &found.commits) {
        if !commits.contains(commit) {
            commits.push(commit.clone());
        }
    }
    commits
}

/// What is to be known of the judgement itself, with the file that it is about.
fn notes(outcome: &GuardOutcome) -> Vec<(&[u8], String)> {
    let mut notes: Vec<(&[u8], String)> = Vec::new();
    for (change, commit) in &outcome.changes {
        let what = match (change.ignore, change.deps_dir) {
            (true, true) => {
                "guard-ignore and deps-dir change: the former globs decide what is left out, and both folders count"
            }
            (true, false) => "guard-ignore changes: the former globs decide what is left out",
            (false, _) => "deps-dir changes: both folders count",
        };
        let commits = commits(&commit.iter().cloned().collect::<Vec<_>>());
        notes.push((&change.path, format!("{}: {what}{commits}", shown(&change.path))));
    }
    for (path, why) in &outcome.unread {
        notes.push((path, format!("{}: {why}, so nobody can tell what it holds", shown(path))));
    }
    notes
}

/// How much is not judged, if anything.
fn left_out(outcome: &GuardOutcome) -> Option<String> {
    let files = count_of(outcome.left_out, "file is", "files are");
    (outcome.left_out > 0).then(|| format!("{files} left out by guard-ignore"))
}

fn clean(scope: &GuardScope, outcome: &GuardOutcome) -> String {
    match scope {
        GuardScope::Index => "nothing that is staged points into the deps dir".to_owned(),
        GuardScope::Head => "nothing in the last commit points into the deps dir".to_owned(),
        GuardScope::Range(range) => {
            let commits = count(outcome.commits, "commit");
            format!("nothing in the {commits} of {} points into the deps dir", shown(range.as_bytes()))
        }
    }
}

/// `path:line: what was found there`.
fn line(found: &CommittedFinding) -> String {
    format!("{}:{}: {}", shown(&found.finding.path), found.finding.line, what(found))
}

/// What it is, on one line.
pub(crate) fn what(found: &CommittedFinding) -> String {
    let (finding, deps_dir) = (&found.finding, shown(found.deps_dir.as_bytes()));
    let what = match finding.kind {
        // Only what cannot be parsed has no keys.
        FindingKind::Manifest | FindingKind::Workspace if finding.key.is_empty() => {
            let what = if deps_dir.is_empty() { "a packed package" } else { &deps_dir };
            format!("it cannot be parsed, and names {what}: {}", short(&finding.value))
        }
        FindingKind::Manifest | FindingKind::Workspace | FindingKind::Lockfile => {
            let key = if finding.key.is_empty() { "an entry" } else { &short(&finding.key) };
            let place =
                if deps_dir.is_empty() { "to a packed package" } else { &format!("into {deps_dir}/") };
            format!("{key} points {place}: {}", short(&finding.value))
        }
        FindingKind::Link if deps_dir.is_empty() => "it is a symbolic link to a packed package".to_owned(),
        FindingKind::Link => format!("it is a symbolic link into {deps_dir}/"),
        FindingKind::Backup => {
            "it is a backup that docker-prep made while the project was prepared".to_owned()
        }
        FindingKind::DepsDir if deps_dir.is_empty() => {
            "it is a packed package, which is never committed".to_owned()
        }
        FindingKind::DepsDir => {
            format!("it lies in {deps_dir}/, which holds packed packages and is never committed")
        }
    };
    format!("{what}{}", commits(&found.commits))
}

/// Which commits hold it; nothing for the index.
fn commits(commits: &[String]) -> String {
    match commits {
        [] => String::new(),
        [commit] => format!(" (commit {})", abbreviated(commit)),
        [first, .., last] => format!(
            " ({}, {} to {})",
            count_of(commits.len(), "commit", "commits"),
            abbreviated(first),
            abbreviated(last)
        ),
    }
}

fn short(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = letters.by_ref().take(SHOWN).collect();
    let more = if letters.next().is_some() { "…" } else { "" };
    format!("{}{more}", shown(start.as_bytes()))
}

fn abbreviated(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// What to type.
fn advice(scope: &GuardScope, outcome: &GuardOutcome, all: bool) -> Lines {
    let how = match scope {
        GuardScope::Index => "put it right, then commit again:",
        GuardScope::Head => "put it right, then commit:",
        GuardScope::Range(_) => {
            "history keeps what a commit holds: in `git rebase -i`, at each commit that is named, then `git commit --amend`:"
        }
    };
    let mut advice = Lines::default();
    if let Some(who) = &outcome.at_work {
        advice
            .add(format!("{who} has the project prepared, and restores it when it has ended: wait for that"));
    }
    advice.add(how);
    let command = |command: &RepairCommand| if all { command.whole() } else { brief(command) };
    let commands = outcome.repair.iter().map(command);
    let (commands, more) = first(commands.collect(), all, "more command", "more commands");
    commands.iter().chain(&more).for_each(|line| advice.add(format!("  {line}")));
    if outcome.findings.iter().any(|found| found.finding.kind == FindingKind::Lockfile) {
        advice.add(
            "a lockfile that was made while prepared: install again after the restore, before `git add`",
        );
    }
    if outcome.repair.iter().any(RepairCommand::is_checkout) {
        advice.add("to keep what else was edited there: docker-prep --strip-overrides, and then `git add`");
    }
    advice
}

/// A command as it is; of one with many paths how it begins, and how many there are.
fn brief(command: &RepairCommand) -> String {
    let RepairCommand { words, paths } = command;
    match paths.as_slice() {
        [one, ..] if paths.len() > MOST => {
            format!("{words} {one} …   ({} paths: -v shows the whole command)", paths.len())
        }
        _ => command.whole(),
    }
}

/// How many annotations of one kind GitHub shows for a step.
const ANNOTATIONS: usize = 10;

/// Findings as annotations, one of each file before more of any, and how many are not shown; then what is to be known
/// of the judgement.
fn annotations(outcome: &GuardOutcome) -> Lines {
    let mut files = HashSet::new();
    let (first, more): (Vec<_>, Vec<_>) =
        outcome.findings.iter().partition(|found| files.insert(&found.finding.path));
    let all = first.into_iter().chain(more);
    let mut lines = Lines::default();
    for found in all.take(ANNOTATIONS) {
        let (path, line) = (file_of(&found.finding.path), found.finding.line.to_string());
        lines.annotate("error", &[("file", &path), ("line", &line), TITLE], &what(found));
    }
    if let Some(more) = outcome.findings.len().checked_sub(ANNOTATIONS).filter(|more| *more > 0) {
        let more = count_of(more, "more finding", "more findings");
        lines.add(format!("docker-prep guard: {more}, see all with -v or --json"));
    }
    for (path, note) in notes(outcome).iter().take(ANNOTATIONS) {
        lines.annotate("notice", &[("file", &file_of(path)), TITLE], note);
    }
    lines
}

const TITLE: (&str, &str) = ("title", "docker-prep guard");

/// A file's name may hold a line end, which has a way to be written in an annotation; nothing else may steer a terminal.
fn file_of(path: &[u8]) -> String {
    path.split(|byte| *byte == b'\n').map(shown).collect::<Vec<_>>().join("\n")
}

fn document(outcome: &GuardOutcome) -> Value {
    let findings: Vec<Value> = outcome.findings.iter().map(finding).collect();
    json!({
        "ok": findings.is_empty(),
        "exitCode": i32::from(!findings.is_empty()),
        "commits": outcome.commits,
        "leftOut": outcome.left_out,
        "notices": notes(outcome).into_iter().map(|(_, note)| note).collect::<Vec<_>>(),
        "findings": findings,
        "repair": outcome.repair.iter().map(RepairCommand::whole).collect::<Vec<_>>(),
    })
}

fn finding(found: &CommittedFinding) -> Value {
    let finding = &found.finding;
    let mut object = json!({
        "path": String::from_utf8_lossy(&finding.path),
        "line": finding.line,
        "kind": kind(finding.kind),
        "key": finding.key,
        "text": finding.value,
        "message": what(found),
        "commits": found.commits,
    });
    // A path may hold any byte, JSON cannot.
    if std::str::from_utf8(&finding.path).is_err() {
        object["pathBase64"] = Value::String(STANDARD.encode(&finding.path));
    }
    object
}

fn kind(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Manifest => "manifest",
        FindingKind::Workspace => "workspace",
        FindingKind::Lockfile => "lockfile",
        FindingKind::Link => "link",
        FindingKind::Backup => "backup",
        FindingKind::DepsDir => "depsDir",
    }
}
