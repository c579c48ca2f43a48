//! A `.dockerignore` that no build reads.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::text::{basename, path};

pub(super) static RULE: Rule = Rule {
    id: "DP107",
    name: "ignore-file-unread",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "",
    what: "A .dockerignore lies beside a Dockerfile, and every build of that has another folder as its context.",
    why: "Docker reads the .dockerignore of the context's root, or the one that is named after the Dockerfile. This one does nothing.",
    how: "Move its lines to `Dockerfile.dockerignore` beside the Dockerfile, with paths from the context's root.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for file in repository.sources.ignores.keys().filter(|file| basename(file) == ".dockerignore") {
        let dir = path::parent(file);
        let beside = |dockerfile: &str| path::parent(dockerfile) == dir;
        let builds: Vec<_> = repository
            .builds
            .iter()
            .filter(|build| build.above == 0 && beside(&build.image.dockerfile))
            .collect();
        let has_context =
            |dir: &str| repository.builds.iter().any(|build| build.image.context.as_deref() == Some(dir));
        let Some(build) = builds.first() else { continue };
        if has_context(dir) {
            continue;
        }
        if let Some((path, why)) = builds.iter().find_map(|build| build.open_context()) {
            judged.leave_open(path, why);
            continue;
        }
        let Some(context) = build.context() else { continue };
        let context = if context.is_empty() { "." } else { context };
        let dockerfile = &build.image.dockerfile;
        let message = format!("{file} is read by no build: {dockerfile} is built with the context {context}");
        let own = format!("{dockerfile}.dockerignore");
        let line = format!("git mv {file} {own}");
        let finding = Finding::new(Severity::Warning, vec![repository.whole(file, "")], message)
            .so("it leaves nothing out")
            .lines("move its lines, with paths from the context's root", [line]);
        judged.add(finding);
    }
    judged
}
