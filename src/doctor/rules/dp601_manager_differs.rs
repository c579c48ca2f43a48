//! Two places that pin different versions of a package manager.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::manager::fields;
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::BuildInstall;

pub(super) static RULE: Rule = Rule {
    id: "DP601",
    name: "manager-differs",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "A1-2",
    what: "The Dockerfile pins another version of the package manager than `packageManager` of the manifest that it installs.",
    why: "Lockfiles, settings and what is installed differ between versions; pnpm from 10 on and corepack load the other version once more in each build.",
    how: "Name one version in both, or none in the Dockerfile: `corepack enable` goes by the manifest.",
    check,
};

fn check(repository: &Repository) -> Judged {
    repository.judge_known_installs(|build, one| found(repository, build, one))
}

fn found(repository: &Repository, build: &Build, one: &BuildInstall) -> Option<Finding> {
    let named = one.told.named.as_ref()?;
    let (field, manager) = fields(repository, one).into_iter().next()?;
    // A tag pins nothing, of which another rule tells.
    let is_pin = |version: &str| {
        version.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '^' | '~' | '<' | '>'))
    };
    let is_said = is_pin(&named.manager.version) && named.manager.name == manager.name;
    if !is_said || !named.manager.excludes(&manager) {
        return None;
    }
    let is_other_major = named.manager.majors.start() > manager.majors.end()
        || manager.majors.start() > named.manager.majors.end();
    let severity = if is_other_major { Severity::Error } else { Severity::Warning };
    let dockerfile = &build.image.dockerfile;
    let own =
        repository.span(dockerfile, named.line, &named.manager.version, format!("pins {}", named.manager));
    let line = repository.line_with(&field, "\"packageManager\"")?;
    let other = repository.span(&field, line, &manager.version, format!("pins {manager}"));
    let message = format!("{} pins {}, and {field} pins {manager}", own.place(), named.manager);
    let lines = [format!(
        "RUN corepack enable && corepack prepare {}@{} --activate",
        manager.name.as_str(),
        manager.version
    )];
    let so = if is_other_major {
        "another major reads other settings and lockfiles"
    } else {
        "the other version is loaded in each build, or installs something else"
    };
    Some(Finding::new(severity, vec![own, other], message).so(so).lines("write", lines))
}
