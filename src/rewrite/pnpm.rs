//! pnpm: `pnpm.overrides` and `resolutions` of a manifest, which it reads up to 10.

#[cfg(test)]
mod tests;

use super::reference::written_out;
use super::request::RewriteRequest;
use super::{RewriteError, open, owned, selector, set};
use crate::image::Name;
use crate::rewrite::install_target::{InstallTarget, OverrideField};
use crate::rewrite::override_style::OverrideStyle;
use crate::text::{Change, Document, NodeId};

/// Our overrides, and what becomes of those that are there; says how many point at tarballs then.
pub(super) fn overrides(
    document: &Document,
    reader: &InstallTarget,
    request: &RewriteRequest,
    changes: &mut Vec<Change>,
) -> Result<usize, RewriteError> {
    let mut here = Vec::new();
    if reader.way == OverrideStyle::PnpmOverrides {
        here = ours(request);
        here.extend(carried(document, reader, request));
    }
    let here: Vec<_> = here
        .into_iter()
        .filter(|(key, _)| request.placed_at(&place(OverrideField::PnpmOverrides, key)).is_none())
        .collect();
    if !here.is_empty() {
        open(document, &["pnpm"], changes);
        open(document, &["pnpm", "overrides"], changes);
    }
    for (key, specifier) in &here {
        changes.push(set(&place(OverrideField::PnpmOverrides, key), specifier));
    }
    let mut count = if reader.way == OverrideStyle::PnpmOverrides { ours(request).len() } else { 0 };
    for (at, key, node) in entries(document, reader) {
        let path = place(at, &key);
        if let Some(specifier) = request.placed_at(&path) {
            changes.push(set(&path, specifier));
            count += 1;
        } else if at == OverrideField::PnpmOverrides && here.iter().any(|(here, _)| *here == key) {
            // It holds ours by then.
        } else if goes(reader, request, &key) {
            changes.push(Change::Remove { path: owned(&path) });
        } else if let Some(former) = kept(document, request, node) {
            changes.push(set(&path, &former));
        }
    }
    if reader.way == OverrideStyle::WorkspaceOverrides {
        alone(document, reader, request)?;
    }
    Ok(count)
}

/// Selectors and specifiers of all that a surface needs.
pub(super) fn ours(request: &RewriteRequest) -> Vec<(String, String)> {
    let packages = request.packages.iter().map(|package| (package.name.clone(), package.specifier.clone()));
    let aliases = request.aliases.iter();
    packages
        .chain(aliases.map(|alias| (format!("{}>{}", alias.parent, alias.alias), alias.specifier.clone())))
        .collect()
}

/// Whether an override would beat ours, or the links between tarballs.
pub(super) fn goes(reader: &InstallTarget, request: &RewriteRequest, key: &str) -> bool {
    let Some((parent, target)) = selector::parts(key) else { return false };
    // An alias is matched by overrides under its own name. Ours of aliases have a parent, and beat those without
    // (`pickMostSpecificVersionOverride` is asked for them first).
    let beats = |of: &str| parent.map_or(reader.way == OverrideStyle::Tarballs, |parent| parent == of);
    request.specifier(target).is_some()
        || request.aliases.iter().any(|alias| alias.alias == target && beats(&alias.parent))
}

/// Overrides of `pnpm-workspace.yaml` that pnpm 10 would no longer read: those of a manifest take the place of the
/// whole map. They go into the manifest for the time being, unless its own had their place already.
fn carried(document: &Document, reader: &InstallTarget, request: &RewriteRequest) -> Vec<(String, String)> {
    let had_some = entries(document, reader).next().is_some();
    if had_some || *reader.manager.majors.end() != 10 || reader.manager.name != Name::Pnpm {
        return Vec::new();
    }
    let ours = ours(request);
    let others = reader.workspace_overrides.iter().filter(|(key, _)| {
        let is_ours = ours.iter().any(|(ours, _)| ours == key);
        is_placed(request, key) || !is_ours && !goes(reader, request, key)
    });
    others
        .map(|(key, value)| {
            let placed = request.workspace_placed.iter().find(|(selector, _)| selector == key);
            let value = match placed {
                Some((_, specifier)) => specifier.clone(),
                None => written_out(document, Name::Pnpm, request, value).unwrap_or_else(|| value.clone()),
            };
            (key.clone(), value)
        })
        .collect()
}

fn is_placed(request: &RewriteRequest, key: &str) -> bool {
    request.workspace_placed.iter().any(|(selector, _)| selector == key)
}

/// pnpm 10 is not told by both files.
fn alone(document: &Document, reader: &InstallTarget, request: &RewriteRequest) -> Result<(), RewriteError> {
    let stay = entries(document, reader).filter(|(_, key, _)| !goes(reader, request, key));
    let selectors: Vec<String> = stay.map(|(_, key, _)| key).collect();
    if selectors.is_empty() { Ok(()) } else { Err(RewriteError::TakesTheirPlace { selectors }) }
}

fn kept(document: &Document, request: &RewriteRequest, node: NodeId) -> Option<String> {
    written_out(document, Name::Pnpm, request, &document.string(node)?)
}

/// Every override that pnpm reads here: where it stands, its selector and its value. Of repeated ones the last counts;
/// both fields make one map, `pnpm.overrides` winning (`getOptionsFromRootManifest`).
fn entries(
    document: &Document,
    reader: &InstallTarget,
) -> impl Iterator<Item = (OverrideField, String, NodeId)> {
    reader.places().iter().flat_map(move |place| {
        let node = document.find(place.path());
        let members = node.map(|node| document.members(node)).unwrap_or_default();
        members.iter().enumerate().filter_map(move |(index, member)| {
            let key = member.key.clone()?;
            let counts = document.position(node?, &key) == Some(index);
            counts.then_some((*place, key, member.value))
        })
    })
}

fn place(place: OverrideField, key: &str) -> Vec<&str> {
    place.path().iter().copied().chain([key]).collect()
}
