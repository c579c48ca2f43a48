//! Finds and reads the repository that holds the shared packages.

mod named;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Project, git, typed_path};
use crate::disk;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::npm::workspace_files::npmrc;
use crate::npm::{
    Member, MemberFolder, PackSettings, Scope, WORKSPACE_FILE, Workspace, catalogs,
    manifest_file as manifest, members, npm_patterns, patterns, workspace_file, workspace_settings,
};
use crate::project::package_source::PackageSource;
use crate::project::requested::Requested;
use crate::text::json;

/// The old scripts' variable for the workspace's folder.
pub(crate) const ROOT_VARIABLE: &str = "BYTELYST_COMMON_PLAT_ROOT";

/// Whether the project may be the workspace itself, as `pack` allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Itself<'a> {
    /// The workspace is another repository.
    Never,
    /// A project that holds packages in scope, or one of these, is the workspace.
    IfItHolds(&'a [String]),
}

impl Itself<'_> {
    fn has_names(self) -> bool {
        matches!(self, Self::IfItHolds(names) if !names.is_empty())
    }
}

/// Finds the workspace: `--workspace`; a project that was named with `-C` and is one itself, where that is allowed;
/// `$BYTELYST_COMMON_PLAT_ROOT`; `docker-prep.toml`; any project that is one itself, where that is allowed; the `../`
/// entries of the project's own `pnpm-workspace.yaml`; the one sibling folder that is a workspace with packages in
/// scope.
///
/// # Errors
/// [`ErrorKind::Environment`] where there is none, or more than one; [`ErrorKind::Packing`] where one of its files is not
/// valid.
pub(crate) fn find(project: &Project, requested: &Requested, itself: Itself<'_>) -> Result<Workspace> {
    let is_plain = project.source.source == PackageSource::Vendor;
    if let Some(path) = &requested.workspace {
        return named::find(project, &typed_path(project, path), requested.named_by.workspace, itself);
    }
    let relatives = parent_entries(project)?;
    let own = match itself {
        // What only points at another workspace is none of its own.
        Itself::IfItHolds(names) if relatives.is_empty() => own(project, names)?,
        _ => None,
    };
    // `-C` is a flag, and comes before the environment.
    if requested.project.is_some()
        && let Some(Own { workspace, holds: true }) = own
    {
        return Ok(workspace);
    }
    if let Some(path) = requested.environment.get(ROOT_VARIABLE) {
        return named::find(project, &typed_path(project, Path::new(path)), ROOT_VARIABLE, itself);
    }
    if let Some(path) = &project.config.workspace {
        let by = project.config.name_of("workspace");
        return named::find(project, &project.path_from_root(path), &by, itself);
    }
    if is_plain {
        let by = &project.source.by;
        return Err(Error::new(ErrorKind::Usage, format!("{by}: no folder of packages is named"))
            .hint("name it: --workspace DIR"));
    }
    match (relatives.as_slice(), own) {
        ([], Some(Own { workspace, holds: true })) => Ok(workspace),
        ([], own) => match (sibling(project), own) {
            // Nothing else is there: what was asked for by name is missing in this one.
            (Err(error), Some(own)) if error.kind == ErrorKind::Environment && itself.has_names() => {
                Ok(own.workspace)
            }
            (found, _) => found,
        },
        ([one], _) => read(one),
        (several, _) => Err(ambiguous(several, "its pnpm-workspace.yaml names")),
    }
}

/// The workspaces that packages could come from, whatever the scope: the one that somebody named, or else those that the
/// project names, or else those beside it. What cannot be read is none.
pub(crate) fn candidates(project: &Project, requested: &Requested) -> Vec<Workspace> {
    let by_variable =
        || requested.environment.get(ROOT_VARIABLE).map(|path| typed_path(project, path.as_ref()));
    let by_config = || project.config.workspace.as_ref().map(|path| project.path_from_root(path));
    let by_flag = requested.workspace.as_ref().map(|path| typed_path(project, path));
    if let Some(path) = by_flag.or_else(by_variable).or_else(by_config) {
        return named::read(project, &path, "").into_iter().collect();
    }
    let mut roots = parent_entries(project).unwrap_or_default();
    if roots.is_empty() {
        let beside = project.root.parent().and_then(|parent| fs::read_dir(parent).ok());
        let dirs =
            beside.into_iter().flatten().flatten().filter_map(|entry| entry.path().canonicalize().ok());
        roots = dirs.filter(|dir| *dir != project.root && is_workspace(dir)).collect();
        roots.sort();
    }
    roots.iter().filter_map(|root| read(root).ok()).collect()
}

