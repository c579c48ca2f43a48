//! A secret that a service gives to its build, and that nothing mounts.

use crate::doctor::compose::is_service;
use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    id: "DP306",
    name: "secret-not-mounted",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "F6",
    what: "A service gives its build a secret that no RUN of the Dockerfile mounts.",
    why: "The secret is nowhere in the build: a command that needs it goes without, and nothing says so.",
    how: "Mount it where it is needed: `RUN --mount=type=secret,id=…`.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in repository.builds.iter().filter(|build| is_service(build)) {
        let mounted: Vec<&str> =
            build.runs().flat_map(|(_, run)| &run.secrets).map(|secret| secret.id.as_str()).collect();
        for (id, place) in &build.image.definition.secrets {
            if mounted.contains(&id.as_str()) || id.contains('$') {
                continue;
            }
            // A mount whose id is a variable may be this one.
            if let Some(open) = mounted.iter().find(|id| id.contains('$')) {
                judged.leave_open(
                    build.image.dockerfile.clone(),
                    format!("the id {open} of a secret is not known"),
                );
                continue;
            }
            let dockerfile = &build.image.dockerfile;
            let span =
                repository.span(&place.file, place.line, id, format!("{dockerfile} mounts no such secret"));
            let message = format!("{}: {dockerfile} does not mount the secret {id}", span.place());
            let line = format!("RUN --mount=type=secret,id={id} …");
            let finding = Finding::new(Severity::Warning, vec![span], message);
            judged.add(finding.so("it is nowhere in the build").lines("write", [line]));
        }
    }
    judged
}
