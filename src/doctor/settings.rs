//! Which rules are asked, and how grave their findings are: `[doctor]` in `docker-prep.toml`, and the words of a call.

use super::rule::Severity;
use super::rules;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::npm::{MatchOptions, Minimatch};
use crate::project::{CONFIG_FILE, DoctorConfig, Project};

/// Whether any rule's id begins so.
pub(crate) fn is_rule_prefix(prefix: &str) -> bool {
    prefix.len() >= 2 && rules::ALL.iter().any(|rule| rule.id.starts_with(prefix))
}

/// Which rules are asked, and how grave their findings are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// The only ones that are asked, by the begins of their ids; all where there are none.
    pub(crate) select: Vec<String>,
    /// Those that are not.
    pub(crate) ignore: Vec<String>,
    /// Another severity; the longest begin of an id counts.
    pub(crate) severity: Vec<(String, Severity)>,
    /// From which severity on a finding is exit code 1; `None` for never.
    pub(crate) threshold: Option<Option<Severity>>,
    /// Globs on paths, and the rules that say nothing there.
    pub(crate) per_file_ignores: Vec<(String, Vec<String>)>,
}

impl Chosen {
    /// Whether a rule is asked.
    pub(super) fn is_selected(&self, rule: &str) -> bool {
        let begins = |prefix: &String| rule.starts_with(prefix.as_str());
        let longest = |all: &[String]| all.iter().filter(|prefix| begins(prefix)).map(String::len).max();
        let selected = if self.select.is_empty() { Some(0) } else { longest(&self.select) };
        // The longer begin counts, as `DP50` beside `DP501`.
        selected.is_some_and(|selected| longest(&self.ignore).is_none_or(|ignored| selected > ignored))
    }

    /// Whether any rule of a begin is asked.
    pub(super) fn may_select(&self, prefix: &str) -> bool {
        rules::ALL.iter().any(|rule| rule.id.starts_with(prefix) && self.is_selected(rule.id))
    }

    /// The severity that a rule's findings are given.
    pub(super) fn severity_of(&self, rule: &str) -> Option<Severity> {
        let of_rule = self.severity.iter().filter(|(prefix, _)| rule.starts_with(prefix.as_str()));
        of_rule.max_by_key(|(prefix, _)| prefix.len()).map(|(_, severity)| *severity)
    }

    /// Whether a rule says nothing of a file.
    pub(super) fn leaves_out(&self, rule: &str, path: &str) -> bool {
        let options = MatchOptions { dot: true, nonegate: true, nocomment: true, ..MatchOptions::default() };
        self.per_file_ignores.iter().any(|(glob, rules)| {
            rules.iter().any(|prefix| rule.starts_with(prefix.as_str()))
                && Minimatch::new(glob, options).is_ok_and(|glob| glob.matches(path))
        })
    }
}

/// What a project's `docker-prep.toml` chooses, with what a call does, which comes first.
///
/// # Errors
/// [`ErrorKind::Usage`] for rules and severities that are none.
pub(crate) fn chosen(project: &Project, of_call: &Chosen) -> Result<Chosen> {
    let DoctorConfig { ignore, select, severity, failure_threshold, per_file_ignores } =
        &project.config.doctor;
    let mut problems = Vec::new();
    let mut wrong = |key: &str, what: &str, hint: &str| {
        let file = project.root.join(CONFIG_FILE);
        let message = format!("{}: [doctor] {key}: {what}", file.display());
        problems.push(Problem::new(message).hint(hint));
    };
    let mut rule = |key: &str, text: &String| {
        let id = text.to_ascii_uppercase();
        if !is_rule_prefix(&id) {
            wrong(
                key,
                &format!("{text} is no rule"),
                "name rules as DP101, or the begins of their ids as DP5",
            );
        }
        id
    };
    let own_select: Vec<String> = select.iter().map(|text| rule("select", text)).collect();
    let own_ignore = ignore.iter().map(|text| rule("ignore", text)).collect::<Vec<_>>();
    let per_file = per_file_ignores.iter().map(|(glob, rules)| {
        (glob.clone(), rules.iter().map(|text| rule("per-file-ignores", text)).collect())
    });
    let per_file: Vec<(String, Vec<String>)> = per_file.collect();
    let ids: Vec<String> = severity.iter().map(|(id, _)| rule("severity", id)).collect();
    const SEVERITIES: &str = "it is error, warning or note";
    let mut severities = Vec::new();
    for (id, (_, text)) in ids.into_iter().zip(severity) {
        match Severity::parse(text) {
            Some(severity) => severities.push((id, severity)),
            None => wrong("severity", &format!("{text} is no severity"), SEVERITIES),
        }
    }
    let mut threshold = None;
    if let Some(text) = failure_threshold {
        match (text.as_str(), Severity::parse(text)) {
            ("never", _) => threshold = Some(None),
            (_, Some(severity)) => threshold = Some(Some(severity)),
            _ => wrong("failure-threshold", &format!("{text} is no severity"), SEVERITIES),
        }
    }
    if !problems.is_empty() {
        return Err(Error::all(ErrorKind::Usage, problems));
    }
    let of = |call: &Vec<String>, own: Vec<String>| if call.is_empty() { own } else { call.clone() };
    Ok(Chosen {
        select: of(&of_call.select, own_select),
        ignore: own_ignore.into_iter().chain(of_call.ignore.clone()).collect(),
        severity: severities,
        threshold: of_call.threshold.or(threshold),
        per_file_ignores: per_file,
    })
}
