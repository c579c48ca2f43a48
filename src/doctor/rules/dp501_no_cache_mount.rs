//! An install that loads every package again.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::doctor::store::{Store, mount, store};
use crate::image::BuildInstall;
use crate::image::dockerfile::RunStep;

pub(super) static RULE: Rule = Rule {
    id: "DP501",
    name: "no-cache-mount",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "F10 A2",
    what: "An install has no cache mount, and no store that comes along.",
    why: "Whenever its layer is built anew, it downloads every package again, also those that did not change. Runners of CI that are thrown away gain nothing by a mount.",
    how: "Give its RUN a cache mount at the folder in which the package manager keeps what it has loaded.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    let mut told = Vec::new();
    for build in &repository.builds {
        let dockerfile = (&build.image.dockerfile, build.above);
        let lacking = build
            .installs()
            .find_map(|one| Some((one, build.run_of(one)?)).filter(|(one, run)| lacks(one, run)));
        let Some((one, run)) = lacking.filter(|_| !told.contains(&dockerfile)) else { continue };
        told.push(dockerfile);
        judged.add(finding(repository, build, one, run));
    }
    judged
}

/// Whether an install loads packages from somewhere, and nothing of that is kept.
fn lacks(one: &BuildInstall, run: &RunStep) -> bool {
    let is_offline = run
        .commands
        .iter()
        .flat_map(|(_, command)| &command.words)
        .any(|word| word == "--offline" || word == "--prefer-offline");
    let variables = &one.install.variables;
    let by_variable = ["npm_config_offline", "NPM_CONFIG_OFFLINE", "pnpm_config_offline"]
        .iter()
        .any(|name| variables.get(*name).is_some_and(|value| value == "true"));
    // What is mounted from the context or a stage may be a store.
    let has_mount = !run.caches.is_empty()
        || run.mounts.iter().any(|mount| mount.to.contains("store") || mount.to.contains("cache"));
    !has_mount && !is_offline && !by_variable
}

fn finding(repository: &Repository, build: &Build, one: &BuildInstall, run: &RunStep) -> Finding {
    let command = &one.install.command;
    let place = &one.install.place;
    let span = repository.span(&place.file, place.line, command.manager.as_str(), "downloads every package");
    let message = format!("{place} downloads every package again");
    let folder = match store(repository, build, one, run) {
        Store::At(folders) => folders.into_iter().next().unwrap_or_default(),
        Store::Unknown(_) => "THE STORE'S FOLDER".to_owned(),
    };
    let mount = mount(one, run, &folder);
    let text = repository.line(&place.file, run.line + build.above).unwrap_or_default().trim();
    let rest = text.strip_prefix("RUN").unwrap_or(text).trim_start();
    let finding = Finding::new(Severity::Warning, vec![span], message)
        .so("each change of a manifest or lockfile costs a whole download");
    finding.lines("write", [format!("RUN {mount} \\"), format!("    {rest}")])
}
