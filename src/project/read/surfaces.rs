//! Finds the folders of a project that depend on packages in scope and that a Dockerfile builds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use walkdir::{DirEntry, WalkDir};

use super::{Project, typed_path};
use crate::error::{Error, ErrorKind, Problem, Result, io_cause};
use crate::image::{DockerfileFound, dockerfile};
use crate::npm::{DEPENDENCY_FIELDS, Manifest, Scope, specifier};
use crate::project::requested::Requested;
use crate::project::surface::Surface;
use crate::text::json;

/// How deep below the root a surface is looked for; a deeper one is named with `--surface`.
const SEARCH_DEPTH: usize = 4;

/// Longer than any Dockerfile, in bytes.
const MAX_DOCKERFILE: usize = 1 << 18;

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
pub(crate) fn find(project: &Project, requested: &Requested) -> Result<Surfaces> {
    let named: Vec<PathBuf> = if requested.surfaces.is_empty() {
        project.config.surfaces.iter().map(|dir| project.root.join(dir)).collect()
    } else {
        requested.surfaces.iter().map(|dir| typed_surface(project, dir)).collect()
    };
    if named.is_empty() { detect(project) } else { read_named(project, &named) }
}

/// A surface is named from the project's root; a path from the current folder is understood too, and `.` is it.
fn typed_surface(project: &Project, dir: &Path) -> PathBuf {
    if dir.starts_with(".") || dir.starts_with("..") {
        return project.start.join(dir);
    }
    let below_root = project.root.join(dir);
    if below_root.exists() { below_root } else { typed_path(project, dir) }
}

