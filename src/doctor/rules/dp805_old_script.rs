//! The script that this program takes the place of.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::text::basename;

pub(super) static RULE: Rule = Rule {
    id: "DP805",
    name: "old-script",
    severity: Severity::Note,
    fix: FixClass::Lines,
    seed: "B7 q4",
    what: "git tracks a copy of docker-prep.sh.",
    why: "Each repository has its own, with small differences; none restores after a kill, and none knows what a Dockerfile reads.",
    how: "Call docker-prep in its place: it takes the same flags.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for path in repository.tracked.iter().flatten().filter(|path| basename(path) == "docker-prep.sh") {
        let message = format!("{path} is the old script");
        let finding = Finding::new(Severity::Note, vec![repository.whole(path, "")], message);
        judged.add(finding.lines("type", [format!("git rm {path}")]));
    }
    judged
}
