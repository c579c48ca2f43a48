//! An argument that the registry settings read and that comes too late for the install.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::npmrc::in_play;
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::Install;

pub(super) static RULE: Rule = Rule {
    id: "DP304",
    name: "arg-after-install",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "A4-2",
    what: "An ARG that the .npmrc of an install reads is declared behind that install.",
    why: "The install does not have it: it asks a host without a name, or sends no token.",
    how: "Move the ARG before the install.",
    check,
};

fn check(repository: &Repository) -> Judged {
    repository.judge_installs(|build, one| found(repository, build, &one.install))
}

fn found(repository: &Repository, build: &Build, install: &Install) -> Vec<Finding> {
    let line = build.line_of(install);
    let mut findings = Vec::new();
    for file in in_play(repository, install) {
        for (stage, declaration) in build.args() {
            let name = &declaration.name;
            let is_late = stage == install.stage && declaration.line > line;
            let is_known = install.args.contains(name)
                || install.variables.contains_key(name)
                || install.set_in_build.contains(name);
            let at = repository.line_with(&file.file, &format!("${{{name}"));
            let Some(at) = at.filter(|_| is_late && !is_known) else { continue };
            let spans = vec![
                repository.in_dockerfile(build, declaration.line, name, "comes too late"),
                repository.in_dockerfile(build, line, install.command.manager.as_str(), "reads it"),
                repository.span(&file.file, at, name, "by this"),
            ];
            let message =
                format!("{}: {name} is declared behind the install that reads it", spans[0].place());
            let finding = Finding::new(Severity::Error, spans, message);
            findings.push(finding.lines("move before the install", [format!("ARG {name}")]));
        }
    }
    findings
}
