//! A package manager that is installed again whenever a file changes.

use super::dp602_manager_unpinned::global;
use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::Name;

pub(super) static RULE: Rule = Rule {
    id: "DP505",
    name: "manager-installed-late",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "F9 A1-1",
    what: "The package manager is installed behind a COPY from the context.",
    why: "Whenever a file of that COPY changes, it is downloaded and installed once more.",
    how: "Install it right behind FROM.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        found(repository, build).into_iter().for_each(|finding| judged.add(finding));
    }
    judged
}

fn found(repository: &Repository, build: &Build) -> Option<Finding> {
    let is_manager = |package: &&str| Name::parse(package.split('@').next().unwrap_or_default()).is_some();
    build.runs().find_map(|(at, run)| {
        let (line, command) = run.commands.iter().find(|(_, command)| global(command).iter().any(is_manager))?;
        // With the install itself in one instruction there is nothing to win by itself.
        let is_install = build.installs().any(|one| (one.install.stage, one.install.step) == at);
        let copy = build.context_copies().find(|copy| build.is_before(copy.at, at)).filter(|_| !is_install)?;
        let span = repository.in_dockerfile(build, *line, command.words.first().map_or("", String::as_str), "installed once more");
        let copied = repository.in_dockerfile(build, copy.copy.line, "", "whenever a file of this changes");
        let message = format!("{} installs the package manager behind the COPY in line {}", span.place(), copied.line);
        let lines = [format!("RUN {}", command.words.join(" "))];
        let finding = Finding::new(Severity::Warning, vec![span, copied], message);
        Some(finding.so("each change of those files installs it anew").lines("move to right behind FROM", lines))
    })
}
