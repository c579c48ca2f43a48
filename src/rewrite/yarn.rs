//! yarn: `resolutions`, a flat map, of which the first that matches counts.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

use super::request::RewriteRequest;
use super::{RewriteError, members_of, open, resolution, set};
use crate::rewrite::install_target::InstallTarget;
use crate::text::{Change, Document};

const FIELD: &str = "resolutions";

/// Our resolutions, and what becomes of those that are there; says how many point at tarballs then.
pub(super) fn resolutions(
    document: &Document,
    reader: &InstallTarget,
    request: &RewriteRequest,
    changes: &mut Vec<Change>,
) -> Result<usize, RewriteError> {
    let is_flat = document.find(&["flat"]).is_some_and(|node| document.raw(node) == "true");
    if is_flat && *reader.manager.majors.start() <= 1 {
        return Err(RewriteError::Flat);
    }
    let ours = ours(request);
    if !ours.is_empty() {
        open(document, &[FIELD], changes);
    }
    for (key, specifier) in &ours {
        changes.push(set(&[FIELD, key], specifier));
    }
    let mut count = ours.len();
    for (key, value) in members_of(document, &[FIELD])? {
        let path = vec![FIELD.to_owned(), key.clone()];
        if ours.iter().any(|(ours, _)| *ours == key) {
            // It holds ours by then.
        } else if let Some(specifier) = request.placed_at(&path) {
            changes.push(set(&[FIELD, &key], specifier));
            count += 1;
        } else {
            match fate(request, &key) {
                Fate::Stays => {}
                Fate::Goes => changes.push(Change::Remove { path }),
                Fate::GoesLast => changes.extend(moved(path, value)),
            }
        }
    }
    Ok(count)
}

/// What becomes of a resolution that is not ours.
enum Fate {
    Stays,
    Goes,
    /// It takes the place of other packages too, and may, where ours stand before it.
    GoesLast,
}

fn fate(request: &RewriteRequest, key: &str) -> Fate {
    let Some(target) = resolution::target(key) else { return Fate::Stays };
    if request.specifier(target).is_some() {
        return Fate::Goes;
    }
    let parents: BTreeSet<&str> = request
        .aliases
        .iter()
        .filter(|alias| alias.alias == target)
        .flat_map(|alias| request.names_of(&alias.parent))
        .collect();
    match resolution::parent(key) {
        _ if parents.is_empty() => Fate::Stays,
        None | Some("**") => Fate::GoesLast,
        Some(parent) if parents.contains(parent) => Fate::Goes,
        Some(_) => Fate::Stays,
    }
}

fn moved(path: Vec<String>, value: Value) -> [Change; 2] {
    [Change::Remove { path: path.clone() }, Change::Set { path, value }]
}

/// Keys and specifiers of all that a surface needs, as both yarn 1 and 4 take them. An alias is matched by its own
/// name, under the name that its parent goes by; flat, it would take the place of other packages of that name.
fn ours(request: &RewriteRequest) -> Vec<(String, String)> {
    let packages = request.packages.iter().map(|package| (package.name.clone(), package.specifier.clone()));
    let aliases = request.aliases.iter().flat_map(|alias| {
        let parents = request.names_of(&alias.parent);
        parents
            .into_iter()
            .map(|parent| (format!("{parent}/{}", alias.alias), alias.specifier.clone()))
            .collect::<Vec<_>>()
    });
    packages.chain(aliases).collect()
}
