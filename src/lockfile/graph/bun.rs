//! The graph of a `bun.lock`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::placed::PlacedPackage;
use super::{PackageGraph, PackagePlatforms, PinnedSource, keys, placed, required_peers};
use crate::lockfile::bun::{place, read};
use crate::lockfile::tree::InstallPath;
use crate::lockfile::{PackageOrigin, split};

pub(super) fn graph(text: &str) -> Result<PackageGraph, String> {
    let lock = read(text)?;
    let mut found = BTreeMap::<InstallPath, PlacedPackage>::new();
    for (key, row) in lock.get("packages").and_then(Value::as_object).into_iter().flatten() {
        let named = row.get(0).and_then(Value::as_str).and_then(split);
        let (name, reference) = named.ok_or_else(|| format!("its row '{key}' names no package"))?;
        let rest = || row.as_array().into_iter().flatten().skip(1);
        let facts = rest().find(|part| part.is_object()).unwrap_or(&Value::Null);
        let needs = keys(facts, "dependencies").chain(keys(facts, "optionalDependencies"));
        let text = rest().filter_map(Value::as_str);
        let integrity = text.clone().find(|text| text.starts_with("sha")).map(str::to_owned);
        let (version, from) = match PackageOrigin::of(reference) {
            PackageOrigin::Registry(version) => {
                // A tarball's address, or a registry's, of which the settings tell.
                let address = text.clone().find(|text| text.ends_with(".tgz")).map(str::to_owned);
                (version, PinnedSource::Remote { integrity, address })
            }
            PackageOrigin::Remote(address) if address.starts_with("http") => {
                (String::new(), PinnedSource::Remote { integrity, address: Some(address) })
            }
            PackageOrigin::Remote(repository) => (String::new(), PinnedSource::Other(repository)),
            PackageOrigin::Local => (String::new(), PinnedSource::Local(reference.to_owned())),
        };
        found.insert(
            place(key),
            PlacedPackage {
                name: name.to_owned(),
                version,
                from,
                needs: needs.cloned().collect(),
                optional: keys(facts, "optionalDependencies").cloned().collect(),
                peers: required_peers(facts).cloned().collect(),
                platforms: PackagePlatforms::of_value(facts),
                // bun asks for it all the same where a tarball of the disk holds it (1.4).
                is_bundled: false,
            },
        );
    }
    let root = lock.get("workspaces").and_then(|all| all.get("")).ok_or("it has no workspace ''")?;
    let own = ["dependencies", "devDependencies", "optionalDependencies"].map(|field| keys(root, field));
    let optional: BTreeSet<String> = keys(root, "optionalDependencies").cloned().collect();
    placed::graph(&found, &own.into_iter().flatten().cloned().collect(), &optional)
}