/// The workspace that the project's folder lies in.
struct Own {
    workspace: Workspace,
    /// Whether what was asked for is in it.
    holds: bool,
}

fn own(project: &Project, names: &[String]) -> Result<Option<Own>> {
    let Some(root) = project.start.ancestors().find(|dir| is_workspace(dir)) else { return Ok(None) };
    let workspace = read(root)?;
    let asked = |name: &str| names.iter().any(|asked| asked == name);
    let holds = holds_scope(&workspace, &project.scope)
        || workspace.members.iter().filter_map(|member| member.manifest.name()).any(asked);
    Ok(Some(Own { workspace, holds }))
}

fn ambiguous(candidates: &[PathBuf], how: &str) -> Error {
    let list: Vec<_> = candidates.iter().map(|path| path.display().to_string()).collect();
    Error::new(ErrorKind::Environment, format!("more than one workspace: {how} {}", list.join(" and ")))
        .hint(format!("choose one: --workspace {}", list.first().map_or("DIR", String::as_str)))
}

/// The workspaces that the `../` entries of the project's own workspace file lie in.
fn parent_entries(project: &Project) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let Some(file) = workspace_file(&project.root)? else { return Ok(found) };
    for pattern in patterns(&file).into_iter().filter(|pattern| pattern.starts_with("../")) {
        let literal: PathBuf =
            pattern.split('/').take_while(|part| !part.contains(['*', '?', '[', '{', '('])).collect();
        let Ok(start) = project.path_from_root(literal).canonicalize() else { continue };
        let roots = [Some(&project.root), project.main_root.as_ref()];
        let is_above = |dir: &Path| roots.into_iter().flatten().any(|root| root.starts_with(dir));
        let root = start.ancestors().take_while(|dir| !is_above(dir)).find(|dir| is_workspace(dir));
        if let Some(root) = root
            && !found.iter().any(|known| known == root)
        {
            found.push(root.to_path_buf());
        }
    }
    Ok(found)
}

fn sibling(project: &Project) -> Result<Workspace> {
    let nothing = || {
        Error::new(
            ErrorKind::Environment,
            format!(
                "{}: no workspace with packages in scope {} was found beside it",
                project.root.display(),
                project.scope
            ),
        )
        .hint(format!(
            "name the repository that holds the shared packages: --workspace DIR, or {ROOT_VARIABLE}=DIR"
        ))
    };
    let mut broken = Vec::new();
    for root in [Some(&project.root), project.main_root.as_ref()].into_iter().flatten() {
        let mut found = Vec::new();
        for dir in workspaces_beside(project, root)? {
            match read(&dir) {
                Ok(workspace) if holds_scope(&workspace, &project.scope) && !is_ours(project, &dir) => {
                    found.push(workspace);
                }
                Ok(_) => {}
                Err(error) => broken.extend(error.problems),
            }
        }
        match found.len() {
            0 => {}
            1 => return found.pop().ok_or_else(nothing),
            _ => {
                let roots: Vec<_> = found.into_iter().map(|workspace| workspace.root).collect();
                return Err(ambiguous(&roots, "beside the project lie"));
            }
        }
    }
    if broken.is_empty() { Err(nothing()) } else { Err(Error::all(ErrorKind::Packing, broken)) }
}

