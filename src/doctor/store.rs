//! Where a package manager keeps what it has loaded: the folder that a cache mount has to hold.

use super::manager::manager;
use super::npmrc::in_play;
use super::repository::{Build, Repository};
use crate::image::dockerfile::{CommandEffect, RunStep, effect};
use crate::image::{BuildInstall, Name, join};
use crate::text::yaml;

/// The store of an install.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Store {
    /// One of these folders; the first is the one to name.
    At(Vec<String>),
    /// Why it is not known.
    Unknown(String),
}

/// Whether a user is root.
pub(super) fn is_root(user: &str) -> bool {
    matches!(user.split(':').next().unwrap_or_default(), "" | "root" | "0")
}

/// The home of who runs an instruction; `None` where it is not known.
pub(super) fn home(run: &RunStep) -> Option<String> {
    if let Some(home) = run.variables.get("HOME").filter(|home| home.starts_with('/')) {
        return Some(home.clone());
    }
    match run.user.as_deref().map(|user| user.split(':').next().unwrap_or_default()) {
        None | Some("" | "root" | "0") => Some("/root".to_owned()),
        Some("node") => Some("/home/node".to_owned()),
        Some("bun") => Some("/home/bun".to_owned()),
        Some(_) => None,
    }
}

/// Where an install keeps what it has loaded.
pub(super) fn store(repository: &Repository, build: &Build, one: &BuildInstall, run: &RunStep) -> Store {
    let unknown_home = || {
        let user = run.user.as_deref().unwrap_or_default();
        Store::Unknown(format!("the home of the user {user} is not known"))
    };
    let variable = |names: &[&str]| {
        let found = names.iter().find_map(|name| one.install.variables.get(*name));
        found.filter(|value| !value.is_empty()).cloned()
    };
    let version = manager(repository, one);
    let configured = configured(repository, build, one, version.name);
    let named = match configured {
        Ok(named) => named,
        Err(why) => return Store::Unknown(why),
    };
    let in_home = |parts: &[&str]| match home(run) {
        Some(home) => Store::At(parts.iter().map(|part| join(&home, part)).collect()),
        None => unknown_home(),
    };
    match version.name {
        Name::Pnpm => {
            let of_ten = ["npm_config_store_dir", "NPM_CONFIG_STORE_DIR"];
            let of_eleven = ["pnpm_config_store_dir", "PNPM_CONFIG_STORE_DIR"];
            let (start, end) = (*version.majors.start(), *version.majors.end());
            let by_variable = match (variable(&of_ten), variable(&of_eleven)) {
                (ten, _) if end <= 10 => ten,
                (_, eleven) if start >= 11 => eleven,
                (ten, eleven) if ten == eleven => ten,
                _ => {
                    return Store::Unknown(
                        "the version of pnpm decides which variable names the store".to_owned(),
                    );
                }
            };
            if let Some(folder) = named.or(by_variable) {
                return match home(run) {
                    Some(home) => Store::At(vec![join("/", &folder.replacen('~', &home, 1))]),
                    None if folder.starts_with('~') => unknown_home(),
                    None => Store::At(vec![folder]),
                };
            }
            if let Some(folder) = variable(&["PNPM_HOME"]) {
                return Store::At(vec![join(&folder, "store")]);
            }
            match variable(&["XDG_DATA_HOME"]) {
                Some(folder) => Store::At(vec![join(&folder, "pnpm/store")]),
                None => in_home(&[".local/share/pnpm/store"]),
            }
        }
        Name::Npm => match named.or(variable(&["npm_config_cache", "NPM_CONFIG_CACHE"])) {
            Some(folder) => Store::At(vec![folder]),
            None => in_home(&[".npm"]),
        },
        Name::Yarn => match named.or(variable(&["YARN_CACHE_FOLDER", "YARN_GLOBAL_FOLDER"])) {
            Some(folder) => Store::At(vec![folder]),
            None if *version.majors.start() >= 2 => in_home(&[".yarn/berry/cache", ".yarn/berry", ".yarn"]),
            None if is_root(run.user.as_deref().unwrap_or_default()) => Store::At(
                ["/usr/local/share/.cache/yarn", "/root/.yarn", "/root/.cache/yarn"]
                    .map(str::to_owned)
                    .to_vec(),
            ),
            None => in_home(&[".cache/yarn", ".yarn"]),
        },
        Name::Bun => match variable(&["BUN_INSTALL_CACHE_DIR"]) {
            Some(folder) => Store::At(vec![folder]),
            None => in_home(&[".bun/install/cache"]),
        },
    }
}

