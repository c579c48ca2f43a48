//! The graph of a `package-lock.json`, versions 2 and 3.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::placed::PlacedPackage;
use super::{PackageGraph, PackagePlatforms, PinnedSource, keys, placed, required_peers, words};
use crate::lockfile::npm::{is_link, place_of, read};
use crate::lockfile::tree::InstallPath;

pub(super) fn graph(text: &str) -> Result<PackageGraph, String> {
    let (_, packages) = read(text)?;
    let mut found = BTreeMap::<InstallPath, PlacedPackage>::new();
    for (key, facts) in &packages {
        let Some(("", place)) = place_of(key) else { continue };
        let Some(last) = place.last() else { continue };
        let text = |field: &str| facts.get(field).and_then(Value::as_str).map(str::to_owned);
        let needs = keys(facts, "dependencies").chain(keys(facts, "optionalDependencies"));
        let bundled = words(facts.get("bundleDependencies"));
        found.insert(
            place.clone(),
            PlacedPackage {
                name: text("name").unwrap_or_else(|| last.clone()),
                version: text("version").unwrap_or_default(),
                from: source(facts),
                needs: needs.filter(|key| !bundled.contains(key)).cloned().collect(),
                optional: keys(facts, "optionalDependencies").cloned().collect(),
                peers: required_peers(facts).cloned().collect(),
                platforms: PackagePlatforms::of_value(facts),
                is_bundled: facts.get("inBundle") == Some(&Value::Bool(true)),
            },
        );
    }
    let root = packages.get("").ok_or("it has no package ''")?;
    let own = ["dependencies", "devDependencies", "optionalDependencies"].map(|field| keys(root, field));
    let optional: BTreeSet<String> = keys(root, "optionalDependencies").cloned().collect();
    placed::graph(&found, &own.into_iter().flatten().cloned().collect(), &optional)
}

fn source(facts: &Value) -> PinnedSource {
    let text = |field: &str| facts.get(field).and_then(Value::as_str).map(str::to_owned);
    let resolved = text("resolved");
    match resolved {
        Some(path) if is_link(facts) || path.starts_with("file:") => PinnedSource::Local(path),
        Some(repository) if repository.starts_with("git") => PinnedSource::Other(repository),
        address => PinnedSource::Remote { integrity: text("integrity"), address },
    }
}
