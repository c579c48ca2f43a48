//! What the tool puts into packages' folders is no part of the packages: else each run would pack the one before.

use std::path::{Path, PathBuf};

use super::{MARK, is_marked, is_staged, tarballs};

/// The folder that tarballs go to, which may lie in a package that is packed.
pub(crate) struct OwnOutput {
    /// With links followed; nothing where it is not there yet.
    folder: Option<PathBuf>,
}

impl OwnOutput {
    /// Looks where the folder is.
    pub(crate) fn of(folder: &Path) -> Self {
        Self { folder: folder.canonicalize().ok() }
    }

    /// Takes out of a package's files, given from its folder, what the tool wrote: its tarballs in the folder that they
    /// go to, with what a killed run left there, and whole deps dirs. A tarball of anybody else stays.
    pub(crate) fn take_out(&self, dir: &Path, files: &mut Vec<String>) {
        let marked: Vec<String> = files
            .iter()
            .filter_map(|file| file.strip_suffix(MARK))
            .filter(|folder| folder.ends_with('/') && is_marked(&dir.join(folder)).unwrap_or(false))
            .map(str::to_owned)
            .collect();
        files.retain(|file| {
            let is_in_deps_dir = marked.iter().any(|folder| file.starts_with(folder.as_str()));
            !is_in_deps_dir && !self.holds(dir, file)
        });
    }

    fn holds(&self, dir: &Path, file: &str) -> bool {
        let name = file.rsplit('/').next().unwrap_or(file);
        if !name.ends_with(".tgz") && !is_staged(name) {
            return false;
        }
        let path = dir.join(file);
        let is_there = || path.parent().and_then(|parent| parent.canonicalize().ok()) == self.folder;
        self.folder.is_some() && is_there() && (is_staged(name) || tarballs::is_ours(&path))
    }
}
