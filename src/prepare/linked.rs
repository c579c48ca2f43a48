//! The tarballs of a prepare: the plain ones, and a set for each way in which they name each other.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::graph::TarballGraph;
use super::offline::OfflineSurface;
use super::packing::Sinks;
use super::{graph, packing};
use crate::error::Result;
use crate::npm::{Contents, Encoded, Scope, Tarball, TarballSink, tarball_name};
use crate::rewrite::{Linking, linking as link};

/// What a surface needs, and how its tarballs name each other.
pub(crate) type LinkNeeds<'a> = (Option<&'a Linking>, &'a BTreeSet<String>);

/// The tarballs that surfaces take their packages from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PackedTarballs {
    plain: Vec<Tarball>,
    linked: BTreeMap<Linking, Vec<Tarball>>,
    /// What a surface takes where all comes from the deps dir, by its number.
    offline: BTreeMap<usize, OfflineSurface>,
}

impl PackedTarballs {
    /// Those of surfaces that take all from the deps dir.
    pub(crate) fn offline(offline: BTreeMap<usize, OfflineSurface>) -> Self {
        Self { offline, ..Self::default() }
    }

    /// What a surface takes where that is all.
    pub(crate) fn offline_of(&self, surface: usize) -> Option<&OfflineSurface> {
        self.offline.get(&surface)
    }

    /// Those of a surface whose tarballs name each other in this way.
    pub(crate) fn of(&self, linking: Option<&Linking>) -> &[Tarball] {
        linking.map_or(Some(&self.plain), |linking| self.linked.get(linking)).map_or(&[], Vec::as_slice)
    }
}

/// Packs what the surfaces need; `packages` holds all of that, by name. Returns also each file once, by the packages'
/// names.
///
/// # Errors
/// As [`packing::encode_all`].
pub(crate) fn pack<F: TarballSink>(
    packages: &BTreeMap<&str, &Contents>,
    surfaces: &[LinkNeeds<'_>],
    scope: &Scope,
    sinks: &Sinks<'_, F>,
) -> Result<(PackedTarballs, Encoded<F>)> {
    let mut plain: BTreeSet<&str> = BTreeSet::new();
    let mut sets: BTreeMap<&Linking, BTreeSet<&str>> = BTreeMap::new();
    for (linking, names) in surfaces {
        let set = linking.map_or(&mut plain, |linking| sets.entry(linking).or_default());
        set.extend(names.iter().map(String::as_str));
    }
    let sets: Vec<_> =
        sets.into_iter().map(|(linking, names)| Set::new(linking, names, packages, scope)).collect();
    // What names nobody is the same tarball in every set.
    plain.extend(sets.iter().flat_map(|set| set.unlinked.iter().copied()));
    let plain: Vec<(&str, &Contents)> = packages
        .iter()
        .filter(|(name, _)| plain.contains(*name))
        .map(|(name, contents)| (*name, *contents))
        .collect();
    let contents: Vec<&Contents> = plain.iter().map(|(_, contents)| *contents).collect();
    let linked = sets.iter().flat_map(|set| set.linked.iter().map(|(_, contents)| *contents));
    sinks.tally.expect(contents.iter().copied().chain(linked).map(Contents::weight));
    let mut staged = packing::encode_all(&contents, sinks)?;
    let plain: BTreeMap<&str, Tarball> =
        plain.iter().zip(&staged).map(|((name, _), (tarball, _))| (*name, tarball.clone())).collect();
    let mut packed = PackedTarballs {
        plain: plain.values().cloned().collect(),
        linked: BTreeMap::new(),
        offline: BTreeMap::new(),
    };
    for set in sets {
        let unlinked: BTreeMap<&str, &Tarball> =
            set.unlinked.iter().filter_map(|name| Some((*name, plain.get(name)?))).collect();
        let linked = encode_linked(&set, &unlinked, scope, sinks)?;
        let tarballs = unlinked.into_values().chain(linked.iter().map(|(tarball, _)| tarball));
        packed.linked.insert(set.linking.clone(), tarballs.cloned().collect());
        staged.extend(linked);
    }
    staged.sort_by(|(one, _), (other, _)| (&one.name, &one.filename).cmp(&(&other.name, &other.filename)));
    staged.dedup_by(|(one, _), (other, _)| one.filename == other.filename);
    Ok((packed, staged))
}

/// Packages that name each other in one way.
struct Set<'a> {
    linking: &'a Linking,
    /// Those whose manifests differ from the plain ones, by name.
    linked: Vec<(&'a str, &'a Contents)>,
    unlinked: Vec<&'a str>,
}

impl<'a> Set<'a> {
    fn new(
        linking: &'a Linking,
        names: BTreeSet<&str>,
        packages: &BTreeMap<&'a str, &'a Contents>,
        scope: &Scope,
    ) -> Self {
        let mut set = Self { linking, linked: Vec::new(), unlinked: Vec::new() };
        for (name, contents) in packages.iter().filter(|(name, _)| names.contains(*name)) {
            let any = |package: &str| names.contains(package).then(String::new);
            if link::linked(&contents.manifest, linking, scope, any) == contents.manifest {
                set.unlinked.push(name);
            } else {
                set.linked.push((name, contents));
            }
        }
        set
    }

    /// For each of the linked ones the others that it names.
    fn edges(&self) -> Vec<Vec<usize>> {
        let numbers: BTreeMap<&str, usize> =
            self.linked.iter().enumerate().map(|(number, (name, _))| (*name, number)).collect();
        let edges = |contents: &Contents| {
            link::brought_in(&contents.manifest).filter_map(|name| numbers.get(&*name).copied()).collect()
        };
        self.linked.iter().map(|(_, contents)| edges(contents)).collect()
    }
}

/// Encodes the packages of a set that name others.
fn encode_linked<F: TarballSink>(
    set: &Set<'_>,
    unlinked: &BTreeMap<&str, &Tarball>,
    scope: &Scope,
    sinks: &Sinks<'_, F>,
) -> Result<Encoded<F>> {
    let numbers: BTreeMap<&str, usize> =
        set.linked.iter().enumerate().map(|(number, (name, _))| (*name, number)).collect();
    let encoded = graph::encode(&LinkedSet { set, unlinked, scope, numbers }, sinks)?;
    Ok(encoded.into_iter().map(|(_, tarball, full)| (tarball, full)).collect())
}

/// A set as a graph.
struct LinkedSet<'a> {
    set: &'a Set<'a>,
    unlinked: &'a BTreeMap<&'a str, &'a Tarball>,
    scope: &'a Scope,
    numbers: BTreeMap<&'a str, usize>,
}

impl TarballGraph for LinkedSet<'_> {
    type Package = Contents;

    fn edges(&self) -> Vec<Vec<usize>> {
        self.set.edges()
    }

    fn id(&self, member: usize) -> String {
        self.set.linked[member].0.to_owned()
    }

    fn filename(&self, member: usize, digits: &str) -> String {
        let manifest = &self.set.linked[member].1.manifest;
        tarball_name(manifest.name().unwrap_or_default(), &manifest.version().unwrap_or_default(), digits)
    }

    fn package(&self, member: usize, files: &[Option<String>]) -> Contents {
        let (_, contents) = self.set.linked[member];
        let file = |package: &str| match self.unlinked.get(package) {
            Some(tarball) => Some(tarball.filename.clone()),
            None => files.get(*self.numbers.get(package)?)?.clone(),
        };
        contents.with_manifest(link::linked(&contents.manifest, self.set.linking, self.scope, file))
    }
}
