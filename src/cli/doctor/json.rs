//! The findings as one document.

use serde_json::{Value, json};

use super::Patient;
use crate::doctor::{Edit, EditKind, Examined, Fix, Found, Repository, Safety, Span};

pub(super) fn document(patients: &[Patient], code: u8) -> Value {
    let repositories: Vec<Value> = patients.iter().map(repository).collect();
    json!({"ok": code == 0, "exitCode": code, "repositories": repositories})
}

fn repository(patient: &Patient) -> Value {
    match &patient.outcome {
        Ok((repository, examined)) => judged(repository, examined),
        Err(error) => json!({
            "name": patient.name(),
            "path": patient.named.as_ref().map(|named| named.display().to_string()),
            "problems": error.messages().collect::<Vec<_>>(),
            "findings": [],
            "notJudged": [],
            "leftOut": 0,
        }),
    }
}

fn judged(repository: &Repository, examined: &Examined) -> Value {
    let open: Vec<Value> = examined
        .not_judged
        .iter()
        .map(|open| json!({"path": open.path, "why": open.why, "rules": open.rules}))
        .collect();
    json!({
        "name": repository.name,
        "path": repository.root.display().to_string(),
        "problems": [],
        "findings": examined.findings.iter().map(finding).collect::<Vec<_>>(),
        "notJudged": open,
        "leftOut": examined.left_out,
    })
}

fn finding(found: &Found) -> Value {
    let Found { rule, finding } = found;
    let place = finding.place();
    json!({
        "id": rule.id,
        "name": rule.name,
        "group": rule.group().as_str(),
        "severity": finding.severity.as_str(),
        "path": place.file,
        "line": place.line,
        "spans": finding.spans.iter().map(span).collect::<Vec<_>>(),
        "message": finding.message,
        "consequence": finding.consequence,
        "fix": fix(&finding.fix),
        "seed": rule.seed,
    })
}

fn span(span: &Span) -> Value {
    json!({
        "path": span.path,
        "line": span.line,
        "column": span.columns.0,
        "endColumn": span.columns.1,
        "label": span.label,
    })
}

fn fix(fix: &Fix) -> Value {
    match fix {
        Fix::Nothing => Value::Null,
        Fix::Lines { verb, lines } => {
            json!({"safety": "byHand", "advice": verb, "lines": lines, "edits": []})
        }
        Fix::Edits { safety, edits } => {
            let safety = if *safety == Safety::Safe { "safe" } else { "unsafe" };
            json!({
                "safety": safety,
                "advice": null,
                "lines": [],
                "edits": edits.iter().map(edit).collect::<Vec<_>>(),
            })
        }
    }
}

fn edit(edit: &Edit) -> Value {
    let (kind, line, lines): (&str, usize, &[String]) = match &edit.kind {
        EditKind::Remove(line) => ("remove", *line, &[]),
        EditKind::Replace(line, text) => ("replace", *line, std::slice::from_ref(text)),
        EditKind::Insert(line, lines) => ("insert", *line, lines),
        EditKind::Append(lines) => ("append", 0, lines),
    };
    json!({"path": edit.path, "kind": kind, "line": line, "lines": lines})
}
