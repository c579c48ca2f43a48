//! `package-lock.json` and `npm-shrinkwrap.json`, versions 2 and 3 (npm 7 and later).

use std::collections::BTreeMap;

use nodejs_semver::Version;
use serde_json::{Map, Value};

use super::tree::InstallPath;
use super::{LockfileEntry, PackageOrigin, tree};
use crate::text::json;

type Object = Map<String, Value>;

const MODULES: &str = "/node_modules/";

/// Packages of ours stay: npm replaces each one by its tarball, and what lies below it keeps its version.
pub(super) fn seed(text: &str, importer: &str) -> Result<String, String> {
    let (mut lock, packages) = read(text)?;
    let Some(own) = packages.get(importer) else {
        return Err(format!("it has no package '{importer}'"));
    };
    if importer.is_empty() {
        return Ok(text.to_owned());
    }
    let mut folders = BTreeMap::<&str, BTreeMap<InstallPath, Value>>::new();
    for (key, package) in packages.iter().filter(|(_, package)| !is_link(package)) {
        if let Some((folder, place)) = place_of(key) {
            folders.entry(folder).or_default().insert(place, package.clone());
        }
    }
    let none = BTreeMap::new();
    let (hoisted, nested) = (folders.get("").unwrap_or(&none), folders.get(importer).unwrap_or(&none));
    let mut alone = Map::from_iter([(String::new(), own.clone())]);
    for (place, package) in tree::lifted(hoisted, nested, &needs) {
        alone.insert(format!("node_modules/{}", place.join(MODULES)), package);
    }
    // Version 2 says it all a second time, for npm 6.
    lock.remove("dependencies");
    lock.insert("packages".to_owned(), Value::Object(alone));
    Ok(format!("{:#}\n", Value::Object(lock)))
}

/// What npm made of a seed, with versions of the seed where npm took others: with a package of ours npm throws away
/// what lies below it, and resolves that anew. `None` where there is nothing to mend.
pub(super) fn mended(made: &str, seed: &str, ours: &dyn Fn(&str) -> bool) -> Result<Option<String>, String> {
    let (mut lock, made) = read(made)?;
    let (_, seed) = read(seed)?;
    let mut mended = made.clone();
    for (key, package) in &made {
        let Some(LockfileEntry { name, from: PackageOrigin::Registry(version) }) = entry(key, package) else {
            continue;
        };
        let pinned = || {
            seed.iter().filter_map(|(key, package)| match entry(key, package)? {
                LockfileEntry { name: pinned, from: PackageOrigin::Registry(version) } if pinned == name => {
                    Some((key, package, version))
                }
                _ => None,
            })
        };
        if ours(&name) || pinned().any(|(_, _, pin)| pin == version) {
            continue;
        }
        // The one at the same place, else the newest; where it does not fit, npm puts another one there again.
        let best = pinned().max_by_key(|(place, _, pin)| (*place == key, Version::parse(pin).ok()));
        let Some((place, package, _)) = best else { continue };
        mended.insert(key.clone(), package.clone());
        for (below, package) in &seed {
            if let Some(rest) = below.strip_prefix(place.as_str())
                && rest.starts_with(MODULES)
            {
                mended.entry(format!("{key}{rest}")).or_insert_with(|| package.clone());
            }
        }
    }
    if mended == made {
        return Ok(None);
    }
    lock.remove("dependencies");
    lock.insert("packages".to_owned(), Value::Object(mended));
    Ok(Some(format!("{:#}\n", Value::Object(lock))))
}

pub(super) fn entries(text: &str) -> Result<Vec<LockfileEntry>, String> {
    let (_, packages) = read(text)?;
    Ok(packages.iter().filter_map(|(key, package)| entry(key, package)).collect())
}

fn entry(key: &str, package: &Value) -> Option<LockfileEntry> {
    let (_, mut place) = place_of(key)?;
    let text = |key| package.get(key).and_then(Value::as_str);
    let resolved = text("resolved").unwrap_or_default();
    let from = match PackageOrigin::of(resolved) {
        _ if is_link(package) => return None,
        _ if resolved.starts_with("file:") => PackageOrigin::Local,
        PackageOrigin::Remote(url) if url.starts_with("git") => PackageOrigin::Remote(url),
        _ => PackageOrigin::Registry(text("version")?.to_owned()),
    };
    Some(LockfileEntry { name: text("name").map(str::to_owned).or_else(|| place.pop())?, from })
}

/// All of it, and its `packages`.
pub(super) fn read(text: &str) -> Result<(Object, Object), String> {
    let lock = json::parse_object(text).map_err(|error| error.to_string())?;
    match lock.get("packages") {
        Some(Value::Object(packages)) => Ok((lock.clone(), packages.clone())),
        _ => Err("it has no `packages`: its lockfileVersion is 1, of npm 6".to_owned()),
    }
}

pub(super) fn is_link(package: &Value) -> bool {
    package.get("link") == Some(&Value::Bool(true))
}

/// `backend/node_modules/a/node_modules/@s/b`: the folder, and the names below it. `None` for a folder itself.
pub(super) fn place_of(key: &str) -> Option<(&str, InstallPath)> {
    let (folder, below) = match key.strip_prefix(&MODULES[1..]) {
        Some(below) => ("", below),
        None => key.split_once(MODULES)?,
    };
    Some((folder, below.split(MODULES).map(str::to_owned).collect()))
}

fn needs(package: &Value) -> Vec<String> {
    ["dependencies", "optionalDependencies", "peerDependencies"]
        .iter()
        .filter_map(|field| package.get(*field)?.as_object())
        .flat_map(|map| map.keys().cloned())
        .collect()
}
