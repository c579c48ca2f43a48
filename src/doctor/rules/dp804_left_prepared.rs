//! A rewrite that was left, or that is committed.

use std::collections::BTreeSet;

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Committed, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::guard::{GuardSettings, file, judge, what_is_found};

pub(super) static RULE: Rule = Rule {
    id: "DP804",
    name: "left-prepared",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "C3",
    what: "A manifest points into the deps dir, in the work tree or in the last commit, or git tracks the deps dir.",
    why: "Whoever has not these very tarballs cannot install; and the packages stay what they were when somebody prepared.",
    how: "Type `docker-prep restore`; what is committed already goes by `docker-prep --strip-overrides`, and then a commit.",
    check,
};

/// How many are told.
const SHOWN: usize = 10;

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    let mut told: BTreeSet<String> = BTreeSet::new();
    let begin = format!("{}/", repository.deps_dir);
    let is_kept = |path: &&String| !path.ends_with(".gitkeep") && !path.ends_with(".gitignore");
    let tracked = repository.tracked.iter().flatten().filter(|path| path.starts_with(&begin)).find(is_kept);
    if let Some(path) = tracked {
        let message = format!("git tracks {path}, which lies in the deps dir");
        told.insert(path.clone());
        let finding = Finding::new(Severity::Error, vec![repository.whole(path, "")], message);
        judged.add(finding.lines("type", [format!("git rm -r --cached {}", repository.deps_dir)]));
    }
    if let Ok(settings) = GuardSettings::read(&[], Some(&repository.deps_dir)) {
        for (path, text) in &repository.texts {
            let Some(kind) = file(path.as_bytes()).filter(|_| !is_left_out(repository, path)) else {
                continue;
            };
            for found in judge(&settings, kind, path.as_bytes(), text.as_bytes()).into_iter().take(1) {
                let message = format!("{path}:{} {}", found.line, what_is_found(&found));
                let span = repository.span(path, found.line, &found.value, "as prepare writes it");
                told.insert(path.clone());
                let finding = Finding::new(Severity::Error, vec![span], message);
                judged.add(
                    finding.so("only this machine can install it").lines("type", ["docker-prep restore"]),
                );
            }
        }
    }
    match repository.git.as_ref().and_then(|git| git.committed.as_ref()) {
        Some(Ok(committed)) => {
            for Committed { path, line, what } in
                committed.iter().filter(|one| !told.contains(&one.path)).take(SHOWN)
            {
                let span = repository.span(
                    path,
                    if repository.line(path, *line).is_some() { *line } else { 0 },
                    "",
                    "in the last commit",
                );
                let message = format!("{path}:{line} {what}, in the last commit");
                let finding = Finding::new(Severity::Error, vec![span], message);
                judged.add(finding.lines("type, then commit", ["docker-prep --strip-overrides"]));
            }
        }
        Some(Err(why)) => judged.leave_open("the last commit", why.clone()),
        None => {}
    }
    judged
}

fn is_left_out(repository: &Repository, path: &str) -> bool {
    let options = crate::npm::MatchOptions { dot: true, ..crate::npm::MatchOptions::default() };
    let globs = repository.guard_ignore.iter();
    globs.filter_map(|glob| crate::npm::Minimatch::new(glob, options).ok()).any(|glob| glob.matches(path))
}
