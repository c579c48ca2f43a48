//! A surface in a temporary folder, as it lies in its image: the manifest and the tarballs at the same distance.

use std::path::{Path, PathBuf};
use std::{fs, io};

use tempfile::TempDir;
use walkdir::WalkDir;

use super::LockfileRequest;
use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::registry::lockfile_settings as registry_settings;
use crate::transaction::failed;

/// Files beside a surface that its package manager reads.
const BESIDE: [&str; 6] =
    [".npmrc", ".yarnrc", ".yarnrc.yml", "bunfig.toml", ".pnpmfile.cjs", ".pnpmfile.mjs"];

/// Folders beside it that those files name.
const FOLDERS: [&str; 4] = [".yarn/releases", ".yarn/plugins", ".yarn/patches", "patches"];

/// The folder is gone when it is dropped.
pub(super) struct LockfileFolder {
    temp: TempDir,
    surface: PathBuf,
}

impl LockfileFolder {
    /// Lays it out without a lockfile.
    pub(super) fn new(request: &LockfileRequest<'_>) -> Result<Self> {
        let temp = tempfile::Builder::new().prefix("docker-prep-").tempdir().map_err(|error| {
            Error::new(ErrorKind::Environment, format!("cannot make a temporary folder: {error}"))
                .hint("make room there, or name another place, as in TMPDIR=/var/tmp")
        })?;
        let app = temp.path().join("app");
        let inside = |dir: &str| app.join(dir.trim_start_matches('/'));
        let deps_dir = inside(&request.layout.deps_dir);
        let layout = Self { surface: inside(&request.layout.surface), temp };
        for folder in [&layout.surface, &deps_dir, &layout.private("tmp")] {
            fs::create_dir_all(folder).map_err(|error| failed("create", folder, &error))?;
        }
        layout.put("package.json", request.manifest.as_bytes())?;
        if let Some(text) = request.workspace_yaml {
            layout.put("pnpm-workspace.yaml", text.as_bytes())?;
        }
        for tarball in request.tarballs {
            copy(&tarball.path, &deps_dir.join(&tarball.filename))?;
        }
        layout.settings(request, &app)?;
        Ok(layout)
    }

    /// Writes a file beside the manifest.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.surface.join(name);
        fs::write(&path, bytes).map_err(|error| failed("write", &path, &error))
    }

    /// Reads one; `None` where there is none.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        read(&self.surface.join(name))
    }

    /// The folder of the manifest.
    pub(super) fn surface(&self) -> &Path {
        &self.surface
    }

    /// The outermost folder.
    pub(super) fn root(&self) -> &Path {
        self.temp.path()
    }

    /// A place for what the package manager keeps to itself, so that nothing of it is found or left anywhere else.
    pub(super) fn private(&self, name: &str) -> PathBuf {
        self.temp.path().join("private").join(name)
    }

    /// What the surface's package manager reads beside it; and, of what lies at the project's root, where packages come
    /// from.
    fn settings(&self, request: &LockfileRequest<'_>, app: &Path) -> Result<()> {
        let beside = request.project.join(request.surface_dir);
        for name in BESIDE {
            if let Some(bytes) = read(&beside.join(name))? {
                self.put(name, &bytes)?;
            }
        }
        for folder in FOLDERS {
            copy_folder(&beside.join(folder), &self.surface.join(folder))?;
        }
        if request.surface_dir.is_empty() {
            return Ok(());
        }
        let at_root = |name: &str| -> Result<Option<String>> {
            Ok(read(&request.project.join(name))?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
        };
        if let Some(text) = at_root(".npmrc")? {
            // What stands later wins.
            let mut all = registry_settings::of_npmrc(&text).into_bytes();
            all.extend(self.read(".npmrc")?.unwrap_or_default());
            self.put(".npmrc", &all)?;
        }
        if let Some(text) = at_root(".yarnrc.yml")? {
            // yarn reads those of the folders above too.
            let folder = request.project.to_string_lossy();
            let text = registry_settings::of_yarnrc(&text, &folder).map_err(|why| {
                Error::new(ErrorKind::Refused, format!(".yarnrc.yml: {why}"))
                    .hint("correct it, then run it again")
            })?;
            let path = app.join(".yarnrc.yml");
            fs::write(&path, text).map_err(|error| failed("write", &path, &error))?;
        }
        if self.read("bunfig.toml")?.is_none()
            && let Some(text) = at_root("bunfig.toml")?
        {
            self.put("bunfig.toml", text.as_bytes())?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match disk::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failed("read", path, &error)),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    // Not a hard link: nothing that a package manager does shall reach the project's own.
    fs::copy(from, to).map(drop).map_err(|error| failed("copy", from, &error))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for entry in WalkDir::new(from) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.io_error().is_some_and(is_missing) => continue,
            Err(error) => return Err(failed("read", from, &error.into())),
        };
        let Ok(below) = entry.path().strip_prefix(from) else { continue };
        let target = to.join(below);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target).map_err(|error| failed("create", &target, &error))?;
        } else if entry.file_type().is_file() {
            copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
