//! Tarballs that name each other, whatever they are made of: their names hold their digests, so those come first that
//! others need, and of those in a cycle each is named by its seal.

use std::collections::BTreeMap;

use super::packing;
use super::packing::{Packable, PackingJob, ProgressCounter, Sinks};
use crate::error::Result;
use crate::npm::{NamesOnly, Seal, Tarball, TarballSink, seal};
use crate::rewrite::{Component, components};
use crate::text::Digest;

/// Packages that name each other.
pub(super) trait TarballGraph {
    /// What a tarball is made of.
    type Package: Packable;

    /// For each package those that it names.
    fn edges(&self) -> Vec<Vec<usize>>;

    /// What tells a package from others, the same on every machine.
    fn id(&self, member: usize) -> String;

    /// The file name of a tarball with these digits.
    fn filename(&self, member: usize, digits: &str) -> String;

    /// A package with the file names of those that it names; they are known by then.
    fn package(&self, member: usize, files: &[Option<String>]) -> Self::Package;
}

/// Each package by its number, with its tarball and what that is in.
pub(super) type EncodedGraph<F> = Vec<(usize, Tarball, <F as TarballSink>::Full)>;

/// Encodes all of them.
///
/// # Errors
/// As [`packing::encode_jobs`].
pub(super) fn encode<G: TarballGraph, F: TarballSink>(
    graph: &G,
    sinks: &Sinks<'_, F>,
) -> Result<EncodedGraph<F>> {
    let edges = graph.edges();
    let mut namer = Namer { graph, files: vec![None; edges.len()] };
    let mut encoded = Vec::with_capacity(edges.len());
    for level in components::levels(&edges) {
        let seals = namer.seals(&level, sinks)?;
        let members: Vec<usize> = level.into_iter().flat_map(|component| component.members).collect();
        for (member, seal) in &seals {
            namer.name(*member, seal.short());
        }
        let jobs: Vec<_> =
            members.iter().map(|member| namer.job(*member, seals.get(member).cloned())).collect();
        let level = packing::encode_jobs(&jobs, sinks)?;
        for (member, (tarball, full)) in members.into_iter().zip(level) {
            namer.files[member] = Some(tarball.filename.clone());
            encoded.push((member, tarball, full));
        }
    }
    Ok(encoded)
}

/// Knows the files that have names.
struct Namer<'a, G> {
    graph: &'a G,
    files: Vec<Option<String>>,
}

impl<G: TarballGraph> Namer<'_, G> {
    /// Gives a package a file name before its bytes are known.
    fn name(&mut self, member: usize, digits: &str) {
        self.files[member] = Some(self.graph.filename(member, digits));
    }

    fn job(&self, member: usize, seal: Option<Seal>) -> PackingJob<G::Package> {
        PackingJob { package: self.graph.package(member, &self.files), seal }
    }

    /// The seals of the members of cycles.
    fn seals<F>(&mut self, level: &[Component], sinks: &Sinks<'_, F>) -> Result<BTreeMap<usize, Seal>> {
        let cycles: Vec<&Component> = level.iter().filter(|component| component.is_cyclic).collect();
        for component in &cycles {
            for (number, (_, member)) in self.sorted(component).into_iter().enumerate() {
                self.name(member, &seal::placeholder(number));
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
        let mut seals = BTreeMap::new();
        for component in cycles {
            let members = self.sorted(component);
            let mut of_cycle = BTreeMap::new();
            for (id, member) in &members {
                of_cycle.extend(digests.get(member).map(|digest| (id.as_str(), digest.clone())));
            }
            let mut of_ids = Seal::of_cycle(&of_cycle);
            for (id, member) in &members {
                seals.extend(of_ids.remove(id.as_str()).map(|seal| (*member, seal)));
            }
        }
        Ok(seals)
    }

    /// The members of a cycle in an order that their names alone decide, each with what tells it from the others.
    fn sorted(&self, component: &Component) -> Vec<(String, usize)> {
        let mut members = component.members.clone();
        members.sort_by_cached_key(|member| (self.graph.id(*member), *member));
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let named = members.into_iter().map(|member| {
            let id = self.graph.id(member);
            let again = known.entry(id.clone()).and_modify(|again| *again += 1).or_default();
            // The same package twice, with other packages below it.
            (if *again > 0 { format!("{id}#{again}") } else { id }, member)
        });
        named.collect()
    }
}
