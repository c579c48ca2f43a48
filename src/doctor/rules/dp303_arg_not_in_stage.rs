//! An argument that a stage does not see.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    id: "DP303",
    name: "arg-not-in-stage",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "A4-2",
    what: "A RUN refers to an ARG that stands before the first FROM alone.",
    why: "Such an ARG is there for FROM lines only: in a stage it is empty until the stage declares it again.",
    how: "Write `ARG NAME` in the stage, before the RUN.",
    check,
};

/// Variables that base images set.
const OF_IMAGES: [&str; 8] =
    ["NODE_VERSION", "YARN_VERSION", "GOLANG_VERSION", "PYTHON_VERSION", "PATH", "HOME", "BUN_VERSION", "DENO_VERSION"];

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        for arg in &build.file.global_args {
            found(repository, build, &arg.name).into_iter().for_each(|finding| judged.add(finding));
        }
    }
    judged
}

fn found(repository: &Repository, build: &Build, name: &str) -> Option<Finding> {
    if OF_IMAGES.contains(&name) {
        return None;
    }
    let (at, run) = build.runs().find(|(at, run)| {
        let chain = build.file.chain(at.0);
        let stages = chain.iter().filter_map(|stage| build.file.stages.get(*stage));
        let is_declared = stages.flat_map(|stage| &stage.declarations).any(|one| one.name == name);
        let script = build.instructions.iter().find(|one| one.line == run.line).map(|one| one.script());
        !is_declared && !run.set_in_build.contains(name) && script.is_some_and(|script| refers(&script, name))
    })?;
    let _ = at;
    let span = repository.in_dockerfile(build, run.line, &format!("${name}"), "empty here");
    let message = format!("{} refers to {name}, which its stage does not declare", span.place());
    let finding = Finding::new(Severity::Error, vec![span], message);
    Some(finding.so("it is empty").lines("write before it, in the same stage", [format!("ARG {name}")]))
}

/// Whether a text refers to a variable, without a default and outside of single quotes.
pub(super) fn refers(text: &str, name: &str) -> bool {
    let mut is_quoted = false;
    let mut is_double = false;
    for (at, c) in text.char_indices() {
        match c {
            '\'' if !is_double => is_quoted = !is_quoted,
            '"' if !is_quoted => is_double = !is_double,
            '$' if !is_quoted && !text[..at].ends_with('\\') => {
                let rest = &text[at + 1..];
                let plain = rest.strip_prefix(name).is_some_and(|rest| {
                    !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                });
                let braced = rest.strip_prefix('{').and_then(|rest| rest.strip_prefix(name));
                if plain || braced.is_some_and(|rest| rest.starts_with(['}', '%', '#', '/'])) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}
