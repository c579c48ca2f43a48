//! Reads a repository for the rules: its picture, the files that they need, and what git says.

#![cfg_attr(not(changes), expect(clippy::disallowed_methods, reason = "reads repositories"))]

mod git;

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use super::baseline::Baseline;
use super::repository::{Build, Repository};
use super::settings::Chosen;
use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::image::Picture;
use crate::npm::WORKSPACE_FILE;
use crate::project::{Project, ProjectPicture, Requested, depends_on_scope, read as project};
use crate::text::{basename, path};

/// Longer than any file that is read here, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// More files than any repository has of those that are read here.
const MAX_FILES: usize = 2000;

/// Reads the repository that a call means.
///
/// # Errors
/// As those of finding a project.
pub(crate) fn read(requested: &Requested, chosen: &dyn Fn(&Project) -> Result<Chosen>) -> Result<Repository> {
    let project = project::find_to_restore(requested)?;
    let chosen = chosen(&project)?;
    // git is asked while files are read.
    let (read, asked) = thread::scope(|scope| {
        let asked = project.is_in_git.then(|| scope.spawn(|| git::ask(&project)));
        let read = ProjectPicture::read_with_files(&project, &requested.environment);
        let asked = asked.map(|asked| asked.join().unwrap_or_else(|panic| resume_unwind(panic)));
        (read, asked)
    });
    let ProjectPicture { picture, sources, files, tracked, .. } = read;
    let mut files = files;
    files.extend(tracked.iter().flatten().filter(|name| is_ours(name)).cloned());
    let texts = texts(&project.root, files.iter().filter(|name| matters(name)));
    let builds = builds(&picture, &sources);
    let private = surfaces(&project, &picture, &sources.manifests);
    let git = asked.map(|asked| git::facts(&project, &private, asked));
    let texts = with_lockfiles(&project.root, texts, &sources.texts);
    Ok(Repository {
        name: project.root.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        deps_dir: project.deps_dir.clone(),
        scope: project.scope.clone(),
        picture,
        sources,
        builds,
        files,
        tracked,
        texts,
        git,
        siblings: siblings(&project.root),
        chosen,
        guard_ignore: project.config.guard_ignore.clone(),
        unmet: project.unmet_version.as_ref().map(|problem| problem.message.clone()),
        pin: project.config.required_version.clone(),
        root: project.root,
    })
}

/// The manifests that depend on packages of the private registry: those that an image build installs, or else all. The
/// repository that holds these packages itself has none.
fn surfaces(
    project: &Project,
    picture: &Picture,
    manifests: &BTreeMap<String, serde_json::Map<String, serde_json::Value>>,
) -> Vec<String> {
    let is_own = |manifest: &serde_json::Map<String, serde_json::Value>| {
        manifest
            .get("name")
            .and_then(serde_json::Value::as_str)
            .is_some_and(|name| project.scope.contains(name))
    };
    let private = manifests.iter().filter(|(_, manifest)| depends_on_scope(manifest, &project.scope));
    let private: Vec<String> = private.map(|(name, _)| name.clone()).collect();
    let installed = picture.manifests();
    let read: Vec<String> =
        private.iter().filter(|name| installed.contains(name.as_str())).cloned().collect();
    let holds_them = !project.scope.is_everything() && manifests.values().any(is_own);
    match read.is_empty() {
        true if holds_them => Vec::new(),
        true => private,
        false => read,
    }
}

/// A longer lockfile is not read, in bytes.
const MAX_LOCKFILE: u64 = 16 << 20;

/// With the lockfiles of workspaces that have members outside of their folders.
fn with_lockfiles(
    root: &Path,
    mut texts: BTreeMap<String, String>,
    others: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    for (name, text) in others {
        if name.ends_with(WORKSPACE_FILE) && text.contains("../") {
            let lockfile = path::child(path::parent(name), "pnpm-lock.yaml");
            if let Ok(bytes) = disk::read_up_to(&root.join(&lockfile), MAX_LOCKFILE) {
                texts.insert(lockfile, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    texts
}

fn builds(picture: &Picture, sources: &crate::image::ImageSources) -> Vec<Build> {
    let guesses = |dockerfile: &str| {
        let same =
            picture.builds.iter().filter(|one| one.definition.is_guess && one.dockerfile == dockerfile);
        same.count()
    };
    let build = |image: &std::sync::Arc<crate::image::ImageBuild>| {
        let is_ambiguous = image.definition.is_guess && guesses(&image.dockerfile) > 1;
        Build::new(image, sources, is_ambiguous)
    };
    picture.builds.iter().filter_map(build).collect()
}

fn is_ours(name: &str) -> bool {
    !name.split('/').any(|part| part == "node_modules")
}

/// Whether the text of a file is needed that the picture has only the place of.
fn matters(name: &str) -> bool {
    let base = basename(name);
    base == "package.json"
        || base.contains("npmrc")
        || base == ".gitignore"
        || base == ".yarnrc.yml"
        || base == "docker-prep.toml"
        || base == "docker-prep.sh"
        || base == "pre-commit"
        || crate::image::defines_images(name)
}

fn texts<'a>(root: &Path, names: impl Iterator<Item = &'a String>) -> BTreeMap<String, String> {
    let text = |name: &String| {
        let bytes = disk::read_up_to(&root.join(name), MAX_FILE).ok()?;
        Some((name.clone(), String::from_utf8_lossy(&bytes).into_owned()))
    };
    names.take(MAX_FILES).filter_map(text).collect()
}

/// More folders than repositories lie beside each other.
const MAX_SIBLINGS: usize = 64;

/// The registry settings in the folders beside the project.
fn siblings(root: &Path) -> Vec<(String, String)> {
    let Some(entries) = root.parent().and_then(|parent| parent.read_dir().ok()) else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path != root && path.join(".git").symlink_metadata().is_ok())
        .take(MAX_SIBLINGS)
        .collect();
    folders.sort();
    let files = folders.iter().flat_map(|folder| [".npmrc.docker", ".npmrc"].map(|name| folder.join(name)));
    let text = |path: PathBuf| {
        let bytes = disk::read_up_to(&path, MAX_FILE).ok()?;
        Some((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()))
    };
    files.filter_map(text).collect()
}

/// The git repositories in a folder, one level down, by their names.
///
/// # Errors
/// [`ErrorKind::Usage`] for a folder that cannot be read, or that holds none.
pub(crate) fn repositories(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = folder.read_dir().map_err(|error| Error::io(ErrorKind::Usage, "read", folder, &error))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join(".git").symlink_metadata().is_ok())
        .collect();
    found.sort();
    if found.is_empty() {
        let message = format!("{}: no git repository lies in this folder", folder.display());
        return Err(Error::new(ErrorKind::Usage, message).hint("name the folder that holds them"));
    }
    Ok(found)
}

/// A baseline; `None` where there is no such file.
///
/// # Errors
/// [`ErrorKind::Usage`] for one that cannot be read, or is none.
pub(crate) fn baseline(path: &Path) -> Result<Option<Baseline>> {
    let text = match disk::read_text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(ErrorKind::Usage, "read", path, &error)),
    };
    let wrong = || {
        Error::new(ErrorKind::Usage, format!("{}: is no baseline", path.display()))
            .hint("name a file that `docker-prep doctor --baseline FILE` made, or one that is not there yet")
    };
    Baseline::parse(&text).map(Some).ok_or_else(wrong)
}
