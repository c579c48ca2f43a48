//! Finds the folders of a project that depend on packages in scope and that a Dockerfile builds.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use serde_json::{Map, Value};

use super::picture::ProjectPicture;
use super::{Project, typed_path};
use crate::disk;
use crate::error::{Error, ErrorKind, Problem, Result, io_cause};
use crate::npm::{DEPENDENCY_FIELDS, Manifest, Scope, dependencies, specifier};
use crate::project::config::CONFIG_FILE;
use crate::project::file_kind::MANIFEST;
use crate::project::named_by::with_origin;
use crate::project::requested::Requested;
use crate::project::surface::Surface;
use crate::text::{json, path};

/// How deep below the root files of a surface are looked for.
const SEARCH_DEPTH: usize = 4;

/// The surfaces, sorted by folder, and what should be said about them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Surfaces {
    /// To prepare.
    pub(crate) surfaces: Vec<Surface>,
    /// Folders that were left alone, and why.
    pub(crate) notices: Vec<Problem>,
}

/// The surfaces that were asked for, else those of `docker-prep.toml`, else those that are found: the folders whose
/// manifest depends on a package in scope and that a Dockerfile builds, or all such folders where no Dockerfile
/// says which.
///
/// # Errors
/// [`ErrorKind::Usage`] for a surface that is not there or is named twice, [`ErrorKind::Refused`] for a manifest that is not
/// valid or is a symbolic link that leaves the project.
pub(crate) fn find(project: &Project, requested: &Requested, picture: &ProjectPicture) -> Result<Surfaces> {
    let named: Vec<NamedSurface> = if requested.surfaces.is_empty() {
        let file = project.root.join(CONFIG_FILE);
        let by = |at| format!("{}: {}", file.display(), project.config.prefix("surfaces", at));
        let dirs = project.config.surfaces.iter().enumerate();
        dirs.map(|(at, dir)| NamedSurface { dir: project.root.join(dir), by: by(at) }).collect()
    } else {
        let by = || requested.named_by.surfaces.to_owned();
        let typed = requested.surfaces.iter();
        typed.map(|dir| NamedSurface { dir: typed_surface(project, dir), by: by() }).collect()
    };
    if named.is_empty() { detect(project, picture) } else { read_named(project, &named) }
}

/// A folder that is named as a surface.
struct NamedSurface {
    dir: PathBuf,
    /// Who names it: see [`with_origin`].
    by: String,
}

/// A surface is named from the project's root; a path from the current folder is understood too, and `.` is it.
fn typed_surface(project: &Project, dir: &Path) -> PathBuf {
    if dir.starts_with(".") || dir.starts_with("..") {
        return project.start.join(dir);
    }
    let below_root = project.root.join(dir);
    if below_root.exists() { below_root } else { typed_path(project, dir) }
}

fn read_named(project: &Project, named: &[NamedSurface]) -> Result<Surfaces> {
    let mut found = Surfaces::default();
    let mut seen = BTreeSet::new();
    for NamedSurface { dir, by } in named {
        let real = dir.canonicalize().map_err(|error| {
            let message = format!("{}: no such surface: {}", dir.display(), io_cause(&error));
            Error::new(ErrorKind::Usage, with_origin(by, &message))
                .because(&error)
                .hint("name a folder of the project that holds a package.json, such as --surface backend")
        })?;
        let relative = relative(&project.root, &real).ok_or_else(|| {
            let place = project.root.display();
            let message = format!("{}: the surface lies outside the project {place}", dir.display());
            Error::new(ErrorKind::Usage, with_origin(by, &message))
                .hint("name a folder of the project, such as --surface backend")
        })?;
        if !seen.insert(real) {
            return Err(Error::new(
                ErrorKind::Usage,
                with_origin(by, &format!("{}: the surface is named twice", dir.display())),
            )
            .hint("name each surface once"));
        }
        let surface = read(project, &relative)?.ok_or_else(|| {
            let message = format!("{}: no package.json there", dir.display());
            Error::new(ErrorKind::Usage, with_origin(by, &message))
                .hint("a surface is a folder with a package.json")
        })?;
        if is_wanted(project, &surface.manifest.0, true) {
            found.surfaces.push(surface);
        } else {
            found.notices.push(Problem::new(format!(
                "{}: depends on no package in scope {}: left alone",
                surface.manifest_name, project.scope
            )));
        }
    }
    found.surfaces.sort_by(|a, b| a.dir.cmp(&b.dir));
    distinct(found)
}

