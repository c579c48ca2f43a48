//! Several repositories: a table, what many of them have in common, and their sums.

use std::collections::BTreeMap;

use super::Patient;
use super::text::{columns, details};
use crate::cli::args::DoctorArgs;
use crate::cli::lines::Lines;
use crate::cli::text::{count, count_of};
use crate::doctor::{Examined, Fix, Group, Repository, Rule, Safety, Severity};
use crate::text::shown;

/// How many names a line lists.
const NAMES: usize = 3;

/// How many rules are told that many have in common.
const RULES: usize = 6;

/// The whole page.
pub(super) fn table(patients: &[Patient], args: &DoctorArgs, verbose: bool) -> Lines {
    let mut lines = Lines::default();
    if args.by_rule {
        by_rule(&mut lines, patients);
    } else {
        for row in rows(patients) {
            lines.add(row.trim_end());
        }
    }
    let common = in_common(patients);
    if !common.is_empty() && !args.by_rule {
        lines.add("");
        lines.add(format!("the same in many:  {}", common.join("   ")));
    }
    if let Some(pins) = pins(patients) {
        lines.add(format!("version pins:      {pins}"));
    }
    lines.add(sums(patients, args));
    if verbose {
        for patient in patients {
            if let Ok((repository, examined)) = &patient.outcome {
                lines.add("");
                details(&mut lines, repository, examined, true, patient.argument().as_deref());
            }
        }
    }
    for patient in patients {
        if let Err(error) = &patient.outcome {
            error.messages().for_each(|message| lines.add(format!("{}: {message}", patient.name())));
        }
    }
    lines
}

fn judged(patients: &[Patient]) -> impl Iterator<Item = &(Repository, Examined)> {
    patients.iter().filter_map(|patient| patient.outcome.as_ref().ok())
}

/// A cell: how many errors, warnings and notes.
pub(super) fn cell(examined: &Examined, group: Group) -> String {
    let of = |severity: Severity| {
        let is_of =
            |found: &&crate::doctor::Found| found.rule.group() == group && found.finding.severity == severity;
        examined.findings.iter().filter(is_of).count()
    };
    let parts: Vec<String> = [("E", Severity::Error), ("W", Severity::Warning), ("N", Severity::Note)]
        .into_iter()
        .filter_map(|(letter, severity)| Some((letter, of(severity))).filter(|(_, number)| *number > 0))
        .map(|(letter, number)| format!("{letter}{number}"))
        .collect();
    if parts.is_empty() { "ok".to_owned() } else { parts.join(" ") }
}

/// How many findings the program mends.
pub(super) fn fixable(examined: &Examined) -> usize {
    let is_safe = |fix: &Fix| matches!(fix, Fix::Edits { safety: Safety::Safe, .. });
    examined.findings.iter().filter(|found| is_safe(&found.finding.fix)).count()
}

fn rows(patients: &[Patient]) -> Vec<String> {
    let head = ["repository".to_owned()].into_iter();
    let head = head.chain(columns().map(|group| group.as_str().to_owned())).chain([String::new()]);
    let mut all: Vec<Vec<String>> = vec![head.collect()];
    for patient in patients {
        let mut row = vec![shown(&patient.name())];
        match &patient.outcome {
            Ok((repository, examined)) => {
                row.extend(columns().map(|group| {
                    let cell = cell(examined, group);
                    let has_none = repository.builds.is_empty() && group != Group::Git && cell == "ok";
                    if has_none { "-".to_owned() } else { cell }
                }));
                row.push(match (fixable(examined), repository.builds.is_empty()) {
                    (0, true) => "no Dockerfile".to_owned(),
                    (0, false) => String::new(),
                    (number, _) => format!("{number} fixable"),
                });
            }
            Err(_) => {
                row.extend(columns().map(|_| "?".to_owned()));
                row.push("cannot be read, see below".to_owned());
            }
        }
        all.push(row);
    }
    let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns().count() + 2).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ")
    };
    all.iter().map(line).collect()
}

