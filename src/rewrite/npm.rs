//! npm: `overrides`, rules that may stand inside one another (Arborist's `OverrideSet`).
//!
//! A rule counts for the dependencies of what its parents name, and beats rules further out. Of rules of one level the
//! first counts whose range meets the dependency's. A relative `file:` in any of them is meant from the surface.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::difference::differences;
use super::reference::written_out;
use super::request::RewriteRequest;
use super::selector::before_range;
use super::{RewriteError, members_of, set};
use crate::npm::DEPENDENCY_FIELDS;
use crate::rewrite::install_target::InstallTarget;
use crate::rewrite::override_style::OverrideStyle;
use crate::text::{Change, Document};

const FIELD: &str = "overrides";

/// The key of a rule for the package itself, where others stand beside it.
const ITSELF: &str = ".";

/// Our overrides, and what becomes of those that are there; says how many point at tarballs then.
pub(super) fn overrides(
    document: &Document,
    reader: &InstallTarget,
    request: &RewriteRequest,
    changes: &mut Vec<Change>,
) -> Result<usize, RewriteError> {
    let rules = ExistingRules::new(document, reader, request);
    let before = members_of(document, &[FIELD])?;
    let mut after = before.clone();
    rules.tidy(&mut after, &mut vec![FIELD.to_owned()], true);
    let mut count =
        request.placed.iter().filter(|(path, _)| path.first().is_some_and(|key| key == FIELD)).count();
    if reader.way == OverrideStyle::NpmOverrides {
        for (name, specifier) in rules.flat() {
            put(&mut after, name, specifier, rules.aliases(name, &mut vec![name]));
            count += 1;
        }
        for direct in request.direct.iter().filter(|direct| direct.key != direct.package) {
            // Only for the aliases inside: what stands under another name gets no rules of its own name.
            let inside = rules.aliases(&direct.package, &mut vec![&direct.package]);
            if !inside.is_empty() {
                put(&mut after, &direct.key, &direct.specifier, inside);
            }
        }
        count += request.aliases.len() + request.optional_aliases.len();
        peers(document, &rules, changes);
    } else {
        // No link reaches a peer: below another package npm looks it up, although the surface has it.
        for (name, specifier) in &request.peers {
            put(&mut after, name, specifier, Map::new());
            count += 1;
        }
    }
    differences(document, &[FIELD], &before, &after, changes);
    Ok(count)
}

/// npm refuses a dependency of the root whose text differs from its override (EOVERRIDE), peers among them.
fn peers(document: &Document, rules: &ExistingRules<'_>, changes: &mut Vec<Change>) {
    for (name, specifier) in rules.flat() {
        let path = ["peerDependencies", name];
        let counts = |field: &&str| document.find(&[field, name]).is_some();
        let is_added = rules.request.added.iter().any(|(added, _)| added == name);
        if document.find(&path).is_some() && !DEPENDENCY_FIELDS.iter().any(counts) && !is_added {
            changes.push(set(&path, specifier));
        }
    }
}

/// Sees to the rules that are there.
pub(super) struct ExistingRules<'r> {
    document: &'r Document<'r>,
    reader: &'r InstallTarget,
    pub(super) request: &'r RewriteRequest,
}

impl<'r> ExistingRules<'r> {
    pub(super) fn new(
        document: &'r Document<'r>,
        reader: &'r InstallTarget,
        request: &'r RewriteRequest,
    ) -> Self {
        Self { document, reader, request }
    }

    /// Names and specifiers that need a rule wherever they are a dependency.
    fn flat(&self) -> impl Iterator<Item = (&'r str, &'r str)> {
        // npm 10 looks an optional peer up, although it installs none, and 11 does where the surface has it too. What it
        // is told is never installed either.
        let peers = self.request.optional_peers.iter();
        let packages = self.request.packages.iter();
        packages
            .map(|package| (package.name.as_str(), package.specifier.as_str()))
            .chain(peers.map(|(peer, specifier)| (peer.as_str(), specifier.as_str())))
    }

