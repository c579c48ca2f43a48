//! Findings for other programs: annotations, SARIF, Checkstyle, a table for a pull request.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Patient;
use super::overview::{cell, fixable};
use super::text::columns;
use crate::cli::lines::Lines;
use crate::doctor::rules;
use crate::doctor::{EditKind, Examined, Fix, Found, Repository, Safety, Severity, Span, plan};

/// Every finding of every repository.
fn all(patients: &[Patient]) -> impl Iterator<Item = (&Repository, &Examined, &Found)> {
    patients.iter().filter_map(|patient| patient.outcome.as_ref().ok()).flat_map(|(repository, examined)| {
        examined.findings.iter().map(move |found| (repository, examined, found))
    })
}

/// A file of a repository, from the common folder where there are several.
fn path(patients: &[Patient], repository: &Repository, path: &str) -> String {
    if patients.len() > 1 { format!("{}/{path}", repository.name) } else { path.to_owned() }
}

/// What a finding says, with what comes of it.
fn message(found: &Found) -> String {
    let finding = &found.finding;
    let mut text = finding.message.clone();
    if !finding.consequence.is_empty() {
        text.push_str(&format!(": {}", finding.consequence));
    }
    if let Fix::Lines { verb, lines } = &finding.fix {
        text.push_str(&format!("\n{verb}:\n{}", lines.join("\n")));
    }
    text
}

/// Annotations of a runner.
pub(super) fn github(patients: &[Patient]) -> Lines {
    let mut lines = Lines::default();
    for (repository, _, found) in all(patients) {
        let level = match found.finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let span = found.finding.spans.first().cloned().unwrap_or_default();
        let file = path(patients, repository, &span.path);
        let title = format!("{} {}", found.rule.id, found.rule.name);
        let (line, column) = (span.line.max(1).to_string(), span.columns.0.max(1).to_string());
        let properties = [("file", &*file), ("line", &*line), ("col", &*column), ("title", &*title)];
        lines.annotate(level, &properties, &message(found));
    }
    lines
}

/// SARIF 2.1.0, one run over all repositories.
pub(super) fn sarif(patients: &[Patient]) -> String {
    let shown: BTreeSet<&str> = all(patients).map(|(_, _, found)| found.rule.id).collect();
    let shown: Vec<&str> = shown.into_iter().collect();
    let rules: Vec<Value> = shown
        .iter()
        .filter_map(|id| rules::find(id))
        .map(|rule| {
            json!({
                "id": rule.id,
                "name": rule.name,
                "shortDescription": {"text": rule.what},
                "fullDescription": {"text": rule.why},
                "help": {"text": rule.how},
                "defaultConfiguration": {"level": rule.severity.as_str()},
                "properties": {"group": rule.group().as_str(), "seed": rule.seed},
            })
        })
        .collect();
    let results: Vec<Value> = all(patients)
        .map(|(repository, _, found)| {
            let location = |span: &Span| {
                let uri = uri(&path(patients, repository, &span.path));
                let mut physical = json!({"artifactLocation": {"uri": uri}});
                if span.line > 0 {
                    physical["region"] = json!({
                        "startLine": span.line,
                        "startColumn": span.columns.0.max(1),
                        "endColumn": span.columns.1.max(span.columns.0).max(1),
                    });
                }
                let mut location = json!({"physicalLocation": physical});
                if !span.label.is_empty() {
                    location["message"] = json!({"text": span.label});
                }
                location
            };
            let spans = &found.finding.spans;
            let mut result = json!({
                "ruleId": found.rule.id,
                "ruleIndex": shown.iter().position(|id| *id == found.rule.id),
                "level": found.finding.severity.as_str(),
                "message": {"text": message(found)},
                "locations": spans.iter().take(1).map(location).collect::<Vec<_>>(),
            });
            if spans.len() > 1 {
                let related = spans.iter().skip(1).enumerate().map(|(at, span)| {
                    let mut related = location(span);
                    related["id"] = json!(at + 1);
                    related
                });
                result["relatedLocations"] = related.collect();
            }
            let fixes = fixes(patients, repository, found);
            if !fixes.is_empty() {
                result["fixes"] = json!(fixes);
            }
            result
        })
        .collect();
    let notifications: Vec<Value> = patients
        .iter()
        .filter_map(|patient| patient.outcome.as_ref().ok())
        .flat_map(|(_, examined)| &examined.not_judged)
        .map(|open| json!({"level": "note", "message": {"text": format!("not judged: {}: {}", open.path, open.why)}}))
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "docker-prep",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/",
                "rules": rules,
            }},
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

