//! A comment that has rules say nothing, and does not.

use crate::doctor::finding::Judged;
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    id: "DP001",
    name: "ignore-ineffective",
    severity: Severity::Note,
    fix: FixClass::Nothing,
    seed: "",
    what: "A comment `# docker-prep: ignore …` gives no reason, names no rule, or stands where its rule finds nothing.",
    why: "A comment that has outlived its finding hides the next one, and one without a reason cannot be judged by who reads it.",
    how: "Write `# docker-prep: ignore DP504 because …` in the line above the place, or take the comment out.",
    check,
};

/// What the comments did is known only once all rules have been asked.
fn check(_: &Repository) -> Judged {
    Judged::default()
}
