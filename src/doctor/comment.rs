//! `# docker-prep: ignore DP504 because the image is for development`, in the line above what a rule would find.

use super::finding::{Finding, Span};
use super::repository::Repository;
use super::rule::Severity;
use super::settings::{Chosen, is_rule_prefix};

/// The rule that tells of comments without effect.
pub(super) const RULE: &str = "DP001";

/// A comment that has rules say nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IgnoreComment {
    path: String,
    line: usize,
    /// The first line below that is no comment.
    below: usize,
    /// Rules, or the begins of their ids.
    rules: Vec<String>,
    /// Why.
    because: String,
    /// Whether there was anything to say.
    pub(super) was_used: bool,
}

impl IgnoreComment {
    /// Whether it is about a rule.
    pub(super) fn is_of(&self, rule: &str) -> bool {
        self.rules.iter().any(|prefix| rule.starts_with(prefix.as_str()))
    }

    /// Whether it stands above a place; at the begin of a file, above all that is said of the whole of it.
    pub(super) fn covers(&self, span: &Span) -> bool {
        self.path == span.path && (self.below == span.line || span.line == 0 && self.line == 1)
    }

    /// Whether it has any effect: a reason is given.
    pub(super) fn counts(&self) -> bool {
        !self.because.is_empty()
    }

    /// What is wrong with it, once all rules have been asked.
    pub(super) fn finding(&self, repository: &Repository, chosen: &Chosen) -> Option<Finding> {
        let Self { path, line, rules, .. } = self;
        let place = format!("{path}:{line}");
        let unknown = rules.iter().find(|rule| !is_rule_prefix(rule));
        let (message, so) = match unknown {
            Some(rule) => (format!("{place} names {rule}, which is no rule"), "it has no effect"),
            None if rules.is_empty() => (format!("{place} names no rule to ignore"), "it has no effect"),
            None if !self.counts() => (
                format!("{place} gives no reason for ignoring {}", rules.join(", ")),
                "without a reason it has no effect",
            ),
            // A rule that is not asked finds nothing.
            None if self.was_used || !rules.iter().any(|rule| chosen.may_select(rule)) => return None,
            None => {
                (format!("{place} ignores {}, which finds nothing there", rules.join(", ")), "take it out")
            }
        };
        let span = repository.span(path, *line, "docker-prep:", "this comment");
        Some(Finding::new(Severity::Note, vec![span], message).so(so))
    }
}

/// The comments of all files that were read.
pub(super) fn all(repository: &Repository) -> Vec<IgnoreComment> {
    let sources = &repository.sources;
    let texts = [&sources.dockerfiles, &sources.ignores, &sources.texts, &repository.texts];
    let mut found = Vec::new();
    for (path, text) in texts.into_iter().flatten() {
        // Most files have none.
        if text.contains("docker-prep:") {
            found.extend(of_text(path, text));
        }
    }
    found
}

fn of_text(path: &str, text: &str) -> Vec<IgnoreComment> {
    let lines: Vec<&str> = text.lines().collect();
    let comment = |line: &str| Some(line.trim_start().strip_prefix(['#', ';'])?.trim().to_owned());
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(said) = comment(line) else { continue };
        let Some(said) = said.strip_prefix("docker-prep:").map(str::trim_start) else { continue };
        let Some(said) = said.strip_prefix("ignore") else { continue };
        let (rules, because) = said.split_once("because").unwrap_or((said, ""));
        let is_separator = |c: char| c.is_whitespace() || c == ',';
        let rules = rules.split(is_separator).filter(|rule| !rule.is_empty());
        let below = lines.iter().skip(at + 1).position(|line| comment(line).is_none());
        found.push(IgnoreComment {
            path: path.to_owned(),
            line: at + 1,
            below: below.map_or(0, |below| at + 2 + below),
            rules: rules.map(str::to_ascii_uppercase).collect(),
            because: because.trim().to_owned(),
            was_used: false,
        });
    }
    found
}
