//! The manifests and settings of a project that lead into a deps dir, whoever wrote them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use walkdir::DirEntry;

use crate::disk;
use crate::project::git::git;
use crate::project::{Beside, FileKind, MANIFEST, Project, SETTINGS, files as walked, git};
use crate::rewrite::ours;

/// Manifests are small; what is larger is none.
const MAX_BYTES: u64 = 64 << 20;

/// Those that git tracks or does not ignore, at any depth, and those that lie where surfaces are looked for. One to which
/// a symbolic link in the project leads counts once, by the link's name.
pub(crate) fn files(project: &Project, deps_dirs: &[String]) -> Vec<Beside> {
    let points = |file: &Beside| {
        let text = file.text.as_deref().unwrap_or_default();
        deps_dirs.iter().any(|dir| ours::points_into(file.kind, text.as_bytes(), dir))
    };
    all(project).into_iter().filter(points).collect()
}

/// Every manifest and settings file of the project that can be read.
pub(crate) fn all(project: &Project) -> Vec<Beside> {
    let mut found = BTreeMap::new();
    let walked = walked(project).map(|entry| entry.path().to_owned());
    for place in walked.chain(listed(project)) {
        if let Some(file) = read(project, &place) {
            found.entry(file.path.clone()).or_insert(file);
        }
    }
    let mut found: Vec<Beside> = found.into_values().collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn read(project: &Project, place: &std::path::Path) -> Option<Beside> {
    let kind = FileKind::of(place.file_name()?.to_str()?).filter(|kind| *kind != FileKind::Lockfile)?;
    let path = place.canonicalize().ok().filter(|path| path.starts_with(&project.root))?;
    let metadata = path.metadata().ok()?;
    if !metadata.is_file() || metadata.len() > MAX_BYTES || path.starts_with(project.deps_path()) {
        return None;
    }
    let text = String::from_utf8(disk::read(&path).ok()?).ok()?;
    let name = place.strip_prefix(&project.root).ok()?.to_str()?.replace('\\', "/");
    Some(Beside { path, name, kind, text: Some(text) })
}

fn listed(project: &Project) -> Vec<PathBuf> {
    if !project.is_in_git {
        return Vec::new();
    }
    let mut command = git(&project.root);
    command.args(["ls-files", "-z", "--cached"]);
    // git waits for who writes to a pipe in the place of one.
    let is_odd = |entry: &DirEntry| entry.file_name() == ".gitignore" && !entry.path().is_file();
    if !walked(project).any(|entry| is_odd(&entry)) {
        command.args(["--others", "--exclude-standard"]);
    }
    command.arg("--");
    command.args([MANIFEST, SETTINGS].map(|name| format!(":(glob)**/{name}")));
    let said = git::answer(&mut command).unwrap_or_default();
    let paths = said.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    paths.map(|path| project.root.join(crate::project::path_of(path))).collect()
}
