//! The workspace that a flag, a variable or `docker-prep.toml` names.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Itself, holds_scope, is_workspace, read_as, workspaces_beside};
use crate::error::{Error, ErrorKind, Result};
use crate::npm::{Member, Workspace, manifest_file as manifest};
use crate::project::named_by::{given_again, named_by};
use crate::project::package_source::PackageSource;
use crate::project::read::Project;
use crate::project::read::surfaces::depends_on_scope;

/// The workspace that somebody named for a project. One that takes the packages from elsewhere, as products do, is
/// refused: its catalogs and settings are not those that the packages were written with.
pub(super) fn find(project: &Project, path: &Path, by: &str, itself: Itself<'_>) -> Result<Workspace> {
    let workspace = read(project, path, by).map_err(|error| match error.kind {
        ErrorKind::Environment => error.hint(instead(by, beside(project).as_deref())),
        _ => error,
    })?;
    // What was asked for by name is looked for in any workspace.
    if may_be_plain(project) || itself.has_names() || holds_scope(&workspace, &project.scope) {
        return Ok(workspace);
    }
    let in_scope = |member: &&Member| member.manifest.name().is_some_and(|name| project.scope.contains(name));
    let elsewhere: Vec<&Member> = workspace.members.iter().filter(in_scope).collect();
    let home = |member: &&Member| {
        let mut above = member.dir.ancestors().skip(1).take_while(|dir| !workspace.root.starts_with(dir));
        above.find(|dir| is_workspace(dir)).map(Path::to_path_buf)
    };
    let better = elsewhere.iter().find_map(home);
    match better.or_else(|| elsewhere.is_empty().then(|| beside(project)).flatten()) {
        // It brings packages together that no other workspace holds.
        None if !elsewhere.is_empty() => Ok(workspace),
        better => Err(no_packages(project, &workspace, by, better.as_deref())),
    }
}

fn no_packages(project: &Project, workspace: &Workspace, by: &str, better: Option<&Path>) -> Error {
    let root = workspace.root.display();
    let looks = look(project, &workspace.root);
    let message = format!("{root}: holds no packages in scope {}{looks}{}", project.scope, named_by(by));
    Error::new(ErrorKind::Environment, message).hint(instead(by, better))
}

/// Whether a plain folder of packages will do.
fn may_be_plain(project: &Project) -> bool {
    project.source.source == PackageSource::Vendor
}

/// What a folder looks like that is no workspace with packages in scope: a product has a manifest, there or in a folder of
/// it, that depends on them.
fn look(project: &Project, root: &Path) -> &'static str {
    let folders = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_product = std::iter::once(root.to_path_buf()).chain(folders).any(|dir| {
        let manifest = manifest::read(&dir).ok().flatten();
        manifest.is_some_and(|(_, manifest)| depends_on_scope(&manifest.0, &project.scope))
    });
    if is_product { ": it looks like a product, which takes them from elsewhere" } else { "" }
}

/// What to name instead of a folder that holds no shared packages.
fn instead(by: &str, better: Option<&Path>) -> String {
    match better {
        Some(better) => {
            let better = better.display().to_string();
            format!("name the repository that holds them: {}", given_again(by, "workspace", &better))
        }
        None => format!(
            "name the repository that holds them, a folder with pnpm-workspace.yaml or a package.json with `workspaces`: {}",
            given_again(by, "workspace", "DIR")
        ),
    }
}

/// The one workspace beside the project that holds packages in scope.
fn beside(project: &Project) -> Option<PathBuf> {
    let holds =
        |dir: &PathBuf| super::read(dir).is_ok_and(|workspace| holds_scope(&workspace, &project.scope));
    let mut found = workspaces_beside(project, &project.root).ok()?.into_iter().filter(holds);
    found.next().filter(|_| found.next().is_none())
}

/// The workspace that somebody named; where that may be a plain folder of packages, each that lies in it, or in a folder
/// of a scope in it, as in `node_modules`, is one.
pub(super) fn read(project: &Project, path: &Path, by: &str) -> Result<Workspace> {
    let missing =
        |why: &str| Error::new(ErrorKind::Environment, format!("{}: {why}{}", path.display(), named_by(by)));
    let root = path.canonicalize().map_err(|_| missing("no such workspace"))?;
    match (is_workspace(&root), may_be_plain(project)) {
        (true, _) => super::read(&root),
        (false, true) if root.is_dir() => read_as(&root, &["*".to_owned(), "@*/*".to_owned()]),
        (false, true) => Err(missing("is no folder")),
        // Most products are no workspace at all.
        (false, false) => Err(missing(&format!("is not a workspace{}", look(project, &root)))),
    }
}
