//! Files with secrets of the machine come into the image.

use crate::doctor::finding::{Edit, EditKind, Finding, Judged, Safety, and_more};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::doctor::rules::dp103_host_modules_copied::keyword;
use crate::doctor::rules::dp108_ignore_file_missing::with_ignore_file;
use crate::text::basename;

pub(super) static RULE: Rule = Rule {
    id: "DP105",
    name: "env-copied",
    severity: Severity::Error,
    fix: FixClass::Safe,
    seed: "A6-1",
    what: "A folder that is copied holds an .env file, and the .dockerignore does not leave it out.",
    why: "What it holds is then in a layer, and in the shipped image everybody who can pull it can read it. Builds of two machines differ, too.",
    how: "Add `**/.env` and `**/.env.*` to the .dockerignore, and `!**/.env.example` for the example.",
    check,
};

fn check(repository: &Repository) -> Judged {
    with_ignore_file(repository, found)
}

/// Whether a file holds variables of somebody's own, by its name.
pub(super) fn is_env(path: &str) -> bool {
    is_env_name(path) && !is_example(path)
}

fn is_env_name(path: &str) -> bool {
    let base = basename(path);
    base == ".env" || base.starts_with(".env.")
}

fn is_example(path: &str) -> bool {
    let mut words = basename(path).split('.');
    words.any(|word| {
        matches!(word, "example" | "sample" | "template" | "examples" | "dist" | "defaults" | "license")
    })
}

pub(super) fn found(repository: &Repository, build: &Build) -> Option<Finding> {
    let ignore_file = build.ignore_path()?;
    let is_named = |path: &str| names_itself(build, path);
    let mut gravest: Option<(Severity, usize, Vec<&str>)> = None;
    for one in build.context_copies() {
        let taken = repository.files.iter().map(String::as_str).filter(|path| {
            is_env(path)
                && build.lands(one.copy, path).is_some()
                && build.hides(path).is_none()
                && !is_named(path)
        });
        let taken: Vec<&str> = taken.collect();
        let severity = if build.is_shipped(one.at.0) { Severity::Error } else { Severity::Warning };
        if !taken.is_empty() && gravest.as_ref().is_none_or(|(known, ..)| *known < severity) {
            gravest = Some((severity, one.copy.line, taken));
        }
    }
    let (severity, line, taken) = gravest?;
    let first = taken.first()?;
    let more = and_more(taken.len());
    let span = repository.in_dockerfile(build, line, "", format!("takes {first} along"));
    let message = format!("{}: {} copies {first}{more} into the image", span.place(), keyword(build, line));
    let so = match severity {
        Severity::Error => "whoever can pull the image can read it",
        _ => "it is in a layer of the build, and in its cache",
    };
    let mut lines = vec!["**/.env".to_owned(), "**/.env.*".to_owned(), "!**/.env.example".to_owned()];
    // What the Dockerfile names is meant, and stays; so do examples of other names.
    let kept = repository.files.iter().filter(|path| is_env_name(path));
    let mut kept: Vec<String> = kept
        .filter(|path| is_named(path) || is_example(path) && basename(path) != ".env.example")
        .filter_map(|path| build.in_context(path).map(|path| format!("!{path}")))
        .collect();
    lines.append(&mut kept);
    let edits = vec![Edit { path: ignore_file, kind: EditKind::Append(lines) }];
    Some(Finding::new(severity, vec![span], message).so(so).edits(Safety::Safe, edits))
}

/// Whether a copy names a file, and not a folder that holds it.
fn names_itself(build: &Build, path: &str) -> bool {
    let base = basename(path);
    build.context_copies().any(|one| {
        let mut names = one.copy.sources.iter().filter_map(|source| source.parts.last());
        names.any(|name| name.starts_with(".env") && (name == base || name.contains('*')))
            && build.lands(one.copy, path).is_some()
    })
}
