//! `pnpm-lock.yaml`, versions 6 (pnpm 8) and 9 (pnpm 9 to 12).

use serde_json::{Map, Value, json};

use super::{LockfileEntry, PackageOrigin, split};
use crate::text::yaml;

pub(super) const GROUPS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];

/// What stays of the project's. The rest records settings: those of the workspace do not hold for the surface alone,
/// and its own are recorded anew.
const KEPT: [&str; 3] = ["lockfileVersion", "settings", "time"];

/// YAML 1.2, 7.4.2: a key that is longer than 1024 characters is marked.
const LONGEST_KEY: usize = 1000;

/// Packages of ours go: pnpm 11 and 12 ask the registry about each one that the lockfile has from there.
pub(super) fn seed(text: &str, importer: &str, ours: &dyn Fn(&str) -> bool) -> Result<String, String> {
    let lock = read(text)?;
    let mut own = own(&lock, importer)?;
    for group in GROUPS {
        if let Some(Value::Object(dependencies)) = own.get_mut(group) {
            dependencies.retain(|key, entry| {
                let version = entry.get("version").and_then(Value::as_str).unwrap_or_default();
                !ours(key) && !entry_of(version, entry).is_some_and(|entry| ours(&entry.name))
            });
        }
    }
    let mut seed = Map::new();
    for key in KEPT {
        seed.extend(lock.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    if importer.is_empty() {
        // Ranges of the pnpm-workspace.yaml beside it.
        seed.extend(lock.get("catalogs").map(|value| ("catalogs".to_owned(), value.clone())));
    }
    seed.insert("importers".to_owned(), json!({ ".": own }));
    for key in ["packages", "snapshots"] {
        if let Some(Value::Object(packages)) = lock.get(key) {
            let mut packages = packages.clone();
            packages.retain(|key, value| !entry_of(key, value).is_some_and(|entry| ours(&entry.name)));
            seed.insert(key.to_owned(), Value::Object(packages));
        }
    }
    let mut out = String::new();
    block(&Value::Object(seed), 0, &mut out);
    Ok(out)
}

/// The surface's part.
pub(super) fn own(lock: &Map<String, Value>, importer: &str) -> Result<Map<String, Value>, String> {
    let key = if importer.is_empty() { "." } else { importer };
    match lock.get("importers") {
        Some(importers) => importers
            .get(key)
            .and_then(Value::as_object)
            .cloned()
            .ok_or_else(|| format!("it has no importer '{key}'")),
        // The only project of version 6 stands at the top.
        None if importer.is_empty() => Ok(GROUPS
            .iter()
            .filter_map(|group| Some(((*group).to_owned(), lock.get(*group)?.clone())))
            .collect()),
        None => Err(format!("it has no importer '{key}'")),
    }
}

pub(super) fn entries(text: &str) -> Result<Vec<LockfileEntry>, String> {
    let lock = read(text)?;
    let packages = lock.get("packages").and_then(Value::as_object).into_iter().flatten();
    Ok(packages.filter_map(|(key, value)| entry_of(key, value)).collect())
}

/// The last document: pnpm 11 keeps its own version in one before it.
pub(super) fn read(text: &str) -> Result<Map<String, Value>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = text.rmatch_indices("\n---").find(|(at, mark)| {
        text[at + mark.len()..].starts_with(['\n', '\r', ' ']) && !text[at + mark.len()..].trim().is_empty()
    });
    let last = start.map_or(text, |(at, mark)| &text[at + mark.len()..]);
    let Value::Object(lock) = yaml::parse(last).map_err(|error| error.to_string())? else {
        return Err("it is no mapping".to_owned());
    };
    let version = match lock.get("lockfileVersion") {
        Some(Value::String(version)) => version.clone(),
        Some(version) => version.to_string(),
        None => return Err("it has no lockfileVersion".to_owned()),
    };
    if !["6.", "7.", "9."].iter().any(|known| version.starts_with(known)) && version != "9" {
        return Err(format!("its lockfileVersion is {version}, and not one of pnpm 8 to 12"));
    }
    Ok(lock)
}

/// What a key of `packages`, or a dependency's `version` that names a package, stands for. Peers and patches stand in
/// round brackets behind it.
pub(super) fn entry_of(key: &str, value: &Value) -> Option<LockfileEntry> {
    let bare = key.split('(').next().unwrap_or_default();
    let name = value.get("name").and_then(Value::as_str);
    // Version 6 puts a slash before what comes from a registry, and names the package only inside of all else.
    let (found, reference) = match (split(bare.strip_prefix('/').unwrap_or(bare)), name) {
        (Some(parts), _) if bare.starts_with('/') => parts,
        (Some(parts), None) => parts,
        (_, Some(name)) => (name, bare),
        (None, None) => return None,
    };
    // Paths such as `github.com/owner/name/1a2b3c` are no paths of the project.
    let from = match PackageOrigin::of(reference) {
        PackageOrigin::Local
            if !["file:", "link:", "portal:"].iter().any(|scheme| reference.starts_with(scheme)) =>
        {
            PackageOrigin::Remote(reference.to_owned())
        }
        from => from,
    };
    Some(LockfileEntry { name: name.unwrap_or(found).to_owned(), from })
}

/// YAML in blocks, with each string as JSON has it.
fn block(value: &Value, indent: usize, out: &mut String) {
    let Value::Object(map) = value else { return };
    let space = " ".repeat(indent);
    for (key, value) in map {
        let key = Value::String(key.clone()).to_string();
        let key = if key.len() > LONGEST_KEY { format!("? {key}\n{space}:") } else { format!("{key}:") };
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                out.push_str(&format!("{space}{key}\n"));
                block(value, indent + 2, out);
            }
            _ => out.push_str(&format!("{space}{key} {value}\n")),
        }
    }
}
