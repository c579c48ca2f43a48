//! Which packages of a graph an image needs, and which peers must join the surface.

use std::collections::{BTreeMap, BTreeSet};

use super::platform::takes;
use crate::error::Problem;
use crate::image::ImagePlatform;
use crate::lockfile::graph::{PackageGraph, PinnedSource};

/// What an install needs of a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NeededPackages {
    /// Their numbers in the graph.
    pub(crate) packages: BTreeSet<usize>,
    /// Required peers that nobody gives, by name: they become dependencies of the surface.
    pub(crate) added: BTreeMap<String, usize>,
    /// Keys of the surface's optional dependencies that are for other systems.
    pub(crate) left_out: BTreeSet<String>,
    /// Which optional ones of which package are for other systems.
    pub(crate) foreign: BTreeSet<(usize, String)>,
}

/// Follows the graph from the surface on. `optional`: the keys of the surface's own optional dependencies.
///
/// # Errors
/// Every package that cannot be had as a tarball; `is_ours` tells those that are packed here.
pub(crate) fn needed(
    graph: &PackageGraph,
    optional: &BTreeSet<String>,
    platforms: &[ImagePlatform],
    is_ours: &dyn Fn(&str) -> bool,
) -> Result<NeededPackages, Vec<Problem>> {
    let is_foreign = |number: usize| {
        let of = |package: usize| graph.packages.get(package).map(|package| &package.platforms);
        of(number).is_some_and(|of| !platforms.iter().any(|platform| takes(platform, of)))
    };
    let mut needed = NeededPackages::default();
    let direct = graph.direct.iter().filter(|(key, number)| {
        let is_left_out = optional.contains(*key) && is_foreign(**number);
        if is_left_out {
            needed.left_out.insert((*key).clone());
        }
        !is_left_out
    });
    let mut open: Vec<usize> = direct.map(|(_, number)| *number).collect();
    loop {
        while let Some(number) = open.pop() {
            let Some(package) = graph.packages.get(number) else { continue };
            if !needed.packages.insert(number) {
                continue;
            }
            for (key, link) in &package.links {
                if package.optional.contains(key) && is_foreign(*link) {
                    needed.foreign.insert((number, key.clone()));
                } else {
                    open.push(*link);
                }
            }
        }
        let missing = missing_peers(graph, &needed);
        if missing.is_empty() {
            break;
        }
        open.extend(missing.values());
        needed.added.extend(missing);
    }
    let problems: Vec<Problem> = needed
        .packages
        .iter()
        .filter_map(|number| graph.packages.get(*number))
        .filter(|package| !is_ours(&package.name))
        .filter_map(|package| {
            let (name, from) = (&package.name, &package.from);
            let (what, hint) = match from {
                PinnedSource::Remote { integrity: Some(_), .. } => return None,
                PinnedSource::Remote { .. } => (
                    "the lockfile does not say by which digest it is known".to_owned(),
                    "take it from a registry, or have the lockfile made anew",
                ),
                PinnedSource::Local(path) => (
                    format!("it lies in the project ({path})"),
                    "publish it, or make it a package in scope of the workspace",
                ),
                PinnedSource::Other(what) => (
                    format!("it comes from a repository ({what})"),
                    "take it from a registry, or by the address of a tarball",
                ),
            };
            Some(Problem::new(format!("{name}: cannot be had without a network: {what}")).hint(hint))
        })
        .collect();
    if problems.is_empty() { Ok(needed) } else { Err(problems) }
}

/// Required peers that some package does not find on every way from the surface to it.
fn missing_peers(graph: &PackageGraph, needed: &NeededPackages) -> BTreeMap<String, usize> {
    let mut wanted: BTreeMap<&String, BTreeMap<usize, usize>> = BTreeMap::new();
    for number in &needed.packages {
        let peers = graph.packages.get(*number).map(|package| &package.peers);
        for (peer, target) in peers.into_iter().flatten() {
            if let Some(target) = target {
                wanted.entry(peer).or_default().insert(*number, *target);
            }
        }
    }
    wanted.retain(|peer, _| !graph.direct.contains_key(*peer) && !needed.added.contains_key(*peer));
    let mut missing = BTreeMap::new();
    for (peer, by) in wanted {
        let gives =
            |number: usize| graph.packages.get(number).is_some_and(|one| one.links.contains_key(peer));
        let mut open: Vec<usize> = graph.direct.values().chain(needed.added.values()).copied().collect();
        let mut seen = BTreeSet::new();
        let mut first: Option<usize> = None;
        while let Some(number) = open.pop() {
            if !needed.packages.contains(&number) || !seen.insert(number) {
                continue;
            }
            if let Some(target) = by.get(&number) {
                // Of several the same one every time.
                first = first.max(Some(*target));
            }
            if !gives(number) {
                open.extend(graph.packages.get(number).into_iter().flat_map(|one| one.links.values()));
            }
        }
        missing.extend(first.map(|target| (peer.clone(), target)));
    }
    missing
}