    /// Where a name leads that rules go by. `ours`: among the rules for the surface, or for packages of ours.
    fn specifier(&self, name: &str, ours: bool) -> Option<&'r str> {
        // A rule for an alias inside a tarball beats the link; ours for aliases stand further in, and beat it.
        let links = ours && self.reader.way == OverrideStyle::Tarballs;
        let alias = || self.request.aliases.iter().find(|alias| links && alias.alias == name);
        let peer =
            || self.flat().find(|(peer, _)| *peer == name && self.reader.way == OverrideStyle::NpmOverrides);
        self.request
            .specifier(name)
            .or_else(|| Some(alias()?.specifier.as_str()))
            .or_else(|| peer().map(|(_, specifier)| specifier))
    }

    /// Rules for packages of ours go. One that holds rules for others stays, and gets our specifier: without it, it
    /// would send npm to the registry.
    pub(super) fn tidy(&self, rules: &mut Map<String, Value>, path: &mut Vec<String>, ours: bool) {
        let keys: Vec<String> = rules.keys().cloned().collect();
        for key in keys {
            path.push(key);
            self.rule(rules, path, ours);
            path.pop();
        }
    }

    fn rule(&self, rules: &mut Map<String, Value>, path: &mut Vec<String>, ours: bool) {
        let Some(key) = path.last().cloned() else { return };
        let Some(value) = rules.get_mut(&key) else { return };
        let name = before_range(&key);
        let specifier = self.specifier(name, ours).filter(|_| key != ITSELF);
        match value {
            Value::String(text) => {
                if let Some(placed) = self.request.placed_at(path) {
                    *text = placed.to_owned();
                } else if specifier.is_some() {
                    rules.shift_remove(&key);
                } else if let Some(former) =
                    written_out(self.document, self.reader.manager.name, self.request, text)
                {
                    *text = former;
                }
            }
            Value::Object(inner) => {
                let was_empty = inner.is_empty();
                self.tidy(inner, path, specifier.is_some());
                if let Some(specifier) = specifier {
                    inner.shift_remove(ITSELF);
                    let range = key.get(name.len() + 1..).unwrap_or_default();
                    if inner.is_empty() || !self.request.takes(name, range) {
                        rules.shift_remove(&key);
                    } else {
                        itself(inner, specifier);
                        if self.reader.way == OverrideStyle::NpmOverrides {
                            merge(inner, self.aliases(name, &mut vec![name]));
                        }
                    }
                } else if inner.is_empty() && !was_empty {
                    rules.shift_remove(&key);
                }
            }
            _ => {}
        }
    }

    /// Rules for the aliases in a package's manifest, and in the manifests of what they mean: a package under another
    /// name is not found by rules for its own. A package of the chain is left out, since rules further out count too.
    fn aliases<'p>(&'p self, package: &str, chain: &mut Vec<&'p str>) -> Map<String, Value> {
        let mut rules = Map::new();
        // An optional peer is looked up by its alias too.
        let optional = self.request.optional_aliases.iter().filter(|alias| alias.parent == package);
        for alias in self.request.aliases_in(package).chain(optional) {
            let mut inside = Map::new();
            if !chain.contains(&alias.package.as_str()) {
                chain.push(&alias.package);
                inside = self.aliases(&alias.package, chain);
                chain.pop();
            }
            put(&mut rules, &alias.alias, &alias.specifier, inside);
        }
        rules
    }
}

/// Gives a name its rule; rules for others that stand in it stay.
pub(super) fn put(rules: &mut Map<String, Value>, name: &str, specifier: &str, inside: Map<String, Value>) {
    match rules.get_mut(name) {
        Some(Value::Object(there)) => {
            itself(there, specifier);
            merge(there, inside);
        }
        _ if inside.is_empty() => {
            rules.insert(name.to_owned(), specifier.into());
        }
        _ => {
            let mut rule = Map::from_iter([(ITSELF.to_owned(), specifier.into())]);
            merge(&mut rule, inside);
            rules.insert(name.to_owned(), rule.into());
        }
    }
}

fn itself(rule: &mut Map<String, Value>, specifier: &str) {
    rule.insert(ITSELF.to_owned(), specifier.into());
}

fn merge(rules: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, value) in more {
        match value {
            Value::Object(mut inside) => {
                let specifier = inside.shift_remove(ITSELF);
                put(rules, &key, specifier.as_ref().and_then(Value::as_str).unwrap_or_default(), inside);
            }
            value => put(rules, &key, value.as_str().unwrap_or_default(), Map::new()),
        }
    }
}
