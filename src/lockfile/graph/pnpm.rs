//! The graph of a `pnpm-lock.yaml`, versions 6 and 9.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{PackageGraph, PackagePlatforms, PinnedPackage, PinnedSource, bounded, keys, required_peers};
use crate::lockfile::pnpm::{GROUPS, entry_of, own, read};
use crate::lockfile::split;

pub(super) fn graph(text: &str) -> Result<PackageGraph, String> {
    let lock = read(text)?;
    let empty = Map::new();
    let map = |key: &str| lock.get(key).and_then(Value::as_object).unwrap_or(&empty);
    // Version 6 says in one map what 9 says in two.
    let (packages, is_6) = (map("packages"), !lock.contains_key("snapshots"));
    let snapshots = if is_6 && !packages.is_empty() { packages } else { map("snapshots") };
    bounded(snapshots.len())?;
    let numbers: BTreeMap<&str, usize> =
        snapshots.keys().enumerate().map(|(number, key)| (key.as_str(), number)).collect();
    let mut graph = PackageGraph::default();
    for (key, snapshot) in snapshots {
        let facts = if is_6 { snapshot } else { packages.get(bare(key)).unwrap_or(&Value::Null) };
        let target = |name: &str, reference: &str| target(&numbers, name, reference);
        graph.packages.push(package(key, facts, snapshot, &target)?);
    }
    for group in GROUPS {
        for (key, entry) in own(&lock, "")?.get(group).and_then(Value::as_object).into_iter().flatten() {
            let reference = entry.get("version").or(Some(entry)).and_then(Value::as_str).unwrap_or_default();
            if let Some(number) = target(&numbers, key, reference) {
                graph.direct.insert(key.clone(), number);
            } else if !reference.starts_with("link:") {
                return Err(format!("it has no package '{key}' at {reference}"));
            }
        }
    }
    Ok(graph)
}

fn package(
    key: &str,
    facts: &Value,
    snapshot: &Value,
    target: &dyn Fn(&str, &str) -> Option<usize>,
) -> Result<PinnedPackage, String> {
    let resolution = facts.get("resolution").unwrap_or(&Value::Null);
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let entry = entry_of(key, facts).ok_or_else(|| format!("its key '{key}' names no package"))?;
    let written = bare(key);
    let (_, reference) = split(written.strip_prefix('/').unwrap_or(written)).unwrap_or(("", written));
    let local = [reference, written].into_iter().find(|text| text.starts_with("file:"));
    let from = match local {
        Some(local) => PinnedSource::Local(local.to_owned()),
        None if resolution.get("repo").is_some() || resolution.get("directory").is_some() => {
            PinnedSource::Other(written.to_owned())
        }
        None => PinnedSource::Remote {
            integrity: text(resolution, "integrity"),
            address: text(resolution, "tarball"),
        },
    };
    let version = text(facts, "version").unwrap_or_else(|| reference.to_owned());
    let is_peer = |key: &String| keys(facts, "peerDependencies").any(|peer| peer == key);
    let mut package = PinnedPackage {
        id: key.to_owned(),
        name: entry.name,
        version,
        from,
        links: BTreeMap::new(),
        optional: Default::default(),
        peers: required_peers(facts).map(|peer| (peer.clone(), None)).collect(),
        platforms: PackagePlatforms::of_value(facts),
    };
    for field in ["dependencies", "optionalDependencies"] {
        for (name, reference) in snapshot.get(field).and_then(Value::as_object).into_iter().flatten() {
            let reference = reference.as_str().unwrap_or_default();
            let Some(number) = target(name, reference) else {
                return Err(format!(
                    "its package '{key}' needs '{name}' at {reference}, which it does not have"
                ));
            };
            if let Some(peer) = package.peers.get_mut(name) {
                *peer = Some(number);
            } else if !is_peer(name) {
                package.links.insert(name.clone(), number);
                if field == "optionalDependencies" {
                    package.optional.insert(name.clone());
                }
            }
        }
    }
    Ok(package)
}

/// A key without peers and patches.
fn bare(key: &str) -> &str {
    key.split('(').next().unwrap_or_default()
}

/// What a dependency's name and reference stand for: a version, or the whole key of an alias.
fn target(numbers: &BTreeMap<&str, usize>, name: &str, reference: &str) -> Option<usize> {
    [format!("{name}@{reference}"), format!("/{name}@{reference}"), reference.to_owned()]
        .iter()
        .find_map(|key| numbers.get(key.as_str()).copied())
}
