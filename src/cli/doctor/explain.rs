//! What a rule means, and the table of all of them.

use serde_json::json;

use crate::cli::lines::Lines;
use crate::cli::report::Reporter;
use crate::doctor::rules;
use crate::doctor::{FixClass, Rule};
use crate::error::{Error, ErrorKind, Result};

/// Prints what a rule means.
pub(in crate::cli) fn explain(name: &str, reporter: &Reporter) -> Result<()> {
    let Some(rule) = rules::find(name) else {
        let nearest = rules::ALL.iter().min_by_key(|rule| {
            let far =
                |known: &str| strsim::damerau_levenshtein(&name.to_ascii_lowercase(), &known.to_lowercase());
            far(rule.id).min(far(rule.name))
        });
        let message = format!("--explain: {name} is no rule");
        let hint = nearest.map_or_else(String::new, |rule| {
            format!("the nearest is {} ({}); all are in: docker-prep help doctor", rule.id, rule.name)
        });
        return Err(Error::new(ErrorKind::Usage, message).hint(hint));
    };
    if reporter.wants_json() {
        reporter.document(json!({"ok": true, "rule": document(rule)}));
        return Ok(());
    }
    let mut lines = Lines::default();
    lines.add(format!("{} {} ({}, {})", rule.id, rule.name, rule.severity.as_str(), mended(rule.fix)));
    for text in [rule.what, rule.why] {
        lines.add("");
        wrapped(&mut lines, text);
    }
    lines.add("");
    wrapped(&mut lines, &format!("To mend it: {}", rule.how));
    if !rule.seed.is_empty() {
        lines.add("");
        lines.add(format!("The roadmap calls it {}.", rule.seed));
    }
    reporter.data(&lines);
    Ok(())
}

/// Adds a text in lines of no great width.
fn wrapped(lines: &mut Lines, text: &str) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + word.chars().count() >= 100 {
            lines.add(&line);
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.add(line);
}

/// A rule as documents have it.
pub(super) fn document(rule: &Rule) -> serde_json::Value {
    json!({
        "id": rule.id,
        "name": rule.name,
        "group": rule.group().as_str(),
        "severity": rule.severity.as_str(),
        "fix": fix(rule.fix),
        "seed": rule.seed,
        "what": rule.what,
        "why": rule.why,
        "how": rule.how,
    })
}

fn fix(class: FixClass) -> &'static str {
    match class {
        FixClass::Safe => "safe",
        FixClass::Unsafe => "unsafe",
        FixClass::Lines => "lines",
        FixClass::Nothing => "none",
    }
}

fn mended(class: FixClass) -> &'static str {
    match class {
        FixClass::Safe => "mended by --fix",
        FixClass::Unsafe => "mended by --fix --unsafe",
        FixClass::Lines => "lines to write are shown",
        FixClass::Nothing => "mended by hand",
    }
}

/// The table of all rules, as the topic has it.
#[cfg(test)]
fn table() -> String {
    let mut text = String::from("| rule | at most | mended by | what it finds |\n|---|---|---|---|\n");
    for rule in rules::ALL {
        let by = match rule.fix {
            FixClass::Safe => "`--fix`",
            FixClass::Unsafe => "`--fix --unsafe`",
            FixClass::Lines => "lines to write",
            FixClass::Nothing => "hand",
        };
        let Rule { id, name, severity, what, .. } = rule;
        text.push_str(&format!("| {id} {name} | {} | {by} | {what} |\n", severity.as_str()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The topic's table is that of the rules; with `DOCKER_PREP_BLESS` set it is written.
    #[test]
    fn the_topic_has_the_table_of_the_rules() {
        const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/topics/doctor.md");
        let page = std::fs::read_to_string(PAGE).unwrap();
        let start = page.find("| rule |").expect("a table");
        let end = page[start..].find("\n\n").map_or(page.len(), |end| start + end + 1);
        if std::env::var_os("DOCKER_PREP_BLESS").is_some() {
            std::fs::write(PAGE, format!("{}{}{}", &page[..start], table(), &page[end..])).unwrap();
            return;
        }
        assert_eq!(&page[start..end], table(), "write it with DOCKER_PREP_BLESS=1");
    }
}
