//! The `node_modules` of the machine come into the image.

use crate::doctor::finding::{Edit, EditKind, Finding, Judged, Safety, and_more};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::doctor::rules::dp108_ignore_file_missing::with_ignore_file;
use crate::text::path;

pub(super) static RULE: Rule = Rule {
    id: "DP103",
    name: "host-modules-copied",
    severity: Severity::Error,
    fix: FixClass::Safe,
    seed: "A6-1",
    what: "A folder that is copied holds a package whose node_modules the .dockerignore does not leave out.",
    why: "The packages of the machine lie over those that the image installed: built for another system, of other versions. A pattern `node_modules` means the context's root alone.",
    how: "Add `**/node_modules` to the .dockerignore.",
    check,
};

fn check(repository: &Repository) -> Judged {
    with_ignore_file(repository, found)
}

/// The gravest copy of a build.
pub(super) fn found(repository: &Repository, build: &Build) -> Option<Finding> {
    let ignore_file = build.ignore_path()?;
    let mut gravest: Option<(Severity, usize, Vec<&str>)> = None;
    for one in build.context_copies() {
        let landed = |dir: &&str| {
            let probe = path::child(dir, "node_modules/docker-prep/package.json");
            let landed = build.lands(one.copy, &probe)?;
            build.hides(&probe).is_none().then_some(landed)
        };
        let packages: Vec<&str> = repository.packages().filter(|dir| landed(dir).is_some()).collect();
        if packages.is_empty() {
            continue;
        }
        let installed = build.image.installs.iter().filter(|other| {
            other.install.is_built && build.is_before((other.install.stage, other.install.step), one.at)
        });
        let modules: Vec<String> = installed
            .flat_map(|other| &other.install.manifests)
            .map(|read| format!("{}/node_modules/", read.dir.trim_end_matches('/')))
            .collect();
        let lands_on_it =
            packages.iter().filter_map(landed).any(|to| modules.iter().any(|dir| to.starts_with(dir)));
        let severity = if lands_on_it { Severity::Error } else { Severity::Warning };
        if gravest.as_ref().is_none_or(|(known, ..)| *known < severity) {
            gravest = Some((severity, one.copy.line, packages));
        }
    }
    let (severity, line, packages) = gravest?;
    let first = packages.first().map(|dir| path::child(dir, "node_modules"))?;
    let more = and_more(packages.len());
    let span = repository.in_dockerfile(build, line, "", format!("takes {first} along"));
    let message = format!(
        "{}: {} copies {first}{more} of the machine into the image",
        span.place(),
        keyword(build, line)
    );
    let so = match severity {
        Severity::Error => "they lie over what the image has installed",
        _ => "the context is large, and what is built for another system comes into the image",
    };
    let mut spans = vec![span];
    let near = repository.text(&ignore_file).and_then(|text| {
        text.lines().position(|line| line.trim().trim_matches('/') == "node_modules").map(|at| at + 1)
    });
    spans.extend(
        near.map(|line| repository.span(&ignore_file, line, "", "means the root of the context alone")),
    );
    let kind = EditKind::Append(vec!["**/node_modules".to_owned()]);
    let edits = vec![Edit { path: ignore_file, kind }];
    Some(Finding::new(severity, spans, message).so(so).edits(Safety::Safe, edits))
}

/// `COPY` or `ADD`, as it is written.
pub(super) fn keyword(build: &Build, line: usize) -> &str {
    let own = build.instructions.iter().find(|one| one.line_at(0) == line);
    own.map_or("COPY", |one| &one.keyword)
}