/// Two folders may share one manifest through symbolic links: it is edited once.
fn distinct(mut found: Surfaces) -> Result<Surfaces> {
    let mut seen = BTreeSet::new();
    found.surfaces.retain(|surface| seen.insert(surface.manifest_path.clone()));
    Ok(found)
}

fn detect(project: &Project, picture: &ProjectPicture) -> Result<Surfaces> {
    let mut found = Surfaces::default();
    for (path, error) in &picture.unreadable {
        if path.is_dir() {
            found.notices.push(not_searched(&project.root, path, error)?);
        } else if !path.ends_with(MANIFEST) {
            return Err(unreadable_dockerfile(path, error));
        }
    }
    let built = picture.picture.manifests();
    let open: Vec<_> = picture.picture.open_builds().collect();
    for (place, why) in &open {
        found.notices.push(Problem::new(format!(
            "{place}: {why}: every manifest that depends on packages in scope is prepared"
        )));
    }
    let takes_all = picture.picture.builds.is_empty() || !open.is_empty();
    for (name, manifest) in &picture.sources.manifests {
        // One that cannot be read is empty here: what is wrong with it is told below.
        let is_named = built.contains(name.as_str());
        if !manifest.is_empty() && !is_wanted(project, manifest, is_named) {
            continue;
        }
        let dir = path::parent(name);
        let Some(candidate) = read(project, dir).transpose() else { continue };
        let is_built = takes_all || is_named;
        match candidate {
            Ok(surface) if !is_wanted(project, &surface.manifest.0, is_named) => {}
            // A manifest that cannot be read may be a surface's: better to stop than to build without its packages.
            candidate if is_built => found.surfaces.push(candidate?),
            Ok(surface) => found.notices.push(
                Problem::new(format!(
                    "{}: depends on packages in scope, but no image build installs it: left alone",
                    surface.manifest_name
                ))
                .hint(format!(
                    "to prepare it too, name every surface, as in --surface {}",
                    if dir.is_empty() { "." } else { dir }
                )),
            ),
            Err(error) => found.notices.extend(error.problems),
        }
    }
    found.surfaces.sort_by(|a, b| a.dir.cmp(&b.dir));
    distinct(found)
}

/// Whether a manifest is one to prepare. `is_installed`: an image build is known to install it; where no network is to be
/// asked, it needs nothing else for that than dependencies.
fn is_wanted(project: &Project, manifest: &Map<String, Value>, is_installed: bool) -> bool {
    let has_any = || DEPENDENCY_FIELDS.iter().any(|field| dependencies(manifest, field).next().is_some());
    depends_on_scope(manifest, &project.scope) || project.is_offline && is_installed && has_any()
}

/// A folder that others keep to themselves, such as a database's, holds no surface. Where anything else goes wrong,
/// one may be missed, and what is then built is built without its packages.
fn not_searched(root: &Path, place: &Path, error: &io::Error) -> Result<Problem> {
    let (is_root, place, why) = (place == root, place.display(), io_cause(error));
    if !is_root && matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound) {
        return Ok(Problem::new(format!("{place}: not searched for surfaces: {why}")));
    }
    Err(Error::new(ErrorKind::Refused, format!("cannot search {place} for surfaces: {why}"))
        .hint("once the cause is gone, type it again, or name every surface, as in --surface backend"))
}

/// What it builds is not known, and so not which folders are surfaces.
fn unreadable_dockerfile(path: &Path, error: &io::Error) -> Error {
    Error::io(ErrorKind::Refused, "read", path, error)
        .hint("make it readable, or name every surface, as in --surface backend")
}

/// Every manifest of the project that depends on packages in scope, whether a Dockerfile builds it or not; those that
/// are not valid are left out.
pub(crate) fn all(project: &Project) -> Vec<Surface> {
    folders_with(project, "package.json")
        .iter()
        .filter_map(|dir| read(project, dir).ok().flatten())
        .filter(|surface| depends_on_scope(&surface.manifest.0, &project.scope))
        .collect()
}

/// A manifest's path from the project's root.
pub(crate) fn shown(project: &Project, manifest: &Path) -> String {
    manifest.strip_prefix(&project.root).unwrap_or(manifest).display().to_string()
}

