//! Whether the scope is a mistake: whether anything in it occurs at all.

use std::fs;

use walkdir::{DirEntry, WalkDir};

use super::{Project, workspace};
use crate::error::{Problem, Result};
use crate::npm::{DEPENDENCY_FIELDS, Manifest, as_seen_from, specifier};
use crate::project::requested::Requested;
use crate::project::scope_search::{Occurrences, ScopeSearch};
use crate::text::json;

/// No manifest lies deeper below the root.
const MAX_DEPTH: usize = 16;

/// Looks for packages in scope in every manifest of the project, and in the workspaces that it could take them from.
///
/// # Errors
/// As [`ScopeSearch::judge`]: what is surely not meant.
pub(crate) fn check(project: &Project, requested: &Requested) -> Result<Vec<Problem>> {
    let mut search = ScopeSearch::default();
    for entry in manifests(project) {
        search.has_manifest = true;
        let place = entry.path().strip_prefix(&project.root).unwrap_or(entry.path()).display().to_string();
        let Ok(bytes) = fs::read(entry.path()) else { continue };
        let Ok(map) = json::parse_object(&String::from_utf8_lossy(&bytes)) else { continue };
        add(&Manifest(map), &place, &mut search);
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

fn manifests(project: &Project) -> impl Iterator<Item = DirEntry> {
    let worth_entering = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !entry.file_type().is_dir() || !name.starts_with('.') && name != "node_modules"
    };
    let walk = WalkDir::new(&project.root).max_depth(MAX_DEPTH).sort_by_file_name().into_iter();
    walk.filter_entry(worth_entering).flatten().filter(|entry| entry.file_name() == "package.json")
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
