//! `bun.lock`: JSON with commas too many.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::tree::InstallPath;
use super::{LockfileEntry, PackageOrigin, split, tree};
use crate::text::json5;

/// Settings of the workspace's root do not hold for the surface alone.
const KEPT: [&str; 2] = ["lockfileVersion", "configVersion"];

/// Packages of ours stay, for the reason that npm's do.
pub(super) fn seed(text: &str, importer: &str) -> Result<String, String> {
    let lock = read(text)?;
    let own = lock
        .get("workspaces")
        .and_then(|workspaces| workspaces.get(importer))
        .ok_or_else(|| format!("it has no workspace '{importer}'"))?;
    if importer.is_empty() {
        return Ok(text.to_owned());
    }
    let rows: BTreeMap<InstallPath, Value> = lock
        .get("packages")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, row)| (place(key), row.clone()))
        .collect();
    let members: BTreeSet<&String> = rows
        .iter()
        .filter(|(_, row)| row.get(0).and_then(Value::as_str).is_some_and(|is| is.contains("@workspace:")))
        .filter_map(|(place, _)| place.first())
        .collect();
    let name = own.get("name").and_then(Value::as_str).unwrap_or_default();
    let (mut hoisted, mut nested) = (BTreeMap::new(), BTreeMap::new());
    for (place, row) in &rows {
        match place.split_first() {
            Some((first, rest)) if first == name && !rest.is_empty() && members.contains(first) => {
                nested.insert(rest.to_vec(), row.clone());
            }
            Some((first, _)) if !members.contains(first) => {
                hoisted.insert(place.clone(), row.clone());
            }
            _ => {}
        }
    }
    let packages: Map<String, Value> = tree::lifted(&hoisted, &nested, &needs)
        .into_iter()
        .map(|(place, row)| (place.join("/"), row))
        .collect();
    let mut alone = Map::new();
    for key in KEPT {
        alone.extend(lock.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    alone.insert("workspaces".to_owned(), json!({ "": own }));
    alone.insert("packages".to_owned(), Value::Object(packages));
    Ok(format!("{:#}\n", Value::Object(alone)))
}

pub(super) fn entries(text: &str) -> Result<Vec<LockfileEntry>, String> {
    let lock = read(text)?;
    let rows = lock.get("packages").and_then(Value::as_object).into_iter().flatten();
    let entry = |(_, row): (&String, &Value)| {
        let (name, reference) = split(row.get(0)?.as_str()?)?;
        Some(LockfileEntry { name: name.to_owned(), from: PackageOrigin::of(reference) })
    };
    Ok(rows.filter_map(entry).collect())
}

pub(super) fn read(text: &str) -> Result<Map<String, Value>, String> {
    let lock = json5::parse_object(text)?;
    if lock.contains_key("lockfileVersion") { Ok(lock) } else { Err("it has no lockfileVersion".to_owned()) }
}

/// `a/@s/b/c` is c below @s/b below a.
pub(super) fn place(key: &str) -> InstallPath {
    let mut place = InstallPath::new();
    for part in key.split('/') {
        match place.last_mut() {
            Some(scope) if scope.starts_with('@') && !scope.contains('/') => {
                scope.push('/');
                scope.push_str(part);
            }
            _ => place.push(part.to_owned()),
        }
    }
    place
}

fn needs(row: &Value) -> Vec<String> {
    let facts = row.as_array().into_iter().flatten().filter_map(Value::as_object);
    facts
        .flat_map(|facts| {
            ["dependencies", "optionalDependencies", "peerDependencies"].map(|field| facts.get(field))
        })
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(|map| map.keys().cloned())
        .collect()
}
