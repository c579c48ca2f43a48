//! How a surface's manifest is changed so that its packages in scope come from the deps dir.

mod builds;
mod bun;
pub(crate) mod clean;
pub(crate) mod closure;
pub(crate) mod components;
mod difference;
mod error;
pub(crate) mod files;
mod install_target;
mod layout;
mod link;
pub(crate) mod linking;
mod npm;
pub(crate) mod ours;
mod override_style;
mod pnpm;
#[cfg(test)]
mod properties;
mod reference;
mod references;
mod request;
mod resolution;
#[cfg(test)]
mod sample;
mod selector;
mod stale;
mod surface;
pub(crate) mod take_back;
pub(crate) mod tarball_reference;
#[cfg(test)]
mod tests;
mod third_parties;
mod workspace;
mod yarn;

pub(crate) use self::builds::{TarballBuild, allowing};
pub(crate) use self::closure::{Closure, Edge, MemberIndex, Needs, OwnPackage, Reason};
pub(crate) use self::components::Component;
pub(crate) use self::files::{FileChange, refuse_uncopied, replacement};
pub(crate) use self::install_target::InstallTarget;
pub(crate) use self::layout::InstallLayout;
pub(crate) use self::link::Linking;
pub(crate) use self::override_style::OverrideStyle;
pub(crate) use self::stale::{SettingsFile, StaleEntries, stale_entries};
pub(crate) use self::surface::{Rewritten, rewritten};
pub(crate) use self::take_back::TakeBackError;
pub(crate) use self::tarball_reference::{Parts, names, percent_decoded};
pub(crate) use self::third_parties::ThirdParties;

use serde_json::{Map, Value};

pub(crate) use self::error::RewriteError;
use self::references::reference_file;
pub(crate) use self::references::{holds_a_tarball, names_a_tarball, names_a_tarball_in, points_into};
pub(crate) use self::request::{AliasTarget, RedirectedDependency, RequestedPackage, RewriteRequest};
pub(crate) use self::workspace::{WorkspaceOverrides, workspace_overrides};
use crate::image::Name;
use crate::npm::DEPENDENCY_FIELDS;
use crate::text::{Change, Document, JsonUndo, NodeId, NodeKind, edit};

/// A manifest that is rewritten.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rewrite {
    /// The new text.
    pub(crate) text: String,
    /// What it takes to undo it.
    pub(crate) undo: Vec<JsonUndo>,
    /// What was changed, in order.
    pub(crate) changes: Vec<Change>,
    /// How many overrides point at tarballs now.
    pub(crate) overrides: usize,
}

/// Rewrites a manifest for what reads it.
///
/// # Errors
/// See [`RewriteError`]; `null` for a field counts as a field that is missing.
pub(crate) fn rewrite(
    text: &str,
    reader: &InstallTarget,
    request: &RewriteRequest,
) -> Result<Rewrite, RewriteError> {
    let document = Document::parse(text)?;
    check_shape(&document, reader)?;
    let mut changes = Vec::new();
    direct(&document, request, &mut changes)?;
    changes.extend(request.removed.iter().map(|path| Change::Remove { path: path.clone() }));
    added(&document, request, &mut changes);
    if !reader.overrides_at_root {
        extensions(&document, reader, request, &mut changes);
    }
    let overrides = match (reader.way, reader.manager.name) {
        _ if reader.overrides_at_root => 0,
        (OverrideStyle::PnpmOverrides | OverrideStyle::WorkspaceOverrides, _)
        | (OverrideStyle::Tarballs, Name::Pnpm) => pnpm::overrides(&document, reader, request, &mut changes)?,
        (OverrideStyle::NpmOverrides, _) | (OverrideStyle::Tarballs, Name::Npm) => {
            npm::overrides(&document, reader, request, &mut changes)?
        }
        (OverrideStyle::BunOverrides, _) | (OverrideStyle::Tarballs, Name::Bun) => {
            bun::overrides(&document, reader, request, &mut changes)?
        }
        // yarn is never told by tarballs; what it is told by makes them count.
        (OverrideStyle::Resolutions, _) | (OverrideStyle::Tarballs, Name::Yarn) => {
            yarn::resolutions(&document, reader, request, &mut changes)?
        }
    };
    let edited = edit::apply(text, &changes)?;
    Ok(Rewrite { text: edited.text, undo: edited.undo, changes, overrides })
}

fn check_shape(document: &Document, reader: &InstallTarget) -> Result<(), RewriteError> {
    let not_an_object = |path: &[&str], node: NodeId| RewriteError::NotAnObject {
        path: owned(path),
        found: document.kind(node).described(),
    };
    if document.kind(document.root()) != NodeKind::Object {
        return Err(not_an_object(&[], document.root()));
    }
    let fields = DEPENDENCY_FIELDS.map(|field| vec![field]);
    let places = reader.places().iter().map(|place| place.path());
    let outer = places.clone().filter_map(|path| Some(path.split_last()?.1)).filter(|path| !path.is_empty());
    for place in fields.iter().map(Vec::as_slice).chain(outer).chain(places) {
        match document.find(place) {
            Some(node) if !matches!(document.kind(node), NodeKind::Object | NodeKind::Null) => {
                return Err(not_an_object(place, node));
            }
            _ => {}
        }
    }
    Ok(())
}

fn direct(
    document: &Document,
    request: &RewriteRequest,
    changes: &mut Vec<Change>,
) -> Result<(), RewriteError> {
    for direct in &request.direct {
        let path = vec![direct.field.clone(), direct.key.clone()];
        let found = document.find(&path).map(|node| document.kind(node));
        if found != Some(NodeKind::String) {
            let found = found.map_or("nothing", NodeKind::described);
            return Err(RewriteError::NotADependency { path, found });
        }
        changes.push(Change::Set { path, value: direct.specifier.clone().into() });
    }
    Ok(())
}

fn added(document: &Document, request: &RewriteRequest, changes: &mut Vec<Change>) {
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

/// What pnpm adds to packages of others is in no tarball that could name ours by itself.
fn extensions(
    document: &Document,
    reader: &InstallTarget,
    request: &RewriteRequest,
    changes: &mut Vec<Change>,
) {
    if !reader.reads_pnpm_field() {
        return;
    }
    for (path, specifier) in &request.placed {
        if path.get(1).is_some_and(|key| key == "packageExtensions") && document.find(path).is_some() {
            changes.push(Change::Set { path: path.clone(), value: specifier.as_str().into() });
        }
    }
}

/// Makes an object of a `null`.
fn open(document: &Document, path: &[&str], changes: &mut Vec<Change>) {
    if document.find(path).is_some_and(|node| document.kind(node) == NodeKind::Null) {
        changes.push(Change::Set { path: owned(path), value: Map::new().into() });
    }
}

/// A field's members; none where it is `null` or missing.
fn members_of(document: &Document, path: &[&str]) -> Result<Map<String, Value>, RewriteError> {
    let value = document.find(path).map(|node| document.to_value(node)).transpose()?;
    Ok(match value {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    })
}

fn set(path: &[&str], specifier: &str) -> Change {
    Change::Set { path: owned(path), value: Value::from(specifier) }
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|key| (*key).to_owned()).collect()
}
