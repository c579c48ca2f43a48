//! A pattern without a slash means the context's root alone.

use crate::doctor::finding::{Edit, EditKind, Finding, Judged, Safety};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::doctor::rules::dp105_env_copied::is_env;
use crate::doctor::rules::dp108_ignore_file_missing::open_contexts;
use crate::image::Dockerignore;

pub(super) static RULE: Rule = Rule {
    id: "DP106",
    name: "pattern-root-only",
    severity: Severity::Warning,
    fix: FixClass::Safe,
    seed: "A6-1",
    what: "A pattern without a slash misses a file in a folder that is copied, which the same pattern behind `**/` would leave out.",
    why: "Unlike those of .gitignore, patterns of .dockerignore are meant from the context's root: `*.bak` leaves backend/package.json.bak in.",
    how: "Write `**/` before the pattern.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = open_contexts(repository);
    for build in &repository.builds {
        found(repository, build).into_iter().for_each(|finding| judged.add(finding));
    }
    judged
}

fn found(repository: &Repository, build: &Build) -> Vec<Finding> {
    let (Some(_), Some(file)) = (&build.ignore, build.image.ignore_file.as_deref()) else {
        return Vec::new();
    };
    let Some(text) = repository.text(file) else { return Vec::new() };
    let mut findings = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let Some(pattern) = root_pattern(line) else { continue };
        let deep = format!("**/{pattern}");
        let Ok(deeper) = Dockerignore::parse(&deep) else { continue };
        let missed =
            repository.files.iter().filter(|path| is_meant(repository, pattern, path)).find_map(|path| {
                let inside = build.in_context(path).filter(|inside| inside.contains('/'))?;
                if deeper.ignores(inside).is_none() || build.hides(path).is_some() {
                    return None;
                }
                let copies = build.context_copies();
                let taking = copies.into_iter().find(|one| build.lands(one.copy, path).is_some())?;
                Some((path, taking.copy.line))
            });
        let Some((path, copied)) = missed else { continue };
        let line = at + 1;
        let spans = vec![
            repository.span(file, line, pattern, "means the root of the context alone"),
            repository.in_dockerfile(build, copied, "", format!("takes {path} along")),
        ];
        let message =
            format!("{file}:{line} leaves {path} in: {pattern} means the root of the context alone");
        let kind = EditKind::Replace(line, deep);
        let edits = vec![Edit { path: file.to_owned(), kind }];
        findings.push(Finding::new(Severity::Warning, spans, message).edits(Safety::Safe, edits));
    }
    findings
}

/// The pattern of a line that has no slash and hides something.
fn root_pattern(line: &str) -> Option<&str> {
    let pattern = line.trim();
    let is_one = !pattern.is_empty()
        && !pattern.starts_with(['#', '!'])
        && !pattern.contains('/')
        && !pattern.contains("**")
        && !pattern.chars().all(|c| matches!(c, '*' | '.' | '?'));
    is_one.then_some(pattern)
}

/// Kinds of files that nobody means to have in an image, wherever they lie.
const LITTER: [&str; 8] = ["bak", "log", "tmp", "orig", "rej", "swp", "pid", "tgz"];

/// Whether a pattern may mean a file: what has a rule of its own is left to that, and a file that git tracks is part of
/// the sources, unless it is of a kind that is none.
fn is_meant(repository: &Repository, pattern: &str, path: &str) -> bool {
    let is_litter = pattern.strip_prefix("*.").is_some_and(|kind| LITTER.contains(&kind));
    let is_loose = repository.git.is_some() && !repository.is_tracked(path);
    !is_env(path) && pattern != "node_modules" && (is_litter || is_loose)
}
