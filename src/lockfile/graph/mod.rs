//! What a lockfile pins for a surface, as a graph: who needs whom, under which name, and from where each package comes.

mod bun;
mod npm;
mod placed;
mod pnpm;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::image::Name;

/// More packages than any project has.
const MOST: usize = 50_000;

/// The packages of a lockfile that is the surface's alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackageGraph {
    /// In an order that the lockfile's text alone decides.
    pub(crate) packages: Vec<PinnedPackage>,
    /// What each key of the surface's own dependencies stands for.
    pub(crate) direct: BTreeMap<String, usize>,
}

/// A package at a version, with those that it sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PinnedPackage {
    /// The lockfile's key: no two packages have the same.
    pub(crate) id: String,
    /// Its own name.
    pub(crate) name: String,
    /// Its version; empty where the lockfile does not say it.
    pub(crate) version: String,
    /// Where it comes from.
    pub(crate) from: PinnedSource,
    /// What the keys of its dependencies stand for, optional ones that are there included.
    pub(crate) links: BTreeMap<String, usize>,
    /// The keys of those that are optional.
    pub(crate) optional: BTreeSet<String>,
    /// Its required peers, with what each of them is where the lockfile or the tree says it.
    pub(crate) peers: BTreeMap<String, Option<usize>>,
    /// The systems that it is for, as its manifest has them.
    pub(crate) platforms: PackagePlatforms,
}

/// `os`, `cpu` and `libc` of a manifest; empty where it names none. bun says `none` for those that it does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackagePlatforms {
    /// `os`.
    pub(crate) os: Vec<String>,
    /// `cpu`.
    pub(crate) cpu: Vec<String>,
    /// `libc`.
    pub(crate) libc: Vec<String>,
}

/// Where a package comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PinnedSource {
    /// A registry, or an address of its own.
    Remote {
        /// What its tarball must be, as subresource integrity has it.
        integrity: Option<String>,
        /// Its tarball's address, where that does not follow from name and version.
        address: Option<String>,
    },
    /// A tarball or a folder of the project, as the lockfile writes it.
    Local(String),
    /// Something of which no tarball can be had here, as the lockfile writes it: a repository.
    Other(String),
}

impl PackagePlatforms {
    /// Those of a manifest, or of what a lockfile says in its place.
    pub(crate) fn of(facts: &Map<String, Value>) -> Self {
        Self { os: words(facts.get("os")), cpu: words(facts.get("cpu")), libc: words(facts.get("libc")) }
    }

    fn of_value(facts: &Value) -> Self {
        facts.as_object().map(Self::of).unwrap_or_default()
    }
}

/// Reads the graph of a lockfile that was made for one surface alone.
///
/// # Errors
/// A text that is not such a lockfile.
pub(crate) fn graph(manager: Name, text: &str) -> Result<PackageGraph, String> {
    match manager {
        Name::Pnpm => pnpm::graph(text),
        Name::Npm => npm::graph(text),
        Name::Bun => bun::graph(text),
        Name::Yarn => Err("yarn's lockfiles are not read as a graph".to_owned()),
    }
}

/// A list of words, or one word.
fn words(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(word)) => vec![word.clone()],
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// The keys of a map of a package's facts.
fn keys<'a>(facts: &'a Value, field: &str) -> impl Iterator<Item = &'a String> + use<'a> {
    facts.get(field).and_then(Value::as_object).into_iter().flat_map(|map| map.keys())
}

/// The peers that must be there.
fn required_peers(facts: &Value) -> impl Iterator<Item = &String> {
    let is_optional = |key: &String| {
        facts
            .get("peerDependenciesMeta")
            .and_then(|meta| meta.get(key)?.get("optional"))
            .is_some_and(|optional| *optional == Value::Bool(true))
            || words(facts.get("optionalPeers")).contains(key)
    };
    keys(facts, "peerDependencies").filter(move |key| !is_optional(key))
}

fn bounded(count: usize) -> Result<(), String> {
    if count > MOST { Err(format!("it has more than {MOST} packages")) } else { Ok(()) }
}
