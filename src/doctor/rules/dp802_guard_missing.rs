//! No hook keeps a rewrite from being committed.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    id: "DP802",
    name: "guard-missing",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "B4",
    what: "The repository depends on private packages, and its pre-commit hook does not call the guard.",
    why: "A manifest that points into the deps dir is committed in a moment of haste, and breaks every clone.",
    how: "Type `docker-prep init`: it has what owns the hook call the guard, and proves that it blocks a rewrite.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    match repository.git.as_ref().and_then(|git| git.hook.as_ref()) {
        Some(Ok(hook)) if !hook.calls_guard => {
            let is_seen = hook.text.is_some() && repository.has(&hook.name);
            let manifest = repository.sources.manifests.keys().next().cloned().unwrap_or_default();
            let place = if is_seen { hook.name.clone() } else { manifest };
            let message = match &hook.text {
                Some(_) => format!("{}: the hook does not call the guard", hook.name),
                None => format!("{}: there is no hook that calls the guard", hook.name),
            };
            let finding = Finding::new(Severity::Warning, vec![repository.whole(&place, "")], message);
            judged.add(finding.so("a rewrite can be committed").lines("type", ["docker-prep init"]));
        }
        Some(Err(why)) => judged.leave_open("the pre-commit hook", why.clone()),
        _ => {}
    }
    judged
}
