//! Graphs of lockfiles that say in which `node_modules` each package lies: npm's and bun's.

use std::collections::{BTreeMap, BTreeSet};

use super::{PackageGraph, PackagePlatforms, PinnedPackage, PinnedSource, bounded};
use crate::lockfile::tree::{InstallPath, seen_from};

/// A package at its place.
pub(super) struct PlacedPackage {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) from: PinnedSource,
    /// The keys of its dependencies, optional ones included.
    pub(super) needs: BTreeSet<String>,
    /// The keys of its optional ones.
    pub(super) optional: BTreeSet<String>,
    /// Its required peers.
    pub(super) peers: BTreeSet<String>,
    pub(super) platforms: PackagePlatforms,
    /// It lies in the tarball of a package around it.
    pub(super) is_bundled: bool,
}

/// The graph of packages by their places, and of the surface's own keys, of which some are optional. What is bundled is
/// not in it.
pub(super) fn graph(
    packages: &BTreeMap<InstallPath, PlacedPackage>,
    own: &BTreeSet<String>,
    optional: &BTreeSet<String>,
) -> Result<PackageGraph, String> {
    bounded(packages.len())?;
    let own_places = packages.iter().filter(|(_, package)| !package.is_bundled).map(|(place, _)| place);
    let numbers: BTreeMap<&InstallPath, usize> =
        own_places.enumerate().map(|(number, place)| (place, number)).collect();
    let mut graph = PackageGraph::default();
    for key in own {
        match seen_from(packages, &[], key).and_then(|place| numbers.get(&place).copied()) {
            Some(number) => drop(graph.direct.insert(key.clone(), number)),
            None if optional.contains(key) => {}
            None => return Err(format!("it has no package '{key}'")),
        }
    }
    for place in numbers.keys() {
        let Some(package) = packages.get(*place) else { continue };
        let mut links = BTreeMap::new();
        for key in &package.needs {
            match seen_from(packages, place, key) {
                // Nothing where it is bundled.
                Some(found) => {
                    links.extend(numbers.get(&found).map(|number| (key.clone(), *number)));
                }
                None if package.optional.contains(key) => {}
                None => {
                    let name = &package.name;
                    return Err(format!("its package '{name}' needs '{key}', which it does not have"));
                }
            }
        }
        let around = place.split_last().map_or(&[][..], |(_, around)| around);
        let peer = |peer: &String| {
            let found = seen_from(packages, around, peer).and_then(|place| numbers.get(&place).copied());
            (peer.clone(), found)
        };
        graph.packages.push(PinnedPackage {
            id: place.join("/node_modules/"),
            name: package.name.clone(),
            version: package.version.clone(),
            from: package.from.clone(),
            links,
            optional: package.optional.clone(),
            peers: package.peers.iter().map(peer).collect(),
            platforms: package.platforms.clone(),
        });
    }
    Ok(graph)
}
