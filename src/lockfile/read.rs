//! Finds the lockfile that pins a surface's dependencies.

use std::io;
use std::path::Path;

use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::image::Name;
use crate::lockfile;

/// A lockfile as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundLockfile {
    /// The file from the project's root, with `/` between parts.
    pub(crate) path: String,
    /// The surface's folder from the lockfile's; empty where it lies beside the surface.
    pub(crate) importer: String,
    /// What it says.
    pub(crate) text: String,
}

impl FoundLockfile {
    /// The file's own name.
    pub(crate) fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// The package manager's lockfile beside a surface, else in the nearest folder above it, up to the project's root.
///
/// # Errors
/// [`ErrorKind::Refused`] for one that cannot be read, or is binary.
pub(crate) fn find(root: &Path, surface_dir: &str, manager: Name) -> Result<Option<FoundLockfile>> {
    let parts: Vec<&str> = surface_dir.split('/').filter(|part| !part.is_empty()).collect();
    for depth in (0..=parts.len()).rev() {
        let (folder, importer) = (parts[..depth].join("/"), parts[depth..].join("/"));
        for name in lockfile::names(manager) {
            let path = if folder.is_empty() { (*name).to_owned() } else { format!("{folder}/{name}") };
            if let Some(text) = read(root, &path)? {
                return Ok(Some(FoundLockfile { path, importer, text }));
            }
        }
    }
    Ok(None)
}

/// The text of a `pnpm-workspace.yaml` beside a surface.
///
/// # Errors
/// [`ErrorKind::Refused`] for one that cannot be read.
pub(crate) fn workspace_yaml(root: &Path, surface_dir: &str) -> Result<Option<String>> {
    let name = "pnpm-workspace.yaml";
    read(root, &if surface_dir.is_empty() { name.to_owned() } else { format!("{surface_dir}/{name}") })
}

/// The files beside a surface and at the project's root that say where packages come from and how they are resolved.
///
/// # Errors
/// [`ErrorKind::Refused`] for one that cannot be read.
pub(crate) fn settings(root: &Path, surface_dir: &str) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for folder in [surface_dir, ""] {
        for name in [".npmrc", "bunfig.toml", "pnpm-workspace.yaml", ".pnpmfile.cjs", ".pnpmfile.mjs"] {
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            found.extend(read(root, &path)?.map(|text| (path, text)));
        }
    }
    Ok(found)
}

fn read(root: &Path, path: &str) -> Result<Option<String>> {
    let bytes = match disk::read(&root.join(path)) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => {
            return Err(Error::io(ErrorKind::Refused, "read", &root.join(path), &error)
                .hint("make it a readable file"));
        }
    };
    String::from_utf8(bytes).map(Some).map_err(|_| {
        let hint = if path.ends_with(".lockb") {
            "make a text of it: bun install --save-text-lockfile --frozen-lockfile --lockfile-only"
        } else {
            "make it anew, then run it again"
        };
        Error::new(ErrorKind::Refused, format!("{path}: is no text")).hint(hint)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_nearest_one_of_its_kind_is_found() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path();
        fs::create_dir_all(root.join("apps/web")).unwrap();
        let found = |manager| find(root, "apps/web", manager).unwrap();
        assert_eq!(found(Name::Pnpm), None);
        fs::write(root.join("pnpm-lock.yaml"), "of the root").unwrap();
        fs::write(root.join("apps/web/yarn.lock"), "yarn's").unwrap();
        let pnpm = found(Name::Pnpm).unwrap();
        assert_eq!(
            (&*pnpm.path, &*pnpm.importer, &*pnpm.text),
            ("pnpm-lock.yaml", "apps/web", "of the root")
        );
        let yarn = found(Name::Yarn).unwrap();
        assert_eq!((&*yarn.path, &*yarn.importer, yarn.file_name()), ("apps/web/yarn.lock", "", "yarn.lock"));
        fs::write(root.join("apps/web/pnpm-lock.yaml"), "of the surface").unwrap();
        assert_eq!(found(Name::Pnpm).unwrap().text, "of the surface");
        fs::write(root.join("bun.lockb"), [0xff, 0xfe]).unwrap();
        let error = find(root, "apps/web", Name::Bun).unwrap_err();
        assert!(error.to_string().contains("bun.lockb"), "{error}");
    }
}
