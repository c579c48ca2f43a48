//! How a surface's manifest is changed so that its packages in scope come from the deps dir.

#[cfg(test)]
mod properties;
mod references;
pub(super) mod selector;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::way::Way;
use crate::model::edit::{self, Change, EditError, Undo};
use crate::model::json::{Document, Kind, NodeId, SyntaxError};
use crate::model::manifest::DEPENDENCY_FIELDS;
pub use references::{Reference, holds_a_tarball, points_into};

/// A dependency of the surface that is to come from the deps dir.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Direct {
    /// The field, as `devDependencies`.
    pub field: String,
    /// The key in it: the package's name, or an alias.
    pub key: String,
    /// The new specifier.
    pub specifier: String,
}

/// What a surface needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Dependencies whose specifiers are replaced.
    pub direct: Vec<Direct>,
    /// Names and specifiers to add to `dependencies` where the names are missing there: required peers.
    pub added: Vec<(String, String)>,
    /// Selectors and specifiers.
    pub overrides: Vec<(String, String)>,
    /// Packages that no override may point elsewhere.
    pub yielding: BTreeSet<String>,
}

/// A manifest that is rewritten.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewrite {
    /// The new text.
    pub text: String,
    /// What it takes to undo it.
    pub undo: Vec<Undo>,
    /// What was changed, in order.
    pub changes: Vec<Change>,
}

/// Why a manifest cannot be rewritten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// It is not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// It has another shape than a manifest.
    #[error("{} must be an object, found {found}", described(path))]
    NotAnObject {
        /// The keys from the root on; none for the manifest itself.
        path: Vec<String>,
        /// As `an array`.
        found: &'static str,
    },
    /// A dependency that is to be rewritten is not there.
    #[error("`{}` must be a string, found {found}", path.join("."))]
    NotADependency {
        /// The keys from the root on.
        path: Vec<String>,
        /// As `an array`; `nothing` where it is missing.
        found: &'static str,
    },
    /// A change cannot be made.
    #[error(transparent)]
    Edit(#[from] EditError),
}

fn described(path: &[String]) -> String {
    if path.is_empty() { "the manifest".to_owned() } else { format!("`{}`", path.join(".")) }
}

/// Rewrites a manifest.
///
/// # Errors
/// See [`RewriteError`]; `null` for a field counts as a field that is missing.
pub fn rewrite(text: &str, way: Way, request: &Request) -> Result<Rewrite, RewriteError> {
    let document = Document::parse(text)?;
    let changes = match way {
        Way::PnpmOverrides => changes(&document, request)?,
        Way::WorkspaceOverrides
        | Way::Tarballs
        | Way::NpmOverrides
        | Way::BunOverrides
        | Way::Resolutions => Vec::new(),
    };
    let edited = edit::apply(text, &changes)?;
    Ok(Rewrite { text: edited.text, undo: edited.undo, changes })
}

/// pnpm merges these into one map, the later winning (`getOptionsFromRootManifest`).
const OVERRIDES: [&[&str]; 2] = [&["resolutions"], &["pnpm", "overrides"]];

/// The changes for [`Way::PnpmOverrides`].
fn changes(document: &Document, request: &Request) -> Result<Vec<Change>, RewriteError> {
    check_shape(document)?;
    let mut changes = Vec::new();
    direct(document, request, &mut changes)?;
    added(document, request, &mut changes);
    overrides(document, request, &mut changes);
    kept_references(document, request, &mut changes);
    yielding(document, request, &mut changes);
    Ok(changes)
}

fn check_shape(document: &Document) -> Result<(), RewriteError> {
    let not_an_object = |path: &[&str], node: NodeId| RewriteError::NotAnObject {
        path: owned(path),
        found: document.kind(node).described(),
    };
    if document.kind(document.root()) != Kind::Object {
        return Err(not_an_object(&[], document.root()));
    }
    let fields = DEPENDENCY_FIELDS.map(|field| vec![field]);
    let places = fields.iter().map(Vec::as_slice).chain([["pnpm"].as_slice()]).chain(OVERRIDES);
    for place in places {
        match document.find(place) {
            Some(node) if !matches!(document.kind(node), Kind::Object | Kind::Null) => {
                return Err(not_an_object(place, node));
            }
            _ => {}
        }
    }
    Ok(())
}

fn direct(document: &Document, request: &Request, changes: &mut Vec<Change>) -> Result<(), RewriteError> {
    for direct in &request.direct {
        let path = vec![direct.field.clone(), direct.key.clone()];
        let found = document.find(&path).map(|node| document.kind(node));
        if found != Some(Kind::String) {
            let found = found.map_or("nothing", Kind::described);
            return Err(RewriteError::NotADependency { path, found });
        }
        changes.push(Change::Set { path, value: direct.specifier.clone().into() });
    }
    Ok(())
}

