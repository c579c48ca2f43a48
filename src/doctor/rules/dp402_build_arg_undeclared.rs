//! An argument that no stage of the Dockerfile declares.

use crate::doctor::compose::is_service;
use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::Place;

pub(super) static RULE: Rule = Rule {
    id: "DP402",
    name: "build-arg-undeclared",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "F6",
    what: "A service gives its build an argument that no ARG of the Dockerfile declares.",
    why: "It does nothing: docker build warns of it, compose says nothing. What refers to the name is empty.",
    how: "Declare it in the stage that needs it, as `ARG NAME`, or take it out.",
    check,
};

/// Arguments that every Dockerfile knows without being told.
const KNOWN: [&str; 20] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "FTP_PROXY",
    "ftp_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
    "all_proxy",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETSTAGE",
    "SOURCE_DATE_EPOCH",
];

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in repository.builds.iter().filter(|build| is_service(build)) {
        let definition = &build.image.definition;
        for name in definition.args.keys().filter(|name| !is_declared(build, name) && !name.contains('$')) {
            judged.add(finding(repository, build, name));
        }
    }
    judged
}

fn is_declared(build: &Build, name: &str) -> bool {
    let stages = build.file.stages.iter().flat_map(|stage| &stage.declarations);
    let all = stages.chain(&build.file.global_args);
    let on_build = build.instructions.iter().any(|one| one.keyword == "ONBUILD" && one.text.contains(name));
    all.into_iter().any(|one| !one.is_env && one.name == name)
        || on_build
        || KNOWN.contains(&name)
        || name.starts_with("BUILDKIT_")
}

fn finding(repository: &Repository, build: &Build, name: &str) -> Finding {
    let definition = &build.image.definition;
    let dockerfile = &build.image.dockerfile;
    let place: &Place = definition.arg_places.get(name).unwrap_or(&definition.place);
    let mut spans =
        vec![repository.span(&place.file, place.line, name, format!("{dockerfile} declares no such ARG"))];
    let message = format!("{}: {dockerfile} declares no ARG {name}", spans[0].place());
    let refers = |text: &str| text.contains(&format!("${name}")) || text.contains(&format!("${{{name}"));
    let by_env = build.instructions.iter().find(|one| one.keyword == "ENV" && refers(&one.text));
    let so = match by_env {
        Some(env) => {
            spans.push(repository.in_dockerfile(build, env.line, &format!("${name}"), "always empty"));
            "what refers to it is always empty"
        }
        None => "it does nothing",
    };
    Finding::new(Severity::Warning, spans, message)
        .so(so)
        .lines("write in the stage that needs it", [format!("ARG {name}")])
}
