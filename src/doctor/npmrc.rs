//! The registry settings that an install reads in an image, as far as files of the project hold them.

use std::collections::BTreeSet;

use super::repository::{Build, Repository};
use crate::image::{Install, join};
use crate::npm::NpmrcEntry;
use crate::npm::npmrc;
use crate::text::basename;

/// A file of the project with registry settings, where an install reads it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct InPlay {
    /// From the repository's root.
    pub(super) file: String,
    /// The path in the image.
    pub(super) at: String,
    /// Whether it lies in the folder of a user, and not in the project.
    pub(super) is_of_user: bool,
    /// What it says.
    pub(super) entries: Vec<NpmrcEntry>,
}

/// The files of the project that an install reads as its `.npmrc`.
pub(super) fn in_play(repository: &Repository, install: &Install) -> Vec<InPlay> {
    let named = ["npm_config_userconfig", "NPM_CONFIG_USERCONFIG"];
    let named: Vec<&str> =
        named.iter().filter_map(|name| install.variables.get(*name).map(String::as_str)).collect();
    let homes: BTreeSet<String> = install.homes().map(|home| join(home, ".npmrc")).collect();
    let mut found = Vec::new();
    for (at, files) in &install.files {
        let is_named = named.contains(&at.as_str());
        if basename(at) != ".npmrc" && !is_named {
            continue;
        }
        for file in files {
            let Some(text) = repository.text(file) else { continue };
            let entries = npmrc::parse(text);
            let is_of_user = is_named || homes.contains(at);
            found.push(InPlay { file: file.clone(), at: at.clone(), is_of_user, entries });
        }
    }
    found
}

/// Whether settings that are not known here may lie where an install reads them: a secret is mounted there, or a command
/// has written them.
pub(super) fn has_unknown(install: &Install) -> bool {
    let is_settings =
        |path: &str| [".npmrc", ".yarnrc.yml", "bunfig.toml"].iter().any(|end| path.ends_with(end));
    install.secrets.iter().any(|secret| is_settings(&secret.target))
        || install.configured.iter().any(|what| is_settings(what))
}

/// The scopes of the private packages of an install, as `@bytelyst`.
pub(super) fn private_scopes<'a>(repository: &'a Repository, install: &'a Install) -> BTreeSet<&'a str> {
    let packages = repository.private_packages(install);
    packages.into_iter().filter_map(|name| Some(name.split_once('/')?.0)).collect()
}

/// The line of a build's Dockerfile that brings a file to a place of the image.
pub(super) fn brought_by(build: &Build, in_play: &InPlay) -> Option<usize> {
    let copies = build.context_copies().filter(|one| build.lands(one.copy, &in_play.file).is_some());
    copies.map(|one| one.copy.line).last()
}

/// A line as it may be shown: what proves who asks is left out.
pub(crate) fn masked(line: &str) -> String {
    let Some((key, value)) = line.split_once('=') else { return line.to_owned() };
    if is_secret(key.trim_end()) && !value.contains("${") { format!("{key}=…") } else { line.to_owned() }
}

/// The variables that settings in play name in what leads to a registry, with the entries that name them.
pub(super) fn variables(file: &InPlay) -> Vec<(String, &NpmrcEntry)> {
    let mut found: Vec<(String, &NpmrcEntry)> = Vec::new();
    for entry in file.entries.iter().filter(|entry| npmrc::leads_to_a_registry(&entry.key)) {
        for text in entry.texts().iter().chain([&entry.key]) {
            for name in npmrc::expand(text, &|_| None).unset {
                if !found.iter().any(|(known, _)| *known == name) {
                    found.push((name, entry));
                }
            }
        }
    }
    found
}

/// The ends of keys that hold what proves who asks.
pub(super) const SECRETS: [&str; 3] = ["_authToken", "_auth", "_password"];

/// Whether a key holds what proves who asks.
pub(super) fn is_secret(key: &str) -> bool {
    SECRETS.iter().any(|end| key.ends_with(end))
}
