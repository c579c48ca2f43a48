//! What `guard` prints.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::args::{Format, GuardArgs};
use super::report::Reporter;
use super::text::{count, count_of};
use crate::error::{Problem, Result};
use crate::guard::{CommittedFinding, FindingKind, GuardOutcome, GuardScope, check as guard, shown};
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
    let outcome = guard::run(requested, &scope)?;
    let is_clean = outcome.findings.is_empty();
    if reporter.wants_json() {
        reporter.document(document(&outcome));
    } else if is_clean {
        reporter.detail(&clean(&scope, &outcome));
    } else {
        match args.format {
            Format::Text => {
                outcome.findings.iter().for_each(|found| reporter.problem(&Problem::new(line(found))))
            }
            Format::Github => reporter.commands(&outcome.findings.iter().map(annotation).collect::<String>()),
        }
        reporter.lines(&advice(&scope, &outcome));
    }
    Ok(u8::from(!is_clean))
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
            format!("it cannot be parsed, and names {deps_dir}: {}", short(&finding.value))
        }
        FindingKind::Manifest | FindingKind::Workspace | FindingKind::Lockfile => {
            let key = if finding.key.is_empty() { "an entry" } else { &short(&finding.key) };
            format!("{key} points into {deps_dir}/: {}", short(&finding.value))
        }
        FindingKind::Link => format!("it is a symbolic link into {deps_dir}/"),
        FindingKind::Backup => {
            "it is a backup that docker-prep made while the project was prepared".to_owned()
        }
        FindingKind::DepsDir => {
            format!("it lies in {deps_dir}/, which holds packed packages and is never committed")
        }
    };
    match found.commits.as_slice() {
        [] => what,
        [commit] => format!("{what} (commit {})", abbreviated(commit)),
        [first, .., last] => format!(
            "{what} ({}, {} to {})",
            count_of(found.commits.len(), "commit", "commits"),
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
fn advice(scope: &GuardScope, outcome: &GuardOutcome) -> String {
    let how = match scope {
        GuardScope::Index => "put it right, then commit again:",
        GuardScope::Head => "put it right, then commit:",
        GuardScope::Range(_) => {
            "history keeps what a commit holds: in `git rebase -i`, at each commit that is named, then `git commit --amend`:"
        }
    };
    let commands: String = outcome.repair.iter().map(|command| format!("\n  {command}")).collect();
    let mut advice = format!("{how}{commands}");
    if outcome.findings.iter().any(|found| found.finding.kind == FindingKind::Lockfile) {
        advice.push_str(
            "\na lockfile that was made while prepared: install again after the restore, before `git add`",
        );
    }
    if outcome
        .findings
        .iter()
        .any(|found| matches!(found.finding.kind, FindingKind::Manifest | FindingKind::Workspace))
    {
        advice.push_str("\nif there is nothing to restore from: docker-prep --strip-overrides");
    }
    advice
}

/// <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>, escaped as its toolkit does.
fn annotation(found: &CommittedFinding) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    // A file's name may hold a line end, which has a way to be written here; nothing else may steer a terminal.
    let path: Vec<String> = found.finding.path.split(|byte| *byte == b'\n').map(shown).collect();
    format!(
        "::error file={},line={},title=docker-prep guard::{}\n",
        property(&path.join("\n")),
        found.finding.line,
        data(&what(found))
    )
}

fn document(outcome: &GuardOutcome) -> Value {
    let findings: Vec<Value> = outcome.findings.iter().map(finding).collect();
    json!({
        "ok": findings.is_empty(),
        "exitCode": i32::from(!findings.is_empty()),
        "commits": outcome.commits,
        "findings": findings,
        "repair": outcome.repair,
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