/// The store that settings or flags name: of files that the install reads, of `config set`, of its own words.
fn configured(
    repository: &Repository,
    build: &Build,
    one: &BuildInstall,
    name: Name,
) -> Result<Option<String>, String> {
    let (keys, flags): (&[&str], &[&str]) = match name {
        Name::Pnpm => (&["store-dir", "storeDir"], &["--store-dir"]),
        Name::Npm => (&["cache"], &["--cache"]),
        Name::Yarn => {
            (&["cache-folder", "cacheFolder", "globalFolder"], &["--cache-folder", "--global-folder"])
        }
        Name::Bun => (&[], &["--cache-dir"]),
    };
    let at = (one.install.stage, one.install.step);
    let mut found = None;
    for (of, run) in build.runs().filter(|(of, _)| *of == at || build.is_before(*of, at)) {
        for (line, command) in &run.commands {
            if let Some(CommandEffect::SetConfig { key, value }) = effect(*line, command)
                && keys.contains(&key.as_str())
            {
                found = Some(value);
            }
            let words = if of == at { command.words.as_slice() } else { &[] };
            for (number, word) in words.iter().enumerate() {
                let value = flags.iter().find_map(|flag| {
                    let rest = word.strip_prefix(flag)?;
                    rest.strip_prefix('=').map(str::to_owned).or_else(|| words.get(number + 1).cloned())
                });
                found = value.or(found);
            }
        }
    }
    if let Some(found) = found {
        return if found.contains('$') {
            Err(format!("the store {found} is not known"))
        } else {
            Ok(Some(found))
        };
    }
    for file in in_play(repository, &one.install) {
        let entry = file.entries.iter().find(|entry| keys.contains(&entry.key.as_str()));
        if let Some(value) = entry.and_then(crate::npm::NpmrcEntry::text) {
            // pnpm from 11 on reads it no more, which the mount would be found by.
            let is_read = name != Name::Pnpm || *manager(repository, one).majors.end() <= 10;
            return if is_read && !value.contains('$') {
                Ok(Some(value))
            } else {
                Err(format!("{} names a store", file.file))
            };
        }
    }
    for files in one.install.files.values().flatten() {
        let text = repository.text(files).filter(|_| files.ends_with("pnpm-workspace.yaml"));
        let value = text.and_then(|text| yaml::parse(text).ok());
        if let Some(folder) = value.as_ref().and_then(|value| value.get("storeDir")?.as_str()) {
            return Ok(Some(folder.to_owned()));
        }
        if files.ends_with(".yarnrc.yml")
            && repository
                .text(files)
                .is_some_and(|text| text.contains("cacheFolder") || text.contains("globalFolder"))
        {
            return Err(format!("{files} names a folder"));
        }
    }
    Ok(None)
}

/// The mount that holds a store, as a flag of `RUN`.
pub(super) fn mount(one: &BuildInstall, run: &RunStep, folder: &str) -> String {
    let id = one.install.command.manager.as_str();
    let owner = if is_root(run.user.as_deref().unwrap_or_default()) {
        String::new()
    } else {
        format!(",{}", owner(run.user.as_deref().unwrap_or_default()))
    };
    format!("--mount=type=cache,id={id},target={folder}{owner}")
}

/// Who a mount has to belong to, so that a user can write to it.
pub(super) fn owner(user: &str) -> String {
    let (user, group) = user.split_once(':').unwrap_or((user, ""));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let uid = if is_number(user) { user } else { "1000" };
    let gid = if is_number(group) { group } else { uid };
    format!("uid={uid},gid={gid}")
}
