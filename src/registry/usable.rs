//! What of a project's registry settings an image build can use: the files that lie where it installs, and the variables
//! that are set there.

use std::collections::{BTreeMap, BTreeSet};

use nodejs_semver::Version;

use super::setting::{Setting, SettingsFile};
use super::shown::shown_key;
use crate::image::{DefinitionKind, ImageBuild, Install, Name, PackageManager, join};

/// The names of files that name registries.
pub(crate) const SETTINGS: [&str; 3] = [".npmrc", ".yarnrc.yml", "bunfig.toml"];

/// The variables that an install has: those of `ARG` and `ENV`, and what it takes from secrets, for which those of the
/// process stand where the build is given them. Of a build that nobody defines, a person gives arguments and secrets: as
/// the process has them.
pub(crate) fn variables(
    build: &ImageBuild,
    install: &Install,
    process: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut variables = install.variables.clone();
    let given = install.secrets.iter().filter(|secret| is_given(build, &secret.id));
    let of_secrets = given.filter_map(|secret| secret.env.as_ref());
    let by_hand = install.args.iter().filter(|_| build.definition.kind == DefinitionKind::Nothing);
    for name in of_secrets.chain(&install.set_in_build).chain(by_hand) {
        if let Some(value) = process.get(name) {
            variables.insert(name.clone(), value.clone());
        }
    }
    if missing_secret(build, install).is_some() && !install.secret_files.is_empty() {
        // Which of them are set from it is not known.
        variables.retain(|name, _| !install.set_in_build.contains(name));
    }
    variables
}

/// Whether who defines a build gives it this secret.
fn is_given(build: &ImageBuild, id: &str) -> bool {
    build.definition.kind == DefinitionKind::Nothing || build.definition.secrets.contains_key(id)
}

/// A secret that an install reads and does not have: why, with the place where it is lacking.
pub(crate) fn missing_secret(build: &ImageBuild, install: &Install) -> Option<String> {
    let place = &install.place;
    let unmounted = install.secret_files.iter().find(|(_, id)| id.is_none()).map(|(path, _)| {
        let id = path.rsplit('/').next().unwrap_or(path);
        format!(
            "{place}: needs {path}, and no secret is mounted there (as by RUN --mount=type=secret,id={id})"
        )
    });
    let read = install.secret_files.values().flatten();
    let mounted = install.secrets.iter().filter(|secret| secret.env.is_some() || is_settings(&secret.target));
    let mut needed = read.chain(mounted.map(|secret| &secret.id));
    unmounted.or_else(|| {
        let id = needed.find(|id| !is_given(build, id))?;
        let definition = &build.definition.place;
        Some(format!("{definition}: does not give {} the secret {id} that {place} mounts", build.dockerfile))
    })
}

/// Whether registry settings themselves are made of secrets, and not just a variable that they name.
pub(crate) fn are_settings_secret(install: &Install) -> bool {
    let is_made = install.configured.iter().any(|what| names_registry(what) || what.contains("_auth"));
    install.secrets.iter().any(|secret| is_settings(&secret.target))
        || is_made && !install.secret_files.is_empty()
}

/// What an install may use to reach a registry: names alone, never a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usable {
    /// The settings that lie where it looks: the path in the image, and the file of the project.
    pub(crate) settings: Vec<(String, String)>,
    /// The settings that commands before it have made, of which the content is not known.
    pub(crate) made: Vec<String>,
    /// The secrets that it may read, by their ids.
    pub(crate) secrets: Vec<String>,
    /// The variables that the build gives it: of `ARG`, of secrets, and those that its command sets.
    pub(crate) variables: BTreeSet<String>,
}

/// What an install may use to reach a registry.
pub(crate) fn usable(install: &Install) -> Usable {
    let lies = |(path, files): (&String, &BTreeSet<String>)| {
        let pair = |file: &String| (path.clone(), file.clone());
        is_settings(path).then(|| files.iter().map(pair).collect::<Vec<_>>())
    };
    let of_secrets = install.secrets.iter().filter_map(|secret| secret.env.clone());
    let variables = install.args.iter().chain(&install.set_in_build).cloned();
    Usable {
        settings: install.files.iter().filter_map(lies).flatten().collect(),
        made: install
            .configured
            .iter()
            .filter(|what| names_registry(what))
            .map(|what| shown_key(what))
            .collect(),
        secrets: install.secrets.iter().map(|secret| secret.id.clone()).collect(),
        variables: variables.chain(of_secrets).collect(),
    }
}

fn is_settings(path: &str) -> bool {
    SETTINGS.iter().any(|name| path.ends_with(name))
}

/// Whether a file or a setting that a command makes may name a registry.
fn names_registry(what: &str) -> bool {
    is_settings(what) || what.ends_with("registry")
}

/// Whether the build makes or mounts settings, of which the content is not known here.
pub(crate) fn makes_settings(build: &ImageBuild, install: &Install) -> bool {
    install.secrets.iter().any(|secret| is_settings(&secret.target) && is_given(build, &secret.id))
        || install.configured.iter().any(|what| names_registry(what))
}

/// The first setting whose variables pnpm leaves as they are, since the file lies in the project and not in the user's
/// folder: from 10.34.2 on in 10, and from 11.5.3 on (seen with 10.34.9, 11.28.11 and 12.21.0).
pub(crate) fn unread(install: &Install, manager: &PackageManager, file: &SettingsFile) -> Option<String> {
    let version = Version::parse(&manager.version).ok().filter(|_| manager.name == Name::Pnpm)?;
    let at_least = |version: &Version, least: (u64, u64, u64)| {
        (version.major(), version.minor(), version.patch()) >= least
    };
    let is_ten = version.major() == 10;
    if !(is_ten && at_least(&version, (10, 34, 2)) || at_least(&version, (11, 5, 3))) {
        return None;
    }
    let lies_in =
        |dir: &str| install.files.get(&join(dir, ".npmrc")).is_some_and(|files| files.contains(&file.name));
    if install.homes().any(lies_in) {
        return None;
    }
    let names_one = |setting: &&Setting| {
        let mut all = setting.values.iter().chain([&setting.key]);
        all.any(|expanded| !expanded.variables.is_empty())
    };
    file.settings.iter().find(names_one).map(Setting::place)
}

/// The files of the project that lie under one of these names beside the manifest, at the install's root, or in the
/// user's folder, in the order in which they count.
pub(crate) fn copied(install: &Install, manifest: &str, names: &[&str]) -> Vec<String> {
    let beside = install.reads(manifest).map(|(dir, _)| dir);
    let dirs = beside.chain([install.root.as_str()]).chain(install.homes());
    let mut found: Vec<String> = Vec::new();
    for path in dirs.flat_map(|dir| names.iter().map(move |name| join(dir, name))) {
        for file in install.files.get(&path).into_iter().flatten() {
            if !found.contains(file) {
                found.push(file.clone());
            }
        }
    }
    found
}