/// The folders beside one that are workspaces, each once, sorted.
fn workspaces_beside(project: &Project, root: &Path) -> Result<Vec<PathBuf>> {
    let Some(parent) = root.parent() else { return Ok(Vec::new()) };
    let entries = fs::read_dir(parent).map_err(|error| {
        Error::io(ErrorKind::Environment, "list", parent, &error)
            .hint("name the workspace with --workspace DIR")
    })?;
    let dirs = entries.flatten().filter_map(|entry| entry.path().canonicalize().ok());
    let is_other = |dir: &PathBuf| *dir != project.root && Some(dir) != project.main_root.as_ref();
    let mut dirs: Vec<PathBuf> = dirs.filter(|dir| is_other(dir) && is_workspace(dir)).collect();
    dirs.sort();
    dirs.dedup();
    Ok(dirs)
}

/// Whether a folder is another work tree of the project's own repository.
fn is_ours(project: &Project, dir: &Path) -> bool {
    let ours = project.root.ancestors().find_map(git::common_dir);
    ours.is_some() && git::common_dir(dir) == ours
}

/// Whether a package in scope lies inside the workspace's root: what it only points at does not count.
fn holds_scope(workspace: &Workspace, scope: &Scope) -> bool {
    workspace.members.iter().any(|member| {
        !member.relative.starts_with("..") && member.manifest.name().is_some_and(|name| scope.contains(name))
    })
}

pub(super) fn is_workspace(dir: &Path) -> bool {
    dir.join(WORKSPACE_FILE).symlink_metadata().is_ok()
        || disk::read(&dir.join("package.json")).is_ok_and(|bytes| {
            let text = String::from_utf8_lossy(&bytes);
            // One that is not valid is looked at again, and then its error is told.
            json::parse_object(&text).map_or_else(
                |_| text.contains("\"workspaces\""),
                |manifest| manifest.contains_key("workspaces"),
            )
        })
}

/// Reads a workspace's settings and members.
///
/// # Errors
/// [`ErrorKind::Packing`] for a file that is not valid, with its place.
pub(crate) fn read(root: &Path) -> Result<Workspace> {
    read_as(root, &[])
}

/// `globs`: where packages lie, if no file says so.
fn read_as(root: &Path, globs: &[String]) -> Result<Workspace> {
    let failed = |problem| Error::all(ErrorKind::Packing, vec![problem]);
    let file = workspace_file(root)?;
    let root_manifest = manifest::read(root).map_err(failed)?;
    let globs = match (&file, &root_manifest) {
        (Some(file), _) => patterns(file),
        (None, _) if !globs.is_empty() => globs.to_vec(),
        (None, Some((_, manifest))) => npm_patterns(&manifest.0),
        (None, None) => Vec::new(),
    };
    let catalogs = file.as_ref().map(|file| catalogs(root, file)).transpose()?.unwrap_or_default();
    let of_root = npmrc(root, PackSettings::default())?;
    let (mut members, mut problems) = (Vec::new(), Vec::new());
    for folder in members::find(root, &globs).map_err(failed)? {
        let of_folder = if folder.relative.is_empty() { of_root } else { npmrc(&folder.dir, of_root)? };
        match member(folder, workspace_settings(file.as_ref(), of_folder)) {
            Ok(member) => members.extend(member),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(Error::all(ErrorKind::Packing, problems));
    }
    Ok(Workspace { root: root.to_path_buf(), is_pnpm: file.is_some(), members, catalogs })
}

fn member(folder: MemberFolder, settings: PackSettings) -> Result<Option<Member>, Problem> {
    let MemberFolder { dir, relative } = folder;
    let Some((manifest_file, manifest)) = manifest::read(&dir)? else { return Ok(None) };
    let publish_config = manifest.0.get("publishConfig");
    let directory = publish_config.and_then(|config| config.get("directory")).and_then(Value::as_str);
    let links = publish_config.and_then(|config| config.get("linkDirectory")) != Some(&Value::Bool(false));
    let linked = match directory {
        // A folder that is not built yet is an error only for a package that needs it.
        Some(directory) if links => {
            manifest::read(&dir.join(directory)).ok().flatten().map(|(_, manifest)| manifest)
        }
        _ => None,
    };
    Ok(Some(Member { dir, relative, manifest_file, manifest, linked, settings }))
}
