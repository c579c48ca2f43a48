//! The manifests and settings of a project that lead into a deps dir, whoever wrote them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::disk;
use crate::project::git::git;
use crate::project::{Beside, FileKind, MANIFEST, Project, SETTINGS, files as walked, git, path_of};
use crate::rewrite::ours;

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
    let mut places = Vec::new();
    let mut has_odd_ignores = false;
    for entry in walked(project) {
        has_odd_ignores |= entry.file_name() == ".gitignore" && !entry.path().is_file();
        places.push(entry.into_path());
    }
    places.extend(listed(project, has_odd_ignores));
    let mut seen = BTreeSet::new();
    let mut found = BTreeMap::new();
    for place in places.iter().filter(|place| seen.insert(*place)) {
        if let Some(file) = read(project, place) {
            found.entry(file.path.clone()).or_insert(file);
        }
    }
    let mut found: Vec<Beside> = found.into_values().collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// What is no regular file, or larger than any manifest, is none.
fn read(project: &Project, place: &Path) -> Option<Beside> {
    let kind = FileKind::of(place.file_name()?.to_str()?).filter(|kind| *kind != FileKind::Lockfile)?;
    let path = place.canonicalize().ok().filter(|path| path.starts_with(&project.root))?;
    if path.starts_with(project.deps_path()) {
        return None;
    }
    let text = disk::read_text(&path).ok()?;
    let name = place.strip_prefix(&project.root).ok()?.to_str()?.replace('\\', "/");
    Some(Beside { path, name, kind, text: Some(text) })
}

/// Those that git lists. git would wait for who writes to a pipe in the place of a `.gitignore`: then only what it tracks.
fn listed(project: &Project, has_odd_ignores: bool) -> Vec<PathBuf> {
    if !project.is_in_git {
        return Vec::new();
    }
    let mut command = git(&project.root);
    command.args(["ls-files", "-z", "--cached"]);
    if !has_odd_ignores {
        command.args(["--others", "--exclude-standard"]);
    }
    command.arg("--");
    command.args([MANIFEST, SETTINGS].map(|name| format!(":(glob)**/{name}")));
    let said = git::answer(&mut command).unwrap_or_default();
    let paths = said.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    paths.map(|path| project.root.join(path_of(path))).collect()
}