/// Puts other texts in the place of those that were read: a prepared project's originals.
///
/// # Errors
/// [`ErrorKind::Refused`] for a text that is no manifest.
pub(crate) fn substitute(surfaces: &mut [Surface], texts: &BTreeMap<PathBuf, Option<Vec<u8>>>) -> Result<()> {
    for surface in surfaces {
        if let Some(Some(bytes)) = texts.get(&surface.manifest_path) {
            (surface.text, surface.manifest) = parse(&surface.manifest_name, bytes.clone())?;
        }
    }
    Ok(())
}

fn folders_with(project: &Project, name: &str) -> Vec<String> {
    files(project)
        .filter(|entry| entry.file_name() == name)
        .filter_map(|entry| relative(&project.root, entry.path().parent()?))
        .collect()
}

pub(crate) fn files(project: &Project) -> impl Iterator<Item = DirEntry> {
    WalkDir::new(&project.root)
        .max_depth(SEARCH_DEPTH)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| worth_entering(project, entry))
        .flatten()
}

/// Not into dependencies, hidden folders, the deps dir, or repositories inside the project.
fn worth_entering(project: &Project, entry: &DirEntry) -> bool {
    if entry.depth() == 0 || !entry.file_type().is_dir() {
        return true;
    }
    let name = entry.file_name().to_string_lossy();
    !name.starts_with('.')
        && name != "node_modules"
        && entry.path() != project.deps_path()
        && !entry.path().join(".git").exists()
}

/// Whether a field that is installed names a package in scope.
pub(crate) fn depends_on_scope(manifest: &Map<String, Value>, scope: &Scope) -> bool {
    DEPENDENCY_FIELDS.iter().chain(&["peerDependencies"]).any(|field| {
        dependencies(manifest, field)
            .any(|(key, spec)| scope.contains(key) || scope.contains(&specifier::parse(key, spec).name))
    })
}

/// Reads a folder's `package.json`; `None` where it has none.
///
/// # Errors
/// [`ErrorKind::Refused`] for one that cannot be read, is not valid, or is a symbolic link that leaves the project.
pub(crate) fn read(project: &Project, dir: &str) -> Result<Option<Surface>> {
    let beside = project.root.join(dir).join("package.json");
    let name = if dir.is_empty() { "package.json".to_owned() } else { format!("{dir}/package.json") };
    let link = match beside.symlink_metadata() {
        Ok(link) => link,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(Error::io(ErrorKind::Refused, "look at", &beside, &error)),
    };
    let real = beside.canonicalize().map_err(|error| {
        Error::io(ErrorKind::Refused, "follow", &beside, &error).hint("mend the symbolic link")
    })?;
    if link.is_symlink() && !real.starts_with(&project.root) {
        return Err(Error::new(
            ErrorKind::Refused,
            format!("{name}: is a symbolic link to {}, which lies outside the project", real.display()),
        )
        .hint("put a copy of the manifest in its place, or leave the surface out with --surface"));
    }
    if !real.is_file() {
        return Err(Error::new(ErrorKind::Refused, format!("{name}: is no regular file"))
            .hint("make it a file, or move it away"));
    }
    let bytes = disk::read(&real)
        .map_err(|error| Error::io(ErrorKind::Refused, "read", &beside, &error).hint("make it readable"))?;
    let (text, manifest) = parse(&name, bytes)?;
    Ok(Some(Surface { dir: dir.to_owned(), manifest_path: real, manifest_name: name, text, manifest }))
}

fn parse(name: &str, bytes: Vec<u8>) -> Result<(String, Manifest)> {
    let invalid = |why: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Refused, format!("{name}: {why}"))
            .hint("correct the manifest, then run it again")
    };
    let text = String::from_utf8(bytes)
        .map_err(|error| invalid(&format!("byte {} is not UTF-8", error.utf8_error().valid_up_to() + 1)))?;
    let manifest = json::parse_object(&text).map(Manifest).map_err(|error| invalid(&error))?;
    Ok((text, manifest))
}

/// A path below the root with `/` between parts; `None` outside of it or where it is not UTF-8.
pub(crate) fn relative(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .strip_prefix(root)
        .ok()?
        .components()
        .map(|component| if let Component::Normal(part) = component { part.to_str() } else { None })
        .collect();
    parts.map(|parts| parts.join("/"))
}
