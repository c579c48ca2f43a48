//! An argument that has the install run anew and that it does not read.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::instructions::{of_stages, reference};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::Install;

pub(super) static RULE: Rule = Rule {
    id: "DP305",
    name: "arg-busts-install",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "A4-2",
    what: "An argument that differs from build to build is declared before the install, which does not read it.",
    why: "RUN sees every ARG before it as a variable of its environment: with another value the install runs anew.",
    how: "Move the ARG behind the install.",
    check,
};

/// How the names begin of what belongs to the application, or to one commit.
const BEGINS: [&str; 8] =
    ["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "NUXT_PUBLIC_", "GIT_", "COMMIT", "BUILD_DATE", "BUILD_ID"];

/// The rest of them.
const NAMES: [&str; 7] = [
    "BUILD_SHA",
    "BUILD_NUMBER",
    "BUILD_TIME",
    "BUILD_TIMESTAMP",
    "BUILD_COMMIT",
    "BUILD_REF",
    "BUILD_VERSION",
];

fn check(repository: &Repository) -> Judged {
    repository.judge_installs(|build, one| found(repository, build, &one.install))
}

fn found(repository: &Repository, build: &Build, install: &Install) -> Vec<Finding> {
    let line = build.line_of(install);
    let mut findings = Vec::new();
    for (stage, declaration) in build.args() {
        let name = declaration.name.as_str();
        let is_one = BEGINS.iter().any(|begin| name.starts_with(begin)) || NAMES.contains(&name);
        let is_before = stage == install.stage && declaration.line < line;
        if !is_one || !is_before || is_read(build, stage, (declaration.line, line), name) {
            continue;
        }
        let spans = vec![
            repository.in_dockerfile(build, declaration.line, name, "differs from build to build"),
            repository.in_dockerfile(build, line, install.command.manager.as_str(), "runs anew with it"),
        ];
        let message = format!("{}: another {name} has the install run anew", spans[0].place());
        let finding = Finding::new(Severity::Warning, spans, message);
        findings.push(finding.lines("move behind the install", [format!("ARG {name}")]));
    }
    findings
}

/// Whether anything between the argument and the end of the install refers to it.
fn is_read(build: &Build, stage: usize, (from, to): (usize, usize), name: &str) -> bool {
    of_stages(build).any(|(of, instruction)| {
        let is_between = of == stage && instruction.line > from && instruction.line <= to;
        is_between && reference(&instruction.script(), name).is_some()
    })
}
