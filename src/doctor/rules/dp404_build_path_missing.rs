//! A build of a compose file that names what is not there.

use std::collections::BTreeSet;

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::dockerfile::Dockerfile;
use crate::image::{BuildContext, BuildDefinition, DefinitionKind, DockerfileSource, is_compose_default};
use crate::text::basename;

pub(super) static RULE: Rule = Rule {
    id: "DP404",
    name: "build-path-missing",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "A4",
    what: "A service builds from a context, a Dockerfile or a target that does not exist.",
    why: "compose stops before it builds anything.",
    how: "Name what is there, or take the build out.",
    check,
};

/// What stands for a folder of which nothing is known.
const MODULES: &str = ".gitmodules";

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    let mut told = BTreeSet::new();
    let compose = |one: &&BuildDefinition| one.kind == DefinitionKind::Compose && !one.is_guess;
    for definition in repository.sources.definitions.builds.iter().filter(compose) {
        let place = &definition.place;
        if has_variable(repository.text(&place.file).unwrap_or_default(), place.line) {
            continue;
        }
        let Some((what, name, nearest)) = missing(repository, definition) else { continue };
        let why = if repository.has(MODULES) {
            Some("may lie in a submodule")
        } else if what != "target" && is_left_out(repository, &name) {
            Some("is not in the repository, as .gitignore leaves it out")
        } else if !is_compose_default(basename(&place.file)) {
            Some("may be there for a compose file that is read before this one")
        } else {
            None
        };
        if let Some(why) = why {
            judged.leave_open(place.file.clone(), format!("{name} {why}"));
            continue;
        }
        if !told.insert((place.clone(), what, name.clone())) {
            continue;
        }
        let span = repository.span(&place.file, place.line, &definition.name, format!("builds with {name}"));
        let message = format!("{}: {}: there is no {what} {name}", span.place(), definition.name);
        let line = match nearest {
            Some(nearest) => format!("{what}: {nearest}"),
            None => format!("{what}: …"),
        };
        judged.add(Finding::new(Severity::Error, vec![span], message).lines("write", [line]));
    }
    judged
}

/// Whether what a `build:` says depends on the environment; `line` is its own.
fn has_variable(text: &str, line: usize) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().skip(line.saturating_sub(1));
    let Some(first) = lines.next() else { return false };
    let inner = lines.take_while(|line| line.trim().is_empty() || indent(line) > indent(first));
    let is_path = |line: &str| {
        ["build:", "context:", "dockerfile:", "target:"].iter().any(|key| line.contains(key))
            && line.contains('$')
    };
    is_path(first) || inner.into_iter().any(is_path)
}

/// Whether the root's `.gitignore` names a path, or a folder above it, as it is.
fn is_left_out(repository: &Repository, name: &str) -> bool {
    let lines = repository.text(".gitignore").unwrap_or_default().lines();
    let folders = lines.map(|line| line.trim().trim_matches('/')).filter(|line| !line.is_empty());
    folders.into_iter().any(|folder| folder == name || crate::text::path::below(folder, name).is_some())
}

/// What is not there: what kind of thing, its name, and the one of that kind whose name is the most like it.
fn missing(
    repository: &Repository,
    definition: &BuildDefinition,
) -> Option<(&'static str, String, Option<String>)> {
    let BuildContext::Project(dir) = &definition.context else { return None };
    let folder = format!("{dir}/");
    let is_there = |file: &String| dir.is_empty() || file.starts_with(&folder);
    let is_open = |text: &str| text.contains('$') || text.starts_with("..") || text.starts_with('/');
    if is_open(dir) {
        return None;
    }
    if !repository.files.iter().any(is_there) {
        let folders =
            repository.files.iter().filter_map(|file| file.rsplit_once('/')).map(|(folder, _)| folder);
        return Some(("context", dir.clone(), nearest(dir, folders)));
    }
    let DockerfileSource::Project(name) = &definition.dockerfile else { return None };
    if is_open(name) {
        return None;
    }
    let Some(text) = repository.sources.dockerfiles.get(name) else {
        let dockerfiles = repository.sources.dockerfiles.keys().map(String::as_str);
        return (!repository.has(name)).then(|| ("dockerfile", name.clone(), nearest(name, dockerfiles)));
    };
    let target =
        definition.target.as_ref().filter(|target| !is_open(target) && target.parse::<usize>().is_err())?;
    let file = Dockerfile::parse_with(text, &definition.known_args());
    let labels: Vec<String> =
        file.stages.iter().enumerate().map(|(number, stage)| stage.label(number)).collect();
    let is_stage = labels.iter().any(|label| label.eq_ignore_ascii_case(target));
    (!is_stage).then(|| ("target", target.clone(), nearest(target, labels.iter().map(String::as_str))))
}

fn nearest<'a>(name: &str, all: impl Iterator<Item = &'a str>) -> Option<String> {
    let likeness = |other: &&str| strsim::jaro_winkler(name, other);
    let best = all.max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (strsim::jaro_winkler(name, best) > 0.7).then(|| best.to_owned())
}
