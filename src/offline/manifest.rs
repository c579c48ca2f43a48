//! The manifest of a package of others, in which the packages that it needs are tarballs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::npm::Manifest;

/// The fields by which a package brings others in.
const FIELDS: [&str; 2] = ["dependencies", "optionalDependencies"];

/// The manifest with the specifiers of `links`. What the lockfile does not have goes, as optional packages of other
/// systems do; what it has and the manifest lacks (an extension of the product's) comes in. Bundled packages stay as
/// they are, and so do peers.
pub(crate) fn linked(manifest: &Manifest, links: &BTreeMap<String, String>) -> Manifest {
    let mut linked = manifest.clone();
    let bundled = bundled(&manifest.0);
    let mut placed = BTreeSet::new();
    for field in FIELDS {
        let Some(Value::Object(entries)) = linked.0.get_mut(field) else { continue };
        entries.retain(|key, value| match links.get(key) {
            Some(link) => {
                *value = Value::String(link.clone());
                placed.insert(key.clone());
                true
            }
            None => bundled.contains(key),
        });
    }
    let is_peer = |key: &String| {
        manifest
            .0
            .get("peerDependencies")
            .and_then(Value::as_object)
            .is_some_and(|peers| peers.contains_key(key))
    };
    let more = |key: &String| !placed.contains(key) && !bundled.contains(key) && !is_peer(key);
    let more: Vec<_> = links.iter().filter(|(key, _)| more(key)).collect();
    if !more.is_empty() {
        let entries = linked.0.entry(FIELDS[0]).or_insert_with(|| Map::new().into());
        if !entries.is_object() {
            *entries = Map::new().into();
        }
        for (key, link) in more {
            if let Value::Object(entries) = &mut *entries {
                entries.insert(key.clone(), Value::String(link.clone()));
            }
        }
    }
    linked
}

/// The packages that lie in the tarball.
fn bundled(manifest: &Map<String, Value>) -> BTreeSet<String> {
    let list = manifest.get("bundleDependencies").or_else(|| manifest.get("bundledDependencies"));
    match list {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::Bool(true)) => FIELDS
            .iter()
            .filter_map(|field| manifest.get(*field)?.as_object())
            .flat_map(|entries| entries.keys().cloned())
            .collect(),
        _ => BTreeSet::new(),
    }
}
