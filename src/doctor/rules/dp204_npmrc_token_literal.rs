//! A token in a file that git tracks.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::npmrc::SECRETS;
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::npm::npmrc;
use crate::npm::{MatchOptions, Minimatch};
use crate::text::basename;

pub(super) static RULE: Rule = Rule {
    id: "DP204",
    name: "npmrc-token-literal",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "",
    what: "A file that git tracks holds a token or a password of a registry, and not a variable.",
    why: "Whoever has a clone can publish and read with it, and it stays in the history when the line is changed.",
    how: "Revoke the token, and name a variable in its place, as `${GITEA_NPM_TOKEN}`.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    let files = repository.texts.iter().filter(|(path, _)| basename(path).contains("npmrc"));
    for (path, text) in
        files.filter(|(path, _)| repository.is_tracked(path) && !is_left_out(repository, path))
    {
        for entry in npmrc::parse(text) {
            let is_secret = SECRETS.iter().any(|end| {
                entry.key == *end || entry.key.strip_suffix(end).is_some_and(|rest| rest.ends_with(':'))
            });
            let value = entry.text().unwrap_or_default();
            if !is_secret || is_placeholder(&value) {
                continue;
            }
            let name = entry.key.rsplit(':').next().unwrap_or_default();
            let span = repository.span(path, entry.line, name, "a literal, which is not shown");
            let message = format!("{path}:{} holds a literal {name}, and git tracks the file", entry.line);
            let line = format!("{}=${{GITEA_NPM_TOKEN}}", entry.key);
            let finding = Finding::new(Severity::Error, vec![span], message)
                .so("whoever has a clone has it, and the history keeps it")
                .lines("revoke it, then write", [line]);
            judged.add(finding);
        }
    }
    judged
}

/// Whether the project says that a file is none to be judged.
fn is_left_out(repository: &Repository, path: &str) -> bool {
    let options = MatchOptions { dot: true, ..MatchOptions::default() };
    let globs = repository.guard_ignore.iter().filter_map(|glob| Minimatch::new(glob, options).ok());
    globs.into_iter().any(|glob| glob.matches(path))
}

/// Whether a value only stands for a secret.
fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let words = [
        "your",
        "example",
        "token",
        "changeme",
        "change-me",
        "placeholder",
        "secret",
        "password",
        "dummy",
        "todo",
    ];
    let plain: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    value.contains("${")
        || value.contains('$')
        || value.starts_with(['<', '{', '%'])
        || plain.len() < 8
        || plain.chars().all(|c| c == 'x' || c == '0' || c == '1')
        || words.iter().any(|word| lower.contains(word))
}
