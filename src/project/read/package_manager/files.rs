//! The files of package managers that lie beside a manifest.

use std::io;
use std::path::Path;

use crate::disk;
use crate::error::Problem;
use crate::image::{Detected, HEAD, LOCKFILES, Name, lockfile, release};

/// A lockfile, and what it tells.
pub(super) struct ProjectLockfile {
    pub(super) file_name: &'static str,
    detected: Detected,
    /// The file's path from the root.
    name: String,
}

/// The lockfiles in a folder below a root, in the order of preference.
pub(super) fn lockfiles(root: &Path, dir: &str) -> Vec<ProjectLockfile> {
    LOCKFILES
        .into_iter()
        .filter_map(|(file_name, _)| {
            let name = name(dir, file_name);
            let path = root.join(&name);
            if !path.is_file() {
                return None;
            }
            // One that cannot be read tells by its name alone.
            let head = head(&path, HEAD).unwrap_or_default();
            let (manager, format) = lockfile::written_by(file_name, &head)?;
            let reason = match format {
                Some(format) if file_name == "yarn.lock" => format!("{name}: version {format}"),
                Some(format) => format!("{name}: lockfileVersion {format}"),
                None => name.clone(),
            };
            Some(ProjectLockfile { file_name, detected: Detected { manager, reason }, name })
        })
        .collect()
}

/// The lockfile that counts, of the package manager that others name or else the first; a warning where several
/// package managers wrote some.
pub(super) fn choose(found: &[ProjectLockfile], named: Option<Name>) -> (Option<Detected>, Option<Problem>) {
    let of = |lockfile: &&ProjectLockfile| Some(lockfile.detected.manager.name) == named;
    let Some(chosen) = found.iter().find(of).or(found.first()) else { return (None, None) };
    let is_other =
        |lockfile: &ProjectLockfile| lockfile.detected.manager.name != chosen.detected.manager.name;
    let several = found.iter().any(is_other).then(|| {
        let names: Vec<&str> = found.iter().map(|lockfile| lockfile.name.as_str()).collect();
        Problem::new(format!(
            "{}: lockfiles of more than one package manager: {} counts",
            names.join(", "),
            chosen.name
        ))
        .hint("remove those that are not used")
    });
    (Some(chosen.detected.clone()), several)
}

/// The release of yarn that the settings name: `yarnPath` of yarn 2 and later, `yarn-path` of yarn 1.
pub(super) fn yarn_path(root: &Path, dir: &str) -> Option<Detected> {
    let dirs = if dir.is_empty() { vec![""] } else { vec![dir, ""] };
    dirs.into_iter().flat_map(|dir| [(dir, ".yarnrc.yml"), (dir, ".yarnrc")]).find_map(|(dir, file_name)| {
        let name = name(dir, file_name);
        let path = root.join(&name);
        let text = path.is_file().then(|| head(&path, HEAD).ok())??;
        let (key, manager) = release::of_settings(&text)?;
        Some(Detected { manager, reason: format!("{name}: {key}") })
    })
}

/// A file's path from the root.
pub(super) fn name(dir: &str, file_name: &str) -> String {
    if dir.is_empty() { file_name.to_owned() } else { format!("{dir}/{file_name}") }
}

/// The first bytes of a file as text.
pub(super) fn head(path: &Path, bytes: u64) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&disk::begin(path, bytes)?).into_owned())
}
