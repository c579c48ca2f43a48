//! A hook that looks for rewrites, and misses half of them.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    id: "DP803",
    name: "guard-fragile",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "B4",
    what: "A hook looks for rewrites by `git diff … | xargs grep`.",
    why: "It reads the work tree and not what is committed, takes any error of grep for clean (a deleted or quoted path is enough), and knows neither lockfiles nor overrides.",
    how: "Put `docker-prep guard` in its place: `docker-prep init` writes it.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    let files = repository.texts.iter().filter(|(path, _)| {
        path.ends_with("pre-commit") || path.ends_with("lefthook.yml") || path.ends_with("package.json")
    });
    for (path, text) in files {
        let is_one = |line: &&str| {
            let at = line.find("git diff");
            at.is_some_and(|at| {
                let rest = &line[at..];
                rest.contains("xargs") && rest.contains("grep") && rest.contains("docker-deps")
            })
        };
        let Some(at) = text.lines().position(|line| is_one(&line)) else { continue };
        let span = repository.span(path, at + 1, "git diff", "misses about half of them");
        let message = format!("{path}:{} looks for rewrites by git diff and grep", at + 1);
        let finding = Finding::new(Severity::Warning, vec![span], message);
        let finding = finding.so("it reads the work tree, and takes an error for clean");
        judged.add(finding.lines("write in its place", ["docker-prep guard"]));
    }
    judged
}
