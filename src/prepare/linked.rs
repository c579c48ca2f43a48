//! The tarballs of a prepare: the plain ones, and a set for each way in which they name each other.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::packing;
use super::packing::{PackingJob, ProgressCounter, Sinks};
use crate::error::Result;
use crate::npm::{Contents, Encoded, NamesOnly, Scope, Seal, Tarball, TarballSink, seal, tarball_name};
use crate::rewrite::{Component, Linking, components, linking as link};
use crate::text::Digest;

/// What a surface needs, and how its tarballs name each other.
pub(crate) type LinkNeeds<'a> = (Option<&'a Linking>, &'a BTreeSet<String>);

/// The tarballs that surfaces take their packages from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PackedTarballs {
    plain: Vec<Tarball>,
    linked: BTreeMap<Linking, Vec<Tarball>>,
}

impl PackedTarballs {
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
    sinks.tally.expect(contents.iter().copied().chain(linked));
    let mut staged = packing::encode_all(&contents, sinks)?;
    let plain: BTreeMap<&str, Tarball> =
        plain.iter().zip(&staged).map(|((name, _), (tarball, _))| (*name, tarball.clone())).collect();
    let mut packed = PackedTarballs { plain: plain.values().cloned().collect(), linked: BTreeMap::new() };
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

/// Encodes the packages of a set that name others, those first that others need: their names hold their digests, so
/// hashes build on each other.
fn encode_linked<F: TarballSink>(
    set: &Set<'_>,
    unlinked: &BTreeMap<&str, &Tarball>,
    scope: &Scope,
    sinks: &Sinks<'_, F>,
) -> Result<Encoded<F>> {
    let files = unlinked.iter().map(|(name, tarball)| (*name, tarball.filename.clone())).collect();
    let mut linker = Linker { set, scope, files };
    let mut encoded = Vec::with_capacity(set.linked.len());
    for level in components::levels(&set.edges()) {
        let seals = linker.seals(&level, sinks)?;
        let members: Vec<usize> = level.into_iter().flat_map(|component| component.members).collect();
        for member in &members {
            if let Some(seal) = seals.get(set.linked[*member].0) {
                linker.name(*member, seal.short());
            }
        }
        let job = |member: &usize| linker.job(*member, seals.get(set.linked[*member].0).cloned());
        let jobs: Vec<_> = members.iter().map(job).collect();
        let level = packing::encode_jobs(&jobs, sinks)?;
        for (member, (tarball, sink)) in members.into_iter().zip(level) {
            linker.files.insert(set.linked[member].0, tarball.filename.clone());
            encoded.push((tarball, sink));
        }
    }
    Ok(encoded)
}

/// Knows the files that have names.
struct Linker<'a> {
    set: &'a Set<'a>,
    scope: &'a Scope,
    files: BTreeMap<&'a str, String>,
}

impl<'a> Linker<'a> {
    /// Gives a package a file name before its bytes are known.
    fn name(&mut self, member: usize, digits: &str) {
        let (name, contents) = self.set.linked[member];
        let manifest = &contents.manifest;
        let version = manifest.version().unwrap_or_default();
        self.files.insert(name, tarball_name(manifest.name().unwrap_or_default(), &version, digits));
    }

    fn job(&self, member: usize, seal: Option<Seal>) -> PackingJob<Contents> {
        let (_, contents) = self.set.linked[member];
        let file = |package: &str| self.files.get(package).cloned();
        let manifest = link::linked(&contents.manifest, self.set.linking, self.scope, file);
        PackingJob { contents: contents.with_manifest(manifest), seal }
    }

    /// The seals of the members of cycles, by name.
    fn seals<F>(&mut self, level: &[Component], sinks: &Sinks<'_, F>) -> Result<BTreeMap<&'a str, Seal>> {
        let cycles: Vec<&Component> = level.iter().filter(|component| component.is_cyclic).collect();
        for component in &cycles {
            for (number, member) in component.members.iter().enumerate() {
                self.name(*member, &seal::placeholder(number));
            }
        }
        let members: Vec<usize> = cycles.iter().flat_map(|component| &component.members).copied().collect();
        let jobs: Vec<_> = members.iter().map(|member| self.job(*member, None)).collect();
        let Sinks { cancel, threads, memory, .. } = *sinks;
        let tally = &ProgressCounter::silent();
        let (folder, checksums, open) = (None, false, NamesOnly);
        let names = Sinks { cancel, threads, folder, memory, checksums, tally, open };
        let encoded = packing::encode_jobs(&jobs, &names)?;
        let digests: BTreeMap<usize, Digest> =
            members.into_iter().zip(encoded.into_iter().map(|(tarball, _)| tarball.sha256)).collect();
        let seals = |component: &Component| {
            let digest = |member: &usize| Some((self.set.linked[*member].0, digests.get(member)?.clone()));
            Seal::of_cycle(&component.members.iter().filter_map(digest).collect())
        };
        Ok(cycles.into_iter().flat_map(seals).collect())
    }
}
