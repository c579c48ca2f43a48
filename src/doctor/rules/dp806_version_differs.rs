//! A version of the program that the repository does not want.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::project::CONFIG_FILE;

pub(super) static RULE: Rule = Rule {
    id: "DP806",
    name: "version-differs",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "B7 q4",
    what: "The repository's `required-version` does not let this version work on it, or is another than in most of the repositories that are judged.",
    why: "prepare and run refuse to start; and a team that has several versions sees several tarballs of one package.",
    how: "Install a version that fits, or write the same range in all repositories.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    if let Some(unmet) = &repository.unmet {
        let text = repository.text(CONFIG_FILE).unwrap_or_default();
        let line = text.lines().position(|line| line.trim_start().starts_with("required-version"));
        let pin = repository.pin.as_deref().unwrap_or_default();
        let span = repository.span(CONFIG_FILE, line.map_or(1, |at| at + 1), pin, "not this version");
        let said = unmet.split_once("needs ").map_or(unmet.as_str(), |(_, said)| said);
        let message = format!("{} needs {said}", span.place());
        let finding =
            Finding::new(Severity::Error, vec![span], message).so("prepare and run refuse to start");
        judged.add(finding.lines(
            "write, if this version is meant",
            [format!("required-version = \">={}\"", env!("CARGO_PKG_VERSION"))],
        ));
    }
    judged
}
