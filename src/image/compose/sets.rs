//! Which files compose reads together: those that it finds by itself, and others that define builds beside them.

use std::collections::BTreeSet;

use super::definitions::{ComposeService, ComposeSet};
use super::model::{FileText, Sources, Variables};
use super::{COMPOSE_FILES, dotenv, paths};
use crate::image::definition::UnknownDefinition;
use crate::image::place::Place;

/// What compose reads over the file that it finds; the first that is there counts.
const OVERRIDE_FILES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// Whether it is one of the files that compose reads by itself, by its path from the root.
pub(crate) fn is_default_file(name: &str) -> bool {
    COMPOSE_FILES.contains(&name) || OVERRIDE_FILES.contains(&name)
}

/// The variables beside a compose file.
const ENV_FILE: &str = ".env";

/// What has to be read before [`default_set`] can tell: files from the root.
pub(crate) fn looked_for(process: &Variables) -> Vec<String> {
    let mut names = env_files(process).unwrap_or_else(|| vec![ENV_FILE.to_owned()]);
    names.extend(COMPOSE_FILES.iter().chain(&OVERRIDE_FILES).map(|name| (*name).to_owned()));
    names
}

/// What the process has compose read instead of `.env`.
fn env_files(process: &Variables) -> Option<Vec<String>> {
    let named = process.get("COMPOSE_ENV_FILES").filter(|named| !named.is_empty())?;
    Some(named.split(',').map(|name| name.trim().to_owned()).collect())
}

/// The files that `docker compose` reads in the project's root where no `-f` names others.
///
/// # Errors
/// `COMPOSE_FILE` names what is no file.
pub(crate) fn default_set(
    sources: &Sources,
    process: &Variables,
) -> Result<Option<ComposeSet>, UnknownDefinition> {
    let beside = with_env_files(sources, process, "");
    if let Some(named) = process.get("COMPOSE_FILE").filter(|named| !named.is_empty()) {
        return of_variable(sources, named, process).map(Some);
    }
    if let Some(named) = beside.get("COMPOSE_FILE").filter(|named| !named.is_empty()) {
        return of_variable(sources, named, &beside).map(Some);
    }
    Ok(of_folder(sources, "", &beside))
}

/// `COMPOSE_FILE`: files from the root, in order.
fn of_variable(
    sources: &Sources,
    named: &str,
    variables: &Variables,
) -> Result<ComposeSet, UnknownDefinition> {
    let default = if cfg!(windows) { ";" } else { ":" };
    let separator = variables.get("COMPOSE_PATH_SEPARATOR").map_or(default, String::as_str);
    let names: Vec<&str> = if separator.is_empty() { vec![named] } else { named.split(separator).collect() };
    if names.contains(&"-") {
        let why = "names the standard input, which is not read".to_owned();
        return Err(UnknownDefinition { place: Place::line("COMPOSE_FILE", 0), why });
    }
    let files = names.iter().map(|name| paths::join(&sources.root, "", name)).collect();
    Ok(of_files(sources, files, None, variables))
}

/// The set of some files, from the folder of the first of them where none is named.
pub(crate) fn of_files(
    sources: &Sources,
    files: Vec<String>,
    folder: Option<String>,
    process: &Variables,
) -> ComposeSet {
    let beside_first = || files.first().map(|file| paths::parent(file).to_owned()).unwrap_or_default();
    let folder = folder.unwrap_or_else(beside_first);
    let variables = with_env_files(sources, process, &folder);
    ComposeSet { files, folder, variables }
}

/// The `.env` that counts for files of this folder.
pub(crate) fn env_file(folder: &str) -> String {
    beside(folder, ENV_FILE)
}

fn with_env_files(sources: &Sources, process: &Variables, folder: &str) -> Variables {
    let files = env_files(process).unwrap_or_else(|| vec![env_file(folder)]);
    let mut variables = process.clone();
    for file in files {
        if let Some(FileText::Text(text)) = sources.get(&file) {
            for (name, value) in dotenv(text, &|name| variables.get(name).cloned()) {
                variables.entry(name).or_insert(value);
            }
        }
    }
    variables
}

