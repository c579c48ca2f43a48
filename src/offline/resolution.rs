//! What a package manager resolved, and for what that holds.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::platform::takes;
use crate::image::ImagePlatform;
use crate::lockfile::graph::{PackageGraph, PackagePlatforms};
use crate::npm::Manifest;
use crate::text::Digest;

/// Grows when the same text would be read as another graph.
const FORMAT: u32 = 1;

/// A graph with what it was resolved for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resolution {
    format: u32,
    /// Of all that the package manager was told.
    key: Digest,
    /// Who resolved it, as `pnpm 10.6.5`.
    pub(crate) manager: String,
    /// The lockfile that pins the versions, from the project's root.
    pub(crate) seeded_from: Option<String>,
    /// Versions that this lockfile does not have, as `name@version`.
    pub(crate) unpinned: Vec<String>,
    pub(crate) graph: PackageGraph,
    /// The packages whose own manifests were asked for what the lockfile does not say.
    pub(super) looked_into: BTreeSet<usize>,
}

/// All that a resolution depends on and that is known here, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResolutionKey(BTreeMap<String, String>);

impl ResolutionKey {
    /// Adds a text of the project, a package's manifest, or who resolves.
    pub(crate) fn add(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.0.insert(name.into(), text.into());
    }

    fn digest(&self) -> Digest {
        let mut hasher = Sha256::new();
        for text in self.0.iter().flat_map(|(name, text)| [name, text]) {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text);
        }
        Digest::finish(hasher)
    }
}

impl Resolution {
    /// What was resolved for a key.
    pub(crate) fn new(
        key: &ResolutionKey,
        manager: String,
        seeded_from: Option<String>,
        unpinned: Vec<String>,
        graph: PackageGraph,
    ) -> Self {
        let looked_into = BTreeSet::new();
        Self { format: FORMAT, key: key.digest(), manager, seeded_from, unpinned, graph, looked_into }
    }

    /// Optional packages of which it is not said for which C library they are, though the images' platforms ask for
    /// one: their manifests tell.
    pub(crate) fn open(&self, platforms: &[ImagePlatform]) -> Vec<usize> {
        let all = self.graph.packages.iter();
        let optional: BTreeSet<usize> = all
            .flat_map(|package| package.optional.iter().filter_map(|key| package.links.get(key)))
            .copied()
            .collect();
        let is_open = |number: &usize| {
            self.graph.packages.get(*number).is_some_and(|package| {
                let of = &package.platforms;
                let may_be = |platform: &ImagePlatform| platform.libc.is_some() && takes(platform, of);
                of.libc.is_empty() && !(of.os.is_empty() && of.cpu.is_empty()) && platforms.iter().any(may_be)
            })
        };
        optional.into_iter().filter(|number| !self.looked_into.contains(number)).filter(is_open).collect()
    }

    /// What the manifest of a package says.
    pub(crate) fn learn(&mut self, number: usize, manifest: &Manifest) {
        if let Some(package) = self.graph.packages.get_mut(number) {
            package.platforms = PackagePlatforms::of(&manifest.0);
        }
        self.looked_into.insert(number);
    }

    /// The one of a text, if it was resolved for this key and is whole.
    pub(super) fn parse(bytes: &[u8], key: &ResolutionKey) -> Option<Self> {
        let found: Self = serde_json::from_slice(bytes).ok()?;
        let count = found.graph.packages.len();
        let links = found
            .graph
            .packages
            .iter()
            .flat_map(|package| package.links.values().chain(package.peers.values().flatten()));
        let is_whole = links.chain(found.graph.direct.values()).all(|number| *number < count);
        (found.format == FORMAT && found.key == key.digest() && is_whole).then_some(found)
    }

    /// As it is kept.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
