//! A copy that fails where nothing is prepared.

use super::dp102_deps_dir_ignored::copy_of_deps_dir;
use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::text::basename;

pub(super) static RULE: Rule = Rule {
    id: "DP308",
    name: "deps-dir-must-exist",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "F8 A5-1,2",
    what: "The Dockerfile copies the deps dir by its name, and git does not keep the folder.",
    why: "The build fails where nothing is prepared: in a fresh clone, and in CI that takes packages from the registry.",
    how: "Make the folder in the image, and copy with a wildcard, which may match nothing.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    let dir = &repository.deps_dir;
    let begin = format!("{dir}/");
    let is_kept = repository.tracked.iter().flatten().any(|path| path.starts_with(&begin));
    if is_kept {
        return judged;
    }
    for build in &repository.builds {
        let Some(one) = copy_of_deps_dir(repository, build) else { continue };
        let name = basename(dir);
        let is_literal = one.copy.sources.iter().any(|source| {
            source.parts.iter().any(|part| part == name)
                && !source.parts.iter().any(|part| part.contains('*'))
        });
        if !is_literal {
            continue;
        }
        let span = repository.in_dockerfile(build, one.copy.line, name, "has to be there");
        let message = format!("{} copies {dir}, which is there only while prepared", span.place());
        let to = one.copy.to.trim_end_matches('/');
        let lines = [format!("RUN mkdir -p {to}"), format!("COPY {dir}* {to}/")];
        let finding = Finding::new(Severity::Warning, vec![span], message);
        judged.add(finding.so("the build fails in a fresh clone").lines("write", lines));
    }
    judged
}