/// What compose finds in a folder.
fn of_folder(sources: &Sources, folder: &str, variables: &Variables) -> Option<ComposeSet> {
    let there = |name: &&&str| {
        sources.get(&beside(folder, name)).is_some_and(|file| !matches!(file, FileText::Missing))
    };
    let first = COMPOSE_FILES.iter().find(there)?;
    let over = OVERRIDE_FILES.iter().find(there);
    let files = [Some(first), over].into_iter().flatten().map(|name| beside(folder, name)).collect();
    Some(ComposeSet { files, folder: folder.to_owned(), variables: variables.clone() })
}

/// The files that `docker compose` finds from a folder of the project: there, or in the nearest folder above.
pub(crate) fn found_from(sources: &Sources, folder: &str, process: &Variables) -> Option<ComposeSet> {
    let mut folder = folder;
    loop {
        let variables = with_env_files(sources, process, folder);
        let found = of_folder(sources, folder, &variables);
        if found.is_some() || folder.is_empty() || !paths::is_inside(folder) {
            return found;
        }
        folder = paths::parent(folder);
    }
}

/// What has to be read before [`found_from`] can tell.
pub(crate) fn looked_for_from(folder: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut folder = folder;
    while paths::is_inside(folder) {
        names.extend(COMPOSE_FILES.iter().chain(&OVERRIDE_FILES).map(|name| beside(folder, name)));
        names.push(env_file(folder));
        if folder.is_empty() {
            break;
        }
        folder = paths::parent(folder);
    }
    names
}

/// The services that a command builds: those that it names, or all whose profiles are on; and those that they need.
pub(crate) fn built_services(
    services: &[ComposeService],
    named: &[String],
    with_dependencies: bool,
    profiles: &[String],
) -> BTreeSet<String> {
    let is_on = |service: &ComposeService| {
        let is_on = |profile: &String| profiles.iter().any(|on| on == "*" || on == profile);
        service.profiles.is_empty() || service.profiles.iter().any(is_on)
    };
    let mut open: Vec<&String> = if named.is_empty() {
        services.iter().filter(|service| is_on(service)).map(|service| &service.name).collect()
    } else {
        named.iter().collect()
    };
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !found.insert(name.clone()) {
            continue;
        }
        if let Some(service) = services.iter().find(|service| service.name == *name) {
            open.extend(&service.builds_on);
            open.extend(service.depends_on.iter().filter(|_| with_dependencies));
        }
    }
    found
}

/// The sets of further files of the project, in the order of the files: those that compose would find in their folder
/// together, any other by itself. `known` are files that are read already.
pub(crate) fn other_sets(
    sources: &Sources,
    files: &[String],
    known: &[String],
    process: &Variables,
) -> Vec<ComposeSet> {
    let mut sets: Vec<ComposeSet> = Vec::new();
    for file in files.iter().filter(|file| is_compose_file(file)) {
        if known.contains(file) || sets.iter().any(|set| set.files.contains(file)) {
            continue;
        }
        let folder = paths::parent(file);
        let variables = with_env_files(sources, process, folder);
        let found = of_folder(sources, folder, &variables).filter(|set| set.files.contains(file));
        let alone = || ComposeSet { files: vec![file.clone()], folder: folder.to_owned(), variables };
        sets.push(
            found.filter(|set| set.files.iter().all(|file| !known.contains(file))).unwrap_or_else(alone),
        );
    }
    sets
}

/// What a set that cannot be read by itself lies over: the file that compose would find in its folder, if that has
/// services which the set does not say all of.
pub(crate) fn over_default(
    sources: &Sources,
    set: &ComposeSet,
    services: &[ComposeService],
) -> Option<ComposeSet> {
    let base = of_folder(sources, &set.folder, &set.variables)?.files.into_iter().next()?;
    let is_over = !set.files.contains(&base) && services.iter().any(|service| service.is_incomplete);
    let files = [vec![base], set.files.clone()].concat();
    is_over.then(|| ComposeSet { files, ..set.clone() })
}

/// `compose.yaml`, `docker-compose.prod.yml`, `app.compose.yml`.
pub(crate) fn is_compose_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    if !["yml", "yaml"].iter().any(|yaml| extension.eq_ignore_ascii_case(yaml)) {
        return false;
    }
    let stem = stem.to_ascii_lowercase();
    stem.starts_with("compose") || stem.starts_with("docker-compose") || stem.ends_with(".compose")
}

fn beside(folder: &str, name: &str) -> String {
    if folder.is_empty() || name.starts_with('/') { name.to_owned() } else { format!("{folder}/{name}") }
}