fn read_named(project: &Project, named: &[PathBuf]) -> Result<Surfaces> {
    let mut found = Surfaces::default();
    let mut seen = BTreeSet::new();
    for dir in named {
        let real = dir.canonicalize().map_err(|error| {
            Error::new(ErrorKind::Usage, format!("{}: no such surface: {}", dir.display(), io_cause(&error)))
                .because(&error)
                .hint("name a folder of the project that holds a package.json, such as --surface backend")
        })?;
        let relative = relative(&project.root, &real).ok_or_else(|| {
            Error::new(
                ErrorKind::Usage,
                format!("{}: the surface lies outside the project {}", dir.display(), project.root.display()),
            )
            .hint("name a folder of the project, such as --surface backend")
        })?;
        if !seen.insert(real) {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("{}: the surface is named twice", dir.display()),
            )
            .hint("name each surface once"));
        }
        let surface = read(project, &relative)?.ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("{}: no package.json there", dir.display()))
                .hint("a surface is a folder with a package.json")
        })?;
        if depends_on_scope(&surface.manifest, &project.scope) {
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

fn detect(project: &Project) -> Result<Surfaces> {
    let mut candidates: Vec<(String, Result<Surface>)> = Vec::new();
    let mut dockerfiles = Vec::new();
    let mut found = Surfaces::default();
    let walk = WalkDir::new(&project.root).max_depth(SEARCH_DEPTH).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| worth_entering(project, entry)) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.notices.push(not_searched(&project.root, &error)?);
                continue;
            }
        };
        let Some(dir) = entry.path().parent().and_then(|dir| relative(&project.root, dir)) else { continue };
        if entry.file_name() == "package.json" {
            match read(project, &dir).transpose() {
                Some(Ok(surface)) if !depends_on_scope(&surface.manifest, &project.scope) => {}
                Some(candidate) => candidates.push((dir, candidate)),
                None => {}
            }
        } else if is_dockerfile(&entry) {
            let bytes =
                fs::read(entry.path()).map_err(|error| unreadable_dockerfile(entry.path(), &error))?;
            dockerfiles.push((dir, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    let dirs: Vec<&str> = candidates.iter().map(|(dir, _)| dir.as_str()).collect();
    let built: BTreeSet<String> = dockerfiles
        .iter()
        .flat_map(|(dir, text)| dockerfile::builds(dir, text, &dirs))
        .map(str::to_owned)
        .collect();
    for (dir, candidate) in candidates {
        match candidate {
            // A manifest that cannot be read may be a surface's: better to stop than to build without its packages.
            candidate if built.is_empty() || built.contains(&dir) => found.surfaces.push(candidate?),
            Ok(surface) => found.notices.push(
                Problem::new(format!(
                    "{}: depends on packages in scope, but no Dockerfile builds it: left alone",
                    surface.manifest_name
                ))
                .hint(format!("to prepare it too, name every surface, as in --surface {dir}")),
            ),
            Err(error) => found.notices.extend(error.problems),
        }
    }
    found.surfaces.sort_by(|a, b| a.dir.cmp(&b.dir));
    distinct(found)
}

/// A folder that others keep to themselves, such as a database's, holds no surface. Where anything else goes wrong,
/// one may be missed, and what is then built is built without its packages.
fn not_searched(root: &Path, error: &walkdir::Error) -> Result<Problem> {
    let place = error.path().unwrap_or(root).display();
    let why = error.io_error().map_or_else(|| error.to_string(), io_cause);
    let kind = error.io_error().map(io::Error::kind);
    if error.depth() > 0 && matches!(kind, Some(io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound)) {
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
        .filter(|surface| depends_on_scope(&surface.manifest, &project.scope))
        .collect()
}

/// What tells which folders are built.
pub(crate) struct BuiltFolders {
    /// The folders that hold a `package.json`.
    pub(crate) manifests: Vec<String>,
    /// The Dockerfiles.
    pub(crate) dockerfiles: Vec<DockerfileFound>,
    /// Dockerfiles that cannot be read.
    pub(crate) unreadable: Vec<Problem>,
}

/// Reads the Dockerfiles of the project; folders that cannot be searched are left out.
pub(crate) fn built(project: &Project) -> BuiltFolders {
    let mut built = BuiltFolders { manifests: Vec::new(), dockerfiles: Vec::new(), unreadable: Vec::new() };
    let walk = WalkDir::new(&project.root).max_depth(SEARCH_DEPTH).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| worth_entering(project, entry)).flatten() {
        let Some(dir) = entry.path().parent().and_then(|dir| relative(&project.root, dir)) else { continue };
        if entry.file_name() == "package.json" {
            built.manifests.push(dir);
        } else if is_dockerfile(&entry) {
            let file_name = entry.file_name().to_string_lossy();
            let name = if dir.is_empty() { file_name.into_owned() } else { format!("{dir}/{file_name}") };
            match fs::read(entry.path()) {
                Ok(bytes) => {
                    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_DOCKERFILE)]).into_owned();
                    built.dockerfiles.push(DockerfileFound { name, text });
                }
                Err(error) => built.unreadable.push(
                    Problem::new(format!("{name}: not read for a package manager: {}", io_cause(&error)))
                        .hint("make it readable, or name the package manager, as in --package-manager pnpm@10.6.5"),
                ),
            }
        }
    }
    built
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

fn is_dockerfile(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy().to_lowercase();
    entry.file_type().is_file()
        && (name == "dockerfile"
            || name.starts_with("dockerfile.")
            || name.ends_with(".dockerfile")
            || name == "containerfile")
        && !name.ends_with(".dockerignore")
}

/// Whether a field that is installed names a package in scope.
fn depends_on_scope(manifest: &Manifest, scope: &Scope) -> bool {
    DEPENDENCY_FIELDS.iter().chain(&["peerDependencies"]).any(|field| {
        manifest
            .dependencies(field)
            .any(|(key, spec)| scope.contains(key) || scope.contains(&specifier::parse(key, spec).name))
    })
}

/// Reads a folder's `package.json`; `None` where it has none.
fn read(project: &Project, dir: &str) -> Result<Option<Surface>> {
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
    let bytes = fs::read(&real)
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
