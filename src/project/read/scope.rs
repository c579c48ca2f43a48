//! Whether the scope is a mistake: whether anything in it occurs at all.

use super::picture::ProjectPicture;
use super::{Project, workspace};
use crate::error::{Problem, Result};
use crate::npm::{DEPENDENCY_FIELDS, Manifest, as_seen_from, specifier};
use crate::project::requested::Requested;
use crate::project::scope_search::{Occurrences, ScopeSearch};

/// Looks for packages in scope in every manifest of the project, and in the workspaces that it could take them from.
///
/// # Errors
/// As [`ScopeSearch::judge`]: what is surely not meant.
pub(crate) fn check(
    project: &Project,
    requested: &Requested,
    picture: &ProjectPicture,
) -> Result<Vec<Problem>> {
    let mut search = ScopeSearch::default();
    for (place, manifest) in &picture.sources.manifests {
        search.has_manifest = true;
        add(&Manifest(manifest.clone()), place, &mut search);
    }
    for workspace in workspace::candidates(project, requested) {
        let root = as_seen_from(&project.root, &workspace.root);
        for member in &workspace.members {
            if let Some(name) = member.manifest.name() {
                let place = format!("{root}/{}", member.relative);
                search.packages.entry(name.to_owned()).or_insert(place);
            }
        }
    }
    search.judge(&project.root, &project.scope, project.scope_by.as_deref())
}

fn add(manifest: &Manifest, place: &str, search: &mut ScopeSearch) {
    let add = |name: &str, names: &mut Occurrences| {
        names.entry(name.to_owned()).or_insert_with(|| place.to_owned());
    };
    if let Some(name) = manifest.name() {
        add(name, &mut search.packages);
    }
    for field in DEPENDENCY_FIELDS.iter().chain(&["peerDependencies"]) {
        for (key, spec) in manifest.dependencies(field) {
            add(key, &mut search.dependencies);
            add(&specifier::parse(key, spec).name, &mut search.dependencies);
        }
    }
}
