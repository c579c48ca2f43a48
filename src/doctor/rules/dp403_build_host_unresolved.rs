//! A host that a build does not know.

use super::dp202_registry_loopback::host;
use super::dp401_build_arg_missing::HOST;
use crate::doctor::compose::{Entry, added, is_service};
use crate::doctor::finding::{Finding, Judged, Safety};
use crate::doctor::npmrc::in_play;
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::BuildInstall;
use crate::npm::npmrc::expand;

pub(super) static RULE: Rule = Rule {
    id: "DP403",
    name: "build-host-unresolved",
    severity: Severity::Error,
    fix: FixClass::Unsafe,
    seed: "A0-4 q3",
    what: "The registry of an install lies at host.docker.internal, and the service's build has no such name under `extra_hosts`.",
    why: "On Linux no name of the machine is known in a build. The `extra_hosts` of a service are there only when it runs; those of its build are others.",
    how: "Add `host.docker.internal:host-gateway` to `build.extra_hosts`.",
    check,
};

fn check(repository: &Repository) -> Judged {
    repository.judge_installs(
        |build, one| {
            if is_service(build) { found(repository, build, one) } else { None }
        },
    )
}

fn found(repository: &Repository, build: &Build, one: &BuildInstall) -> Option<Finding> {
    let definition = &build.image.definition;
    let has_own = definition.extra_hosts.iter().any(|host| host == HOST);
    if has_own || definition.network.as_deref() == Some("host") {
        return None;
    }
    let lookup = |name: &str| one.install.variables.get(name).cloned();
    let files = in_play(repository, &one.install);
    let (file, entry) = files
        .iter()
        .flat_map(|file| file.entries.iter().map(move |entry| (file, entry)))
        .find(|(_, entry)| {
            let is_registry = entry.key == "registry" || entry.key.ends_with(":registry");
            is_registry && entry.text().is_some_and(|text| host(&expand(&text, &lookup).text) == HOST)
        })?;
    let place = &definition.place;
    let is_at_run = definition.run_hosts.iter().any(|host| host == HOST);
    let label =
        if is_at_run { "the service's extra_hosts are there only at run time" } else { "no extra_hosts" };
    let spans = vec![
        repository.span(&place.file, place.line, "build", label),
        repository.span(&file.file, entry.line, "", format!("at {HOST}")),
    ];
    let message = format!("{}: the build of {} does not know {HOST}", spans[0].place(), definition.name);
    let so = if is_at_run {
        "the service's own extra_hosts are there only at run time: the install does not find the registry"
    } else {
        "on Linux the install does not find the registry"
    };
    let finding = Finding::new(Severity::Error, spans, message).so(so);
    Some(match added(repository, build, &[Entry::Host(HOST, "host-gateway")]) {
        Some(edits) => finding.edits(Safety::Unsafe, edits),
        None => finding
            .lines("write", ["build:", "  extra_hosts:", "    - \"host.docker.internal:host-gateway\""]),
    })
}
