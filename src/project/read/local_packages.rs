//! Finds the packages that surfaces take from the disk: those of the product's own workspace, and those of the shared one
//! that they link to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::workspace::is_workspace;
use super::{Project, surfaces};
use crate::npm::{
    DEPENDENCY_FIELDS, SpecifierKind, Workspace, manifest_file, members, npm_patterns, patterns, specifier,
    workspace_file,
};
use crate::project::local_packages::LocalPackages;
use crate::project::surface::Surface;

/// Looks at what the surfaces' dependencies lead to; `workspace` is the shared one, where there is one.
pub(crate) fn find(project: &Project, workspace: Option<&Workspace>, found: &[Surface]) -> LocalPackages {
    let mut packages = LocalPackages::default();
    let mut by_root: BTreeMap<PathBuf, BTreeMap<String, String>> = BTreeMap::new();
    for surface in found {
        for spec in local_specifiers(surface) {
            if let Some(name) = workspace.and_then(|workspace| member_at(project, workspace, surface, spec)) {
                packages.linked.insert((surface.dir.clone(), spec.to_owned()), name.to_owned());
            }
        }
        if !may_need_own(project, workspace, surface) {
            continue;
        }
        let own = packages.own.entry(surface.dir.clone()).or_default();
        let dir = project.root.join(&surface.dir);
        for root in dir.ancestors().take_while(|dir| dir.starts_with(&project.root)) {
            let names =
                by_root.entry(root.to_path_buf()).or_insert_with(|| own_packages(project, workspace, root));
            own.extend(names.iter().map(|(name, folder)| (name.clone(), folder.clone())));
        }
    }
    packages
}

fn dependencies(surface: &Surface) -> impl Iterator<Item = (&str, &str)> {
    let fields = DEPENDENCY_FIELDS.iter().chain(&["peerDependencies"]);
    fields.flat_map(|field| surface.manifest.dependencies(field))
}

fn local_specifiers(surface: &Surface) -> impl Iterator<Item = &str> {
    let is_local =
        |(key, spec): &(&str, &str)| matches!(specifier::parse(key, spec).kind, SpecifierKind::Local(_));
    dependencies(surface).filter(is_local).map(|(_, spec)| spec)
}

/// The package of the shared workspace that a `link:`, `file:`, `portal:` or path leads to, out of the project.
fn member_at<'w>(
    project: &Project,
    workspace: &'w Workspace,
    surface: &Surface,
    spec: &str,
) -> Option<&'w str> {
    let path = ["link:", "file:", "portal:"].iter().find_map(|protocol| spec.strip_prefix(protocol));
    let below = Path::new(&surface.dir).join(path.unwrap_or(spec));
    let target = project.path_from_root(below).canonicalize().ok()?;
    if target.starts_with(&project.root) {
        return None;
    }
    let leads_to = |dir: &Path| dir == target || dir.canonicalize().is_ok_and(|dir| dir == target);
    workspace.members.iter().find(|member| leads_to(&member.dir))?.manifest.name()
}

/// Whether a dependency in scope is not simply one of the shared workspace.
fn may_need_own(project: &Project, workspace: Option<&Workspace>, surface: &Surface) -> bool {
    let is_shared = |name: &str| {
        let mut members = workspace.iter().flat_map(|workspace| &workspace.members);
        members.any(|member| member.manifest.name() == Some(name))
    };
    dependencies(surface).any(|(key, spec)| {
        let specifier = specifier::parse(key, spec);
        let is_workspaces =
            matches!(specifier.kind, SpecifierKind::Workspace(_) | SpecifierKind::WorkspacePath(_));
        project.scope.contains(&specifier.name) && (is_workspaces || !is_shared(&specifier.name))
    })
}

/// The packages of a workspace inside the project, with their folders; what cannot be read, and what belongs to the shared
/// workspace, is none.
fn own_packages(project: &Project, workspace: Option<&Workspace>, root: &Path) -> BTreeMap<String, String> {
    let is_shared = |dir: &Path| workspace.is_some_and(|workspace| dir.starts_with(&workspace.root));
    if !is_workspace(root) || is_shared(root) {
        return BTreeMap::new();
    }
    let file = workspace_file(root).ok().flatten();
    let manifest = manifest_file::read(root).ok().flatten();
    let globs = match (&file, &manifest) {
        (Some(file), _) => patterns(file),
        (None, Some((_, manifest))) => npm_patterns(&manifest.0),
        (None, None) => Vec::new(),
    };
    let mut packages = BTreeMap::new();
    for folder in members::find(root, &globs).unwrap_or_default() {
        let Ok(dir) = folder.dir.canonicalize() else { continue };
        let Some(relative) = surfaces::relative(&project.root, &dir) else { continue };
        if !is_shared(&dir)
            && let Ok(Some((_, manifest))) = manifest_file::read(&dir)
            && let Some(name) = manifest.name()
        {
            packages.insert(name.to_owned(), relative);
        }
    }
    packages
}