/// The repositories in which a rule finds something, by the rules.
fn names_by_rule(patients: &[Patient]) -> Vec<(&'static Rule, Vec<String>)> {
    let mut all: BTreeMap<&str, (&'static Rule, Vec<String>)> = BTreeMap::new();
    for (repository, examined) in judged(patients) {
        for found in &examined.findings {
            let (_, names) = all.entry(found.rule.id).or_insert_with(|| (found.rule, Vec::new()));
            if names.last() != Some(&repository.name) && !names.contains(&repository.name) {
                names.push(repository.name.clone());
            }
        }
    }
    all.into_values().collect()
}

fn in_common(patients: &[Patient]) -> Vec<String> {
    let mut all = names_by_rule(patients);
    all.retain(|(_, names)| names.len() > 1);
    all.sort_by_key(|(rule, names)| (std::cmp::Reverse(names.len()), rule.id));
    let total = judged(patients).count();
    let told = all.iter().take(RULES).enumerate().map(|(at, (rule, names))| {
        let of = if at == 0 { format!(" of {total}") } else { String::new() };
        let listed = if names.len() <= NAMES {
            format!(" ({})", names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", "))
        } else {
            String::new()
        };
        format!("{} in {}{of}{listed}", rule.id, names.len())
    });
    told.collect()
}

fn by_rule(lines: &mut Lines, patients: &[Patient]) {
    for (rule, names) in names_by_rule(patients) {
        lines.add(format!(
            "{} {}: {}",
            rule.id,
            rule.name,
            count(names.len(), "repository").replace("repositorys", "repositories")
        ));
        for (repository, examined) in judged(patients) {
            for found in examined.findings.iter().filter(|found| found.rule.id == rule.id) {
                lines.add(format!(
                    "  {}  {}  {}",
                    repository.name,
                    found.finding.severity.as_str(),
                    found.finding.message
                ));
            }
        }
    }
}

/// Which versions of the program the repositories ask for.
fn pins(patients: &[Patient]) -> Option<String> {
    let mut by_pin: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
    for (repository, _) in judged(patients) {
        by_pin.entry(repository.pin.as_deref()).or_default().push(&repository.name);
    }
    if by_pin.keys().all(Option::is_none) {
        return None;
    }
    let mut all: Vec<(Option<&str>, Vec<&str>)> = by_pin.into_iter().collect();
    all.sort_by_key(|(pin, names)| (pin.is_none(), std::cmp::Reverse(names.len())));
    let told = all.into_iter().map(|(pin, names)| {
        let listed = if names.len() <= NAMES { format!(" ({})", names.join(", ")) } else { String::new() };
        match pin {
            Some(pin) => format!("docker-prep {pin} in {}{listed}", names.len()),
            None => format!("none in {}{listed}", names.len()),
        }
    });
    Some(told.collect::<Vec<_>>().join(", "))
}

fn sums(patients: &[Patient], args: &DoctorArgs) -> String {
    let sum =
        |severity: Severity| judged(patients).map(|(_, examined)| examined.count(severity)).sum::<usize>();
    let fixable: usize = judged(patients).map(|(_, examined)| fixable(examined)).sum();
    let all = count_of(patients.len(), "repository", "repositories");
    let mut text = format!(
        "{all}: {}, {}",
        count(sum(Severity::Error), "error"),
        count(sum(Severity::Warning), "warning")
    );
    if fixable > 0 {
        let named = match &args.repos {
            Some(folder) => {
                format!(" --repos {}", crate::text::quoted(folder.as_os_str().as_encoded_bytes()))
            }
            None => patients.iter().filter_map(Patient::argument).map(|one| format!(" {one}")).collect(),
        };
        text.push_str(&format!("; {fixable} fixable: docker-prep doctor --fix{named}"));
    }
    text
}