/// The changes of a finding as SARIF has them.
fn fixes(patients: &[Patient], repository: &Repository, found: &Found) -> Vec<Value> {
    let Fix::Edits { safety, edits } = &found.finding.fix else { return Vec::new() };
    let mut changes = Vec::new();
    let files: BTreeSet<&str> = edits.iter().map(|edit| &*edit.path).collect();
    for file in files {
        let text = repository.text(file).unwrap_or_default();
        let count = text.lines().count();
        let of_file = edits.iter().filter(|edit| edit.path == file);
        let replacement = |edit: &crate::doctor::Edit| {
            let (from, to, inserted) = match &edit.kind {
                EditKind::Remove(line) => (*line, line + 1, String::new()),
                EditKind::Replace(line, text) => (*line, line + 1, format!("{text}\n")),
                EditKind::Insert(line, lines) => (line + 1, line + 1, format!("{}\n", lines.join("\n"))),
                EditKind::Append(lines) => (count + 1, count + 1, format!("{}\n", lines.join("\n"))),
            };
            json!({
                "deletedRegion": {"startLine": from.max(1), "startColumn": 1, "endLine": to.max(1), "endColumn": 1},
                "insertedContent": {"text": inserted},
            })
        };
        changes.push(json!({
            "artifactLocation": {"uri": uri(&path(patients, repository, file))},
            "replacements": of_file.map(replacement).collect::<Vec<_>>(),
        }));
    }
    let what = if *safety == Safety::Safe {
        "docker-prep doctor --fix"
    } else {
        "docker-prep doctor --fix --unsafe"
    };
    vec![json!({"description": {"text": what}, "artifactChanges": changes})]
}

/// A path as a reference of a URI.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' | b'@' => {
                out.push(byte.into())
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The XML of Checkstyle.
pub(super) fn checkstyle(patients: &[Patient]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<checkstyle version=\"4.3\">\n");
    let mut files: BTreeSet<String> = BTreeSet::new();
    for (repository, _, found) in all(patients) {
        files.insert(path(patients, repository, &found.finding.place().file));
    }
    for file in files {
        out.push_str(&format!("  <file name=\"{}\">\n", xml(&file)));
        for (repository, _, found) in all(patients) {
            let span = found.finding.spans.first().cloned().unwrap_or_default();
            if path(patients, repository, &span.path) != file {
                continue;
            }
            let severity = match found.finding.severity {
                Severity::Note => "info",
                other => other.as_str(),
            };
            out.push_str(&format!(
                "    <error line=\"{}\" column=\"{}\" severity=\"{severity}\" message=\"{}\" source=\"docker-prep.{}\"/>\n",
                span.line.max(1),
                span.columns.0.max(1),
                xml(&message(found)),
                found.rule.id
            ));
        }
        out.push_str("  </file>\n");
    }
    out.push_str("</checkstyle>\n");
    out
}

/// A text in an attribute; what no XML may hold is left out.
fn xml(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if crate::text::steers(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// The table of the roadmap's last phase: a row for each repository, then what there is to do in each.
pub(super) fn markdown(patients: &[Patient]) -> Lines {
    let mut lines = Lines::default();
    let heads: Vec<&str> = columns().map(|group| group.as_str()).collect();
    lines.add(format!("| repository | {} | fixable |", heads.join(" | ")));
    lines.add(format!("|---|{}---|", "---|".repeat(heads.len())));
    for patient in patients {
        match &patient.outcome {
            Ok((repository, examined)) => {
                let cells: Vec<String> = columns().map(|group| cell(examined, group)).collect();
                let name = code(&repository.name);
                lines.add(format!("| {name} | {} | {} |", cells.join(" | "), fixable(examined)));
            }
            Err(error) => {
                let why = error.messages().next().unwrap_or_default().replace('|', "\\|");
                lines.add(format!("| {} | {}{why} |", code(&patient.name()), "? | ".repeat(heads.len())));
            }
        }
    }
    for (repository, examined) in patients.iter().filter_map(|patient| patient.outcome.as_ref().ok()) {
        if examined.findings.is_empty() {
            continue;
        }
        lines.add("");
        lines.add(format!("### {}", repository.name));
        lines.add("");
        for found in &examined.findings {
            let what = format!("{} {} {}", found.finding.severity.as_str(), found.rule.id, found.rule.name);
            lines.add(format!("- [ ] **{what}**: {}", found.finding.message.replace('|', "\\|")));
        }
        let plan = plan(&examined.findings, false, |path| repository.text(path));
        if !plan.files.is_empty() {
            lines.add("");
            lines.add("```diff");
            plan.files.iter().for_each(|file| lines.add_diff(&file.diff()));
            lines.add("```");
        }
    }
    lines
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_and_addresses_may_not_hold() {
        assert_eq!(xml("a<b & \"c\"\n\u{1b}"), "a&lt;b &amp; &quot;c&quot;&#10;\\u{1b}");
        assert_eq!(uri("a b/ä.md"), "a%20b/%C3%A4.md");
    }
}
