//! What is never to be committed, and that git does not leave out.

use crate::doctor::finding::{Edit, EditKind, Finding, Judged, Safety};
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    id: "DP801",
    name: "not-gitignored",
    severity: Severity::Warning,
    fix: FixClass::Safe,
    seed: "B3",
    what: "git does not leave out the deps dir, or the backups of manifests that are rewritten.",
    why: "`git add .` in a prepared tree takes tarballs and backups along.",
    how: "Add `.docker-deps/` and `*.bak` to the .gitignore.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    let Some(git) = &repository.git else { return judged };
    let file = ".gitignore";
    let Some(first) = git.unignored.first() else { return judged };
    let mut patterns: Vec<String> = git.unignored.iter().map(|one| one.pattern.clone()).collect();
    patterns.dedup();
    let message = format!("{file} does not leave out {}", patterns.join(" and "));
    let place = match repository.text(file) {
        Some(_) => file.to_owned(),
        // Where there is none, the file that would be taken along is named.
        None => first.path.trim_end_matches(".bak").to_owned(),
    };
    let is_there = repository.has(&place);
    let place = if is_there {
        place
    } else {
        repository
            .packages()
            .next()
            .map(|dir| crate::text::path::child(dir, "package.json"))
            .unwrap_or_default()
    };
    let edits = vec![Edit { path: file.to_owned(), kind: EditKind::Append(patterns) }];
    let finding = Finding::new(Severity::Warning, vec![repository.whole(&place, "")], message);
    judged.add(finding.so("`git add .` takes them along while prepared").edits(Safety::Safe, edits));
    judged
}