fn added(document: &Document, request: &Request, changes: &mut Vec<Change>) {
    let missing: Vec<_> =
        request.added.iter().filter(|(name, _)| document.find(&["dependencies", name]).is_none()).collect();
    if missing.is_empty() {
        return;
    }
    open(document, &["dependencies"], changes);
    for (name, specifier) in missing {
        changes.push(set(&["dependencies", name], specifier));
    }
}

fn overrides(document: &Document, request: &Request, changes: &mut Vec<Change>) {
    if request.overrides.is_empty() {
        return;
    }
    open(document, &["pnpm"], changes);
    open(document, &["pnpm", "overrides"], changes);
    for (selector, specifier) in &request.overrides {
        changes.push(set(&["pnpm", "overrides", selector], specifier));
    }
}

/// Makes an object of a `null`.
fn open(document: &Document, path: &[&str], changes: &mut Vec<Change>) {
    if document.find(path).is_some_and(|node| document.kind(node) == Kind::Null) {
        changes.push(Change::Set { path: owned(path), value: Map::new().into() });
    }
}

/// Overrides of other packages that take the specifier of a direct dependency (`"foo": "$@bytelyst/b"`) keep what
/// they meant: pnpm would read our specifier there (`createVersionReferencesReplacer`).
fn kept_references(document: &Document, request: &Request, changes: &mut Vec<Change>) {
    for (path, selector, node) in entries(document) {
        if goes(request, path, &selector) || is_ours(request, path, &selector) {
            continue;
        }
        let value = document.string(node);
        let Some(name) = value.as_deref().and_then(|value| value.strip_prefix('$')) else { continue };
        let Some((_, former)) = referenced(document, name) else { continue };
        if specifier_after(document, request, name).is_some_and(|after| after != former) {
            changes.push(set(&member(path, &selector), &former));
        }
    }
}

/// The field and the specifier that `$name` stands for: of the fields that have it, pnpm takes the optional one, then
/// the regular one.
fn referenced(document: &Document, name: &str) -> Option<(&'static str, String)> {
    let fields = ["optionalDependencies", "dependencies", "devDependencies"];
    let (field, node) = fields.into_iter().find_map(|field| Some((field, document.find(&[field, name])?)))?;
    // Of an empty one pnpm says that it cannot be resolved.
    Some((field, document.string(node).filter(|specifier| !specifier.is_empty())?))
}

/// What `$name` would stand for once the manifest is rewritten.
fn specifier_after<'r>(document: &Document, request: &'r Request, name: &str) -> Option<&'r str> {
    let (field, _) = referenced(document, name)?;
    let added =
        || request.added.iter().find(|(added, _)| added == name).map(|(_, specifier)| specifier.as_str());
    let direct = request.direct.iter().rfind(|direct| direct.field == field && direct.key == name);
    match field {
        // A new regular dependency goes before the one for development.
        "devDependencies" => added().or(direct.map(|direct| direct.specifier.as_str())),
        _ => direct.map(|direct| direct.specifier.as_str()),
    }
}

fn yielding(document: &Document, request: &Request, changes: &mut Vec<Change>) {
    let mut gone = BTreeSet::new();
    for (path, selector, _) in entries(document) {
        let path = member(path, &selector);
        if goes(request, &path[..path.len() - 1], &selector) && gone.insert(owned(&path)) {
            changes.push(Change::Remove { path: owned(&path) });
        }
    }
}

/// Every override: where it stands, its selector and its value. Of repeated ones the last one counts.
fn entries(document: &Document) -> impl Iterator<Item = (&'static [&'static str], String, NodeId)> {
    OVERRIDES.into_iter().flat_map(move |path| {
        let node = document.find(path);
        let members = node.map(|node| document.members(node)).unwrap_or_default();
        members.iter().enumerate().filter_map(move |(index, member)| {
            let key = member.key.clone()?;
            let counts = document.position(node?, &key) == Some(index);
            counts.then_some((path, key, member.value))
        })
    })
}

/// Whether an override is taken out. One that has the selector of one of ours holds ours by then.
fn goes(request: &Request, path: &[&str], selector: &str) -> bool {
    let yields = selector::target(selector).is_some_and(|target| request.yielding.contains(target));
    yields && !is_ours(request, path, selector)
}

/// Whether one of our overrides stands there.
fn is_ours(request: &Request, path: &[&str], selector: &str) -> bool {
    path == OVERRIDES[1] && request.overrides.iter().any(|(ours, _)| ours == selector)
}

fn member<'k>(path: &[&'k str], key: &'k str) -> Vec<&'k str> {
    path.iter().copied().chain([key]).collect()
}

fn set(path: &[&str], specifier: &str) -> Change {
    Change::Set { path: owned(path), value: Value::from(specifier) }
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|key| (*key).to_owned()).collect()
}
