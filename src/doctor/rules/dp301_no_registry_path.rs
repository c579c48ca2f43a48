//! An install of private packages that no registry serves.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::npmrc::{has_unknown, in_play};
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::Install;

pub(super) static RULE: Rule = Rule {
    id: "DP301",
    name: "no-registry-path",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "F5",
    what: "An install depends on private packages, and nothing in its image says where their registry is.",
    why: "Without a prepared project the build asks the public registry for them, and fails, or gets somebody else's packages.",
    how: "Copy an .npmrc that names the scope's registry before the install, and mount its token as a secret.",
    check,
};

fn check(repository: &Repository) -> Judged {
    repository.judge_installs(|_, one| found(repository, &one.install))
}

fn found(repository: &Repository, install: &Install) -> Option<Finding> {
    let packages = repository.private_packages(install);
    let first = packages.first()?;
    if !in_play(repository, install).is_empty() || has_other_path(install) || has_unknown(install) {
        return None;
    }
    let place = &install.place;
    let word = install.command.manager.as_str();
    let span = repository.span(&place.file, place.line, word, format!("installs {first}"));
    let message = format!("{place}: only a prepared build works, as no registry of {first} is named");
    let lines =
        ["COPY .npmrc.docker ./.npmrc", "RUN --mount=type=secret,id=gitea_npm_token,env=GITEA_NPM_TOKEN …"];
    Some(Finding::new(Severity::Warning, vec![span], message).lines("write before it", lines))
}

/// Whether variables, commands, secrets or other files may say where the registry is.
fn has_other_path(install: &Install) -> bool {
    let names = install.variables.keys().chain(&install.args).chain(&install.set_in_build);
    let by_variable = names.map(|name| name.to_ascii_lowercase()).any(|name| {
        name.contains("registry") || name.starts_with("npm_config_userconfig") || name.contains("npmrc")
    });
    let by_file = install.files.keys().any(|path| {
        [".npmrc", ".yarnrc.yml", ".yarnrc", "bunfig.toml", ".pnpmfile.cjs"]
            .iter()
            .any(|end| path.ends_with(end))
    });
    by_variable || by_file || !install.configured.is_empty() || !install.secrets.is_empty()
}
