//! The findings of one repository, for people.

use super::Patient;
use crate::cli::lines::Lines;
use crate::cli::text::{count, count_of};
use crate::doctor::{Examined, Fix, Found, Group, Repository, Safety, Severity, Span, masked};
use crate::image::DefinitionKind;

/// How many of what could not be judged are named.
const SHOWN: usize = 3;

/// What there is to tell of the one repository of a call.
pub(super) fn of_one(patients: &[Patient], verbose: bool) -> Lines {
    let mut lines = Lines::default();
    for patient in patients {
        if let Ok((repository, examined)) = &patient.outcome {
            details(&mut lines, repository, examined, verbose, patient.argument().as_deref());
        }
    }
    lines
}

/// A repository with its findings.
pub(super) fn details(
    lines: &mut Lines,
    repository: &Repository,
    examined: &Examined,
    verbose: bool,
    argument: Option<&str>,
) {
    let head = format!("{}: {}", repository.name, builds(repository));
    let call = argument.map(|argument| format!(" {argument}")).unwrap_or_default();
    if examined.findings.is_empty() && examined.not_judged.is_empty() {
        lines.add(format!("{head}: no finding"));
        return;
    }
    lines.add(head);
    let shown = |found: &&Found| verbose || found.finding.severity > Severity::Note;
    let mut was_long = true;
    for found in examined.findings.iter().filter(shown) {
        let is_long = has_frame(found, verbose) || matches!(found.finding.fix, Fix::Lines { .. });
        if was_long || is_long {
            lines.add("");
        }
        finding(lines, repository, found, verbose);
        was_long = is_long;
    }
    lines.add("");
    lines.add(summary(examined, verbose, &call));
    let mut last = Vec::new();
    if !examined.not_judged.is_empty() {
        let most = if verbose { usize::MAX } else { SHOWN };
        let told: Vec<String> = examined
            .not_judged
            .iter()
            .take(most)
            .map(|open| format!("{} ({})", open.path, open.why))
            .collect();
        let more = match examined.not_judged.len().saturating_sub(most) {
            0 => String::new(),
            more => format!(", and {more} more (-v)"),
        };
        last.push(format!("Not judged: {}{more}.", told.join(", ")));
    }
    if let Some(first) = examined.findings.first() {
        last.push(format!("More on a rule: docker-prep doctor --explain {}", first.rule.id));
    }
    lines.add(last.join(" "));
}

/// What is built, on one line.
fn builds(repository: &Repository) -> String {
    let told = repository.builds.iter().map(|build| {
        let mut words = vec![build.image.dockerfile.clone()];
        let definition = &build.image.definition;
        if definition.kind == DefinitionKind::Compose && !definition.name.is_empty() {
            words.push(format!("service {}", definition.name));
        }
        if let Some(context) = build.context() {
            words.push(format!("context {}", if context.is_empty() { "." } else { context }));
        }
        let manager = build.installs().find_map(|one| one.told.named.as_ref());
        words.extend(manager.map(|named| named.manager.to_string()));
        words.join(", ")
    });
    // One whose context may be several folders is one.
    let mut told: Vec<String> = told.collect();
    told.dedup();
    let all = count(told.len(), "build");
    match told.len() {
        0 => "no Dockerfile".to_owned(),
        number if number > SHOWN => all,
        _ => format!("{all} ({})", told.join("; ")),
    }
}

/// Whether the lines of the files are shown: where two files matter, or more is asked for.
fn has_frame(found: &Found, verbose: bool) -> bool {
    let spans = &found.finding.spans;
    let first = spans.first().map(|span| &span.path);
    verbose || spans.iter().any(|span| Some(&span.path) != first)
}

fn finding(lines: &mut Lines, repository: &Repository, found: &Found, verbose: bool) {
    let Found { rule, finding } = found;
    let head = format!("{}[{}] {}: {}", finding.severity.as_str(), rule.id, rule.name, finding.message);
    match &finding.fix {
        Fix::Edits { safety: Safety::Safe, .. } => lines.add(format!("{head:76}  fixable")),
        Fix::Edits { safety: Safety::Unsafe, .. } => lines.add(format!("{head:76}  fixable with --unsafe")),
        _ => lines.add(head),
    }
    if has_frame(found, verbose) {
        for (number, span) in finding.spans.iter().enumerate() {
            frame(lines, repository, span, number == 0);
        }
        if !finding.consequence.is_empty() {
            lines.add(format!("  {}", finding.consequence));
        }
    }
    if let Fix::Lines { verb, lines: text } = &finding.fix {
        lines.add(format!("  {verb}:"));
        text.iter().for_each(|line| lines.add(format!("    {line}")));
    }
}

/// A line of a file, with what matters in it drawn under it.
fn frame(lines: &mut Lines, repository: &Repository, span: &Span, is_first: bool) {
    let Span { path, line, columns: (from, to), label } = span;
    if *line == 0 {
        lines.add(format!("  --> {path}{}{label}", if label.is_empty() { "" } else { ": " }));
        return;
    }
    lines.add(format!("  --> {path}:{line}"));
    let Some(text) = repository.line(path, *line).map(masked) else { return };
    let number = line.to_string();
    let blank = " ".repeat(number.len());
    // A tab takes as much room under the line as in it.
    let indent: String =
        text.chars().take(from.saturating_sub(1)).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let mark = if is_first { "^" } else { "-" }.repeat(to.saturating_sub(*from).max(1));
    lines.add(format!("  {number} | {text}"));
    lines.add(format!("  {blank} | {indent}{mark} {label}").trim_end());
}

fn summary(examined: &Examined, verbose: bool, call: &str) -> String {
    let counted = |severity: Severity| match (examined.count(severity), severity) {
        (0, _) => None,
        (number, Severity::Note) if !verbose => {
            Some(format!("{} (-v shows {})", count(number, "note"), if number == 1 { "it" } else { "them" }))
        }
        (number, severity) => Some(count(number, severity.as_str())),
    };
    let counts: Vec<String> = Severity::ALL.into_iter().filter_map(counted).collect();
    let of = |wanted: Safety| {
        let is_of =
            |found: &&Found| matches!(&found.finding.fix, Fix::Edits { safety, .. } if *safety == wanted);
        examined.findings.iter().filter(is_of).count()
    };
    let fixable = match (of(Safety::Safe), of(Safety::Unsafe)) {
        (0, 0) => String::new(),
        (0, number) => format!(" {number} can be fixed: docker-prep doctor{call} --fix --unsafe"),
        (number, 0) => format!(" {number} can be fixed: docker-prep doctor{call} --fix"),
        (number, more) => {
            format!(" {number} can be fixed: docker-prep doctor{call} --fix ({more} more with --unsafe)")
        }
    };
    let left_out = match examined.left_out {
        0 => String::new(),
        number => format!(" {} by comments or settings.", count_of(number, "is left out", "are left out")),
    };
    let counts = if counts.is_empty() { "No finding".to_owned() } else { counts.join(", ") };
    format!("{counts}.{left_out}{fixable}")
}

/// The groups of rules that are shown as columns.
pub(super) fn columns() -> impl Iterator<Item = Group> {
    Group::ALL.into_iter().filter(|group| !matches!(group, Group::Comments | Group::Online))
}
