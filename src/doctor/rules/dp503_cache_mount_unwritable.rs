//! A cache mount that the user who installs may not write to.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::doctor::store::{is_root, owner};

pub(super) static RULE: Rule = Rule {
    id: "DP503",
    name: "cache-mount-unwritable",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "A2",
    what: "A RUN of a user who is not root has a cache mount that belongs to root.",
    why: "A mount is root's, with mode 0755, unless it says otherwise: the command fails, or keeps its packages elsewhere without a word.",
    how: "Add the user's `uid=` and `gid=` to the mount.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        for (_, run) in build.runs() {
            let Some(user) = run.user.as_deref().filter(|user| !is_root(user)) else { continue };
            let is_open = |mode: &str| mode.trim_start_matches('0').ends_with("777");
            let lacking = run
                .caches
                .iter()
                .find(|cache| cache.uid.is_none() && !cache.mode.as_deref().is_some_and(is_open));
            let Some(cache) = lacking else { continue };
            if user.contains('$') {
                judged.leave_open(build.image.dockerfile.clone(), format!("the user {user} is not known"));
                continue;
            }
            let span = repository.in_dockerfile(build, run.line, "--mount=type=cache", "is root's");
            let message = format!(
                "{}: the user {user} cannot write to the cache mount at {}",
                span.place(),
                cache.target
            );
            let line = format!("--mount=type=cache,target={},{}", cache.target, owner(user));
            let finding = Finding::new(Severity::Warning, vec![span], message);
            judged
                .add(finding.so("the command fails, or keeps its packages elsewhere").lines("write", [line]));
        }
    }
    judged
}
