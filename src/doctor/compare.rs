//! What only several repositories tell: which of them differ from the others.

use std::collections::BTreeMap;

use super::examine::{Examined, Found};
use super::finding::Finding;
use super::repository::Repository;
use super::rule::Severity;
use super::rules;
use crate::project::CONFIG_FILE;
use crate::text::Digest;

/// Adds it to what was found.
pub(crate) fn compare(mut judged: Vec<&mut (Repository, Examined)>) {
    if judged.len() < 2 {
        return;
    }
    pins(&mut judged);
    scripts(&mut judged);
}

/// What most have, where more than one has any.
fn most<T: Ord + Clone>(all: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    all.for_each(|one| *counts.entry(one).or_default() += 1);
    let most = counts.iter().max_by_key(|(_, count)| **count)?;
    (*most.1 > 1).then(|| most.0.clone())
}

/// The versions of the program that repositories ask for.
fn pins(judged: &mut [&mut (Repository, Examined)]) {
    let Some(rule) = rules::find("DP806") else { return };
    let Some(usual) = most(judged.iter().filter_map(|one| one.0.pin.clone())) else { return };
    for (repository, examined) in judged.iter_mut().map(|one| (&one.0, &mut one.1)) {
        let Some(pin) = repository.pin.as_ref().filter(|pin| **pin != usual) else { continue };
        if repository.unmet.is_some() || !repository.chosen.is_selected(rule.id) {
            continue;
        }
        let text = repository.text(CONFIG_FILE).unwrap_or_default();
        let line = text.lines().position(|line| line.trim_start().starts_with("required-version"));
        let span =
            repository.span(CONFIG_FILE, line.map_or(1, |at| at + 1), pin, "another version than most");
        let message = format!("{} asks for docker-prep {pin}, and most others for {usual}", span.place());
        let finding = Finding::new(Severity::Warning, vec![span], message);
        let finding = finding.lines("write", [format!("required-version = \"{usual}\"")]);
        examined.findings.push(Found { rule, finding });
    }
}

/// The old scripts, which were copied from one repository to the next.
fn scripts(judged: &mut [&mut (Repository, Examined)]) {
    let digest = |repository: &Repository, path: &str| {
        repository.text(path).map(|text| Digest::of(text.as_bytes()).as_str().to_owned())
    };
    let places = |(repository, examined): &(Repository, Examined)| {
        let own = examined.findings.iter().filter(|found| found.rule.id == "DP805");
        own.filter_map(|found| digest(repository, &found.finding.place().file)).collect::<Vec<_>>()
    };
    let all: Vec<String> = judged.iter().flat_map(|one| places(one)).collect();
    let usual = most(all.iter().cloned()).or_else(|| all.first().cloned());
    for (repository, examined) in judged.iter_mut().map(|one| (&one.0, &mut one.1)) {
        for found in examined.findings.iter_mut().filter(|found| found.rule.id == "DP805") {
            if digest(repository, &found.finding.place().file) != usual {
                found.finding.message.push_str(", and differs from that of other repositories");
            }
        }
    }
}
