//! Puts all rules to a repository, and leaves out what is not to be told.

use super::comment::{self, IgnoreComment};
use super::finding::Finding;
use super::repository::Repository;
use super::rule::{Rule, Severity};
use super::rules;

/// A finding, and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The rule.
    pub(crate) rule: &'static Rule,
    /// What it finds.
    pub(crate) finding: Finding,
}

/// What a rule could not decide.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NotJudged {
    /// The file.
    pub(crate) path: String,
    /// Why.
    pub(crate) why: String,
    /// The rules, by their ids; none where nothing of the file could be judged.
    pub(crate) rules: Vec<&'static str>,
}

/// What there is to tell of a repository.
#[derive(Clone, Debug, Default)]
pub(crate) struct Examined {
    /// The gravest first.
    pub(crate) findings: Vec<Found>,
    /// What could not be decided.
    pub(crate) not_judged: Vec<NotJudged>,
    /// How many findings comments, settings or a baseline left out.
    pub(crate) left_out: usize,
}

impl Examined {
    /// How many findings there are of a severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|found| found.finding.severity == severity).count()
    }
}

/// Puts all rules to a repository.
pub(crate) fn examine(repository: &Repository) -> Examined {
    let chosen = &repository.chosen;
    let mut comments = comment::all(repository);
    let mut examined = Examined::default();
    for rule in rules::ALL.iter().filter(|rule| chosen.is_selected(rule.id)) {
        let judged = (rule.check)(repository);
        for (path, why) in judged.open {
            note_open(&mut examined.not_judged, path, why, rule.id);
        }
        for mut finding in judged.findings {
            let path = finding.place().file;
            if let Some(severity) = chosen.severity_of(rule.id) {
                finding.severity = severity;
            }
            let is_ignored = hits(&mut comments, rule, &finding) || chosen.leaves_out(rule.id, &path);
            if is_ignored {
                examined.left_out += 1;
            } else {
                examined.findings.push(Found { rule, finding });
            }
        }
    }
    let of_comments = rules::ALL.iter().find(|rule| rule.id == comment::RULE && chosen.is_selected(rule.id));
    if let Some(rule) = of_comments {
        let told = comments.iter().filter_map(|comment| comment.finding(repository, chosen));
        examined.findings.extend(told.map(|finding| Found { rule, finding }));
    }
    for unknown in &repository.picture.unknown {
        if crate::image::defines_images(&unknown.place.file) {
            let path = unknown.place.to_string();
            examined.not_judged.push(NotJudged { path, why: unknown.why.clone(), rules: Vec::new() });
        }
    }
    examined.findings.sort_by(|one, other| {
        let key =
            |found: &Found| (std::cmp::Reverse(found.finding.severity), found.rule.id, found.finding.place());
        key(one).cmp(&key(other))
    });
    examined.not_judged.sort();
    examined
}

/// Whether a comment above one of a finding's places says that it is meant so.
fn hits(comments: &mut [IgnoreComment], rule: &Rule, finding: &Finding) -> bool {
    let mut is_hit = false;
    for comment in comments.iter_mut().filter(|comment| comment.is_of(rule.id)) {
        if finding.spans.iter().any(|span| comment.covers(span)) {
            comment.was_used = true;
            is_hit |= comment.counts();
        }
    }
    is_hit
}

fn note_open(all: &mut Vec<NotJudged>, path: String, why: String, rule: &'static str) {
    match all.iter_mut().find(|known| known.path == path && known.why == why) {
        Some(known) => known.rules.push(rule),
        None => all.push(NotJudged { path, why, rules: vec![rule] }),
    }
}
