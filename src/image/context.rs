//! The context of a Dockerfile that nobody names: the folders that hold what it copies.

use super::definition::{BuildContext, BuildDefinition, DefinitionKind, DockerfileSource};
use super::dockerfile::layers::matches_name;
use super::dockerfile::{Dockerfile, SourcePattern};
use super::place::Place;
use crate::text::path;

/// The file or folder that a source cannot do without: itself, or what stands before the first glob of it.
pub(crate) fn literal_path(source: &SourcePattern) -> Option<String> {
    let is_literal = |part: &&String| !part.contains(['*', '?', '[', '\\', '$']);
    let parts: Vec<&str> = source.parts.iter().take_while(is_literal).map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The files and folders that a Dockerfile cannot do without. The deps dir is left out, which is there only while
/// prepared.
fn literal_sources(file: &Dockerfile, deps_dir: &str) -> impl Iterator<Item = String> {
    let first = deps_dir.split('/').next().unwrap_or_default().to_owned();
    let is_deps_dir =
        move |source: &SourcePattern| source.parts.first().is_some_and(|part| matches_name(part, &first));
    file.context_sources()
        .filter(move |(source, _)| !is_deps_dir(source))
        .filter_map(|(source, _)| literal_path(source))
}

/// The sources that are not there in a context; `exists` is asked for paths from the project's root.
pub(crate) fn missing(
    file: &Dockerfile,
    dir: &str,
    deps_dir: &str,
    exists: impl Fn(&str) -> bool,
) -> Vec<String> {
    literal_sources(file, deps_dir).filter(|source| !exists(&path::child(dir, source))).collect()
}

/// A build for each context that a Dockerfile fits: the folders above it that hold all that it copies, else those that
/// hold most of it.
pub(crate) fn guesses(
    name: &str,
    text: &str,
    deps_dir: &str,
    exists: impl Fn(&str) -> bool,
) -> Vec<BuildDefinition> {
    let file = Dockerfile::parse(text);
    if file.stages.is_empty() {
        return Vec::new();
    }
    let folders =
        std::iter::successors(Some(path::parent(name)), |dir| (!dir.is_empty()).then(|| path::parent(dir)));
    let lacking: Vec<(&str, usize)> =
        folders.map(|dir| (dir, missing(&file, dir, deps_dir, &exists).len())).collect();
    let least = lacking.iter().map(|(_, count)| *count).min().unwrap_or_default();
    let fitting: Vec<&str> =
        lacking.iter().filter(|(_, count)| *count == least).map(|(dir, _)| *dir).collect();
    let is_guess = fitting.len() > 1;
    fitting
        .into_iter()
        .map(|dir| BuildDefinition {
            place: Place::line(name, 0),
            kind: DefinitionKind::Nothing,
            context: BuildContext::Project(dir.to_owned()),
            dockerfile: DockerfileSource::Project(name.to_owned()),
            is_guess,
            ..BuildDefinition::default()
        })
        .collect()
}
