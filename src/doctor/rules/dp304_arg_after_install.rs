//! An argument that the registry settings read and that comes too late for the install.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::npmrc::in_play;
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};

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
    let mut judged = Judged::default();
    for build in &repository.builds {
        for one in build.installs() {
            let install = &one.install;
            let line = install.place.line - build.above;
            for file in in_play(repository, install) {
                let text = repository.text(&file.file).unwrap_or_default();
                for (stage, declaration) in build.args() {
                    let name = &declaration.name;
                    let is_late = stage == install.stage && declaration.line > line;
                    let is_known = install.args.contains(name) || install.variables.contains_key(name);
                    if !is_late
                        || is_known
                        || install.set_in_build.contains(name)
                        || !text.contains(&format!("${{{name}"))
                    {
                        continue;
                    }
                    let at = text
                        .lines()
                        .position(|line| line.contains(&format!("${{{name}")))
                        .unwrap_or_default();
                    let spans = vec![
                        repository.in_dockerfile(build, declaration.line, name, "comes too late"),
                        repository.in_dockerfile(build, line, install.command.manager.as_str(), "reads it"),
                        repository.span(&file.file, at + 1, name, "by this"),
                    ];
                    let message =
                        format!("{}: {name} is declared behind the install that reads it", spans[0].place());
                    let lines = [format!("ARG {name}")];
                    judged.add(
                        Finding::new(Severity::Error, spans, message).lines("move before the install", lines),
                    );
                }
            }
        }
    }
    judged
}
