//! An argument that the registry settings need, and that the service does not give.

use crate::doctor::compose::{Entry, added, is_service};
use crate::doctor::finding::{Finding, Judged, Safety};
use crate::doctor::npmrc::{in_play, is_secret, variables};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::BuildInstall;

pub(super) static RULE: Rule = Rule {
    id: "DP401",
    name: "build-arg-missing",
    severity: Severity::Error,
    fix: FixClass::Unsafe,
    seed: "F7 A0-3",
    what: "The .npmrc of an install names a variable that the Dockerfile declares by an ARG without a default, and the service gives no such argument.",
    why: "The variable is empty in the build, so that the registry's address or the token is: the install asks nowhere, or without a token.",
    how: "Give the argument under `build.args` of the service.",
    check,
};

/// The name by which a build reaches the machine.
pub(super) const HOST: &str = "host.docker.internal";

fn check(repository: &Repository) -> Judged {
    repository.judge_installs(
        |build, one| {
            if is_service(build) { found(repository, build, one) } else { Vec::new() }
        },
    )
}

fn found(repository: &Repository, build: &Build, one: &BuildInstall) -> Vec<Finding> {
    let install = &one.install;
    let definition = &build.image.definition;
    let files = in_play(repository, install);
    let mut findings = Vec::new();
    for (name, entry) in files.iter().flat_map(variables) {
        let by_secret = install.secrets.iter().any(|secret| secret.env.as_deref() == Some(&name));
        let is_given = definition.args.contains_key(&name)
            || install.variables.contains_key(&name)
            || install.set_in_build.contains(&name)
            || by_secret;
        let chain = build.file.chain(install.stage);
        let stages = chain.iter().filter_map(|stage| build.file.stages.get(*stage));
        let mut declared =
            stages.flat_map(|stage| &stage.declarations).filter(|one| !one.is_env && one.name == name);
        let has_default = build.file.global_args.iter().any(|one| one.name == name && one.value.is_some());
        let Some(arg) = declared.find(|one| one.value.is_none()).filter(|_| !is_given && !has_default) else {
            continue;
        };
        let place = &definition.place;
        let file = files.iter().find(|file| file.entries.iter().any(|one| one == entry));
        let file = file.map_or(".npmrc", |file| &file.file);
        let spans = vec![
            repository.span(&place.file, place.line, "build", format!("gives no argument {name}")),
            repository.in_dockerfile(build, arg.line, &name, format!("no default; {file} needs it")),
        ];
        let service = &definition.name;
        let message = format!("{place}: the build of {service} is not given {name}, which {file} needs");
        let message = message.replacen(&place.to_string(), &spans[0].place().to_string(), 1);
        let value = if is_secret(&entry.key) || !name.contains("HOST") {
            format!("${{{name}}}")
        } else {
            HOST.to_owned()
        };
        let mut entries = vec![Entry::Argument(&name, &value)];
        if value == HOST && !definition.extra_hosts.iter().any(|host| host == HOST) {
            entries.push(Entry::Host(HOST, "host-gateway"));
        }
        let so =
            if is_secret(&entry.key) { "no token is sent" } else { "the address of the registry is empty" };
        let finding = Finding::new(Severity::Error, spans, message).so(so);
        findings.push(match added(repository, build, &entries) {
            Some(edits) => finding.edits(Safety::Unsafe, edits),
            None => finding
                .lines("write", ["build:".to_owned(), "  args:".to_owned(), format!("    {name}: {value}")]),
        });
    }
    findings
}
