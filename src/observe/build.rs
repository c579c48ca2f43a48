//! What builds depend on and what they left, by content.

mod git;
mod stat;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use walkdir::{DirEntry, WalkDir};

use self::git::Listed;
pub use self::stat::{Stats, stamp};
use crate::model::build::{Files, Record, is_shared};
use crate::model::digest::hex;
use crate::model::package_manager::lockfile::LOCKFILES;
use crate::model::workspace::{Member, Workspace};
use crate::observe::manifest::MANIFEST_FILES;
use crate::observe::workspace::WORKSPACE_FILE;

/// Files at a workspace's root that count whether they are ignored or not, besides manifests and lockfiles.
const SETTINGS: [&str; 6] =
    [WORKSPACE_FILE, ".npmrc", ".pnpmfile.cjs", ".yarnrc", ".yarnrc.yml", "bunfig.toml"];

/// Where package managers write down what they installed.
const INSTALLED: [&str; 5] = [
    "node_modules/.pnpm/lock.yaml",
    "node_modules/.package-lock.json",
    "node_modules/.yarn-state.yml",
    "node_modules/.yarn-integrity",
    ".pnp.cjs",
];

/// The sources of a workspace as they lie there.
#[derive(Debug, Default)]
pub struct Sources {
    /// By member, paths from its folder. Nothing but those that were asked for.
    pub own: BTreeMap<usize, Files>,
    /// Members of which git knows nothing: what their builds made lies among their own files.
    pub unknown_to_git: BTreeSet<usize>,
    /// What lies in no member, from the workspace's root.
    pub shared: Files,
}

impl Sources {
    /// Reads those of some members, and what all share. What git has in its index, and says is unchanged, is not read.
    #[must_use]
    pub fn read(workspace: &Workspace, wanted: &BTreeSet<usize>) -> Self {
        let folders = Folders::new(workspace);
        let mut sources =
            Self { own: wanted.iter().map(|member| (*member, Files::new())).collect(), ..Self::default() };
        // The root's first: it knows of most members, and those that lie elsewhere are asked for by themselves.
        let mut places = vec![(workspace.root.clone(), None)];
        let outside = |member: &Member| member.relative.starts_with("..");
        for member in wanted.iter().filter(|member| outside(&workspace.members[**member])) {
            places.push((workspace.members[*member].dir.clone(), Some(*member)));
        }
        for (dir, only) in places {
            let listed = git::sources(&dir).filter(|listed| only.is_some() || knows_root(listed));
            let listed = listed.unwrap_or_else(|| {
                sources.unknown_to_git.extend(match only {
                    Some(member) => vec![member],
                    None => wanted
                        .iter()
                        .copied()
                        .filter(|member| !outside(&workspace.members[*member]))
                        .collect(),
                });
                Listed { others: walk(&dir, &[]).into_keys().collect(), ..Listed::default() }
            });
            sources.take(&folders, &dir, only, listed);
        }
        // One that lies in a repository of its own, or in a folder that is ignored.
        for member in wanted.iter().filter(|member| !workspace.members[**member].relative.is_empty()) {
            let Member { dir, manifest_file, .. } = &workspace.members[*member];
            let own = sources.own.get(member);
            if own.is_some_and(|own| own.contains_key(*manifest_file)) {
                continue;
            }
            let known = git::sources(dir).filter(|listed| knows(listed, manifest_file));
            let listed = known.unwrap_or_else(|| {
                sources.unknown_to_git.insert(*member);
                Listed { others: walk(dir, &folders.inside(dir)).into_keys().collect(), ..Listed::default() }
            });
            sources.take(&folders, dir, Some(*member), listed);
        }
        sources.always(&workspace.root);
        sources
    }

    /// Gives each file to the member that it lies in, and reads those of which git has no id.
    fn take(&mut self, folders: &Folders<'_>, dir: &Path, only: Option<usize>, listed: Listed) {
        let place = |path: &str| -> Option<(Option<usize>, String)> {
            let absolute = dir.join(path);
            let member = folders.of(&absolute);
            if only.is_some() && member != only {
                return None;
            }
            let from = member.map_or(dir, |member| folders.dir(member));
            Some((member, text(absolute.strip_prefix(from).ok()?)))
        };
        let is_wanted = |member: &Option<usize>, path: &str| match member {
            Some(member) => self.own.contains_key(member),
            None => is_shared(path),
        };
        let mut found: Vec<(Option<usize>, String, String)> = Vec::new();
        for (path, id) in listed.unchanged {
            if let Some((member, path)) = place(&path).filter(|(member, path)| is_wanted(member, path)) {
                found.push((member, path, id));
            }
        }
        let others = listed.others.iter().flat_map(|path| {
            let absolute = dir.join(path);
            if !absolute.symlink_metadata().is_ok_and(|there| there.is_dir()) {
                return vec![(place(path), absolute)];
            }
            // A repository inside of which git tells nothing. Members in it are looked at by themselves.
            let files = walk(&absolute, &folders.inside(&absolute)).into_keys();
            files.map(|rest| (place(&format!("{path}/{rest}")), absolute.join(rest))).collect()
        });
        let others: Vec<_> = others
            .filter_map(|(place, file)| Some((place.filter(|(member, path)| is_wanted(member, path))?, file)))
            .collect();
        let read: Vec<_> = others
            .into_par_iter()
            .filter_map(|((member, path), file)| Some((member, path, id_of(&file, listed.sha256)?)))
            .collect();
        for (member, path, id) in found.into_iter().chain(read) {
            match member {
                Some(member) => self.own.entry(member).or_default().insert(path, id),
                None => self.shared.insert(path, id),
            };
        }
    }

    /// What counts even where git does not look at it.
    fn always(&mut self, root: &Path) {
        let names =
            LOCKFILES.iter().map(|(name, _)| *name).chain(MANIFEST_FILES).chain(SETTINGS).chain(INSTALLED);
        for name in names {
            if !self.shared.contains_key(name)
                && let Some(id) = id_of(&root.join(name), false)
            {
                self.shared.insert(name.to_owned(), id);
            }
        }
    }

    /// A member's own files without what its last build left.
    #[must_use]
    pub fn without_outputs(&self, member: usize, record: Option<&Record>) -> Files {
        let mut own = self.own.get(&member).cloned().unwrap_or_default();
        for path in record.into_iter().flat_map(|record| &record.outputs) {
            own.remove(path);
        }
        own
    }
}

/// Whether git tells of the workspace at all: it may lie in a folder that a repository above ignores.
fn knows_root(listed: &Listed) -> bool {
    MANIFEST_FILES.into_iter().chain([WORKSPACE_FILE]).any(|name| knows(listed, name))
}

fn knows(listed: &Listed, name: &str) -> bool {
    listed.unchanged.contains_key(name) || listed.others.contains(name)
}

/// The folders of all members.
#[derive(Debug)]
pub struct Folders<'a> {
    workspace: &'a Workspace,
    by_dir: BTreeMap<&'a Path, usize>,
}

impl<'a> Folders<'a> {
    /// Those of a workspace.
    #[must_use]
    pub fn new(workspace: &'a Workspace) -> Self {
        let members = workspace.members.iter().enumerate();
        // What the root holds besides packages is shared, whether it is a package itself or not.
        let members = members.filter(|(_, member)| !member.relative.is_empty());
        Self { workspace, by_dir: members.map(|(number, member)| (&*member.dir, number)).collect() }
    }

    /// The innermost member that a path lies in.
    fn of(&self, path: &Path) -> Option<usize> {
        path.ancestors().skip(1).find_map(|dir| self.by_dir.get(dir)).copied()
    }

    /// The folders of members below a folder.
    fn inside(&self, dir: &Path) -> Vec<&'a Path> {
        // Paths are in the order of their parts: what lies below one follows it.
        let behind = self.by_dir.range::<Path, _>((Bound::Excluded(dir), Bound::Unbounded));
        behind.map(|(inner, _)| *inner).take_while(|inner| inner.starts_with(dir)).collect()
    }

    fn dir(&self, member: usize) -> &'a Path {
        &self.workspace.members[member].dir
    }
}

/// What lies in a member's folder that git ignores: among that is what a build leaves. What the file system says of each.
#[must_use]
pub fn ignored(folders: &Folders<'_>, member: usize) -> BTreeMap<String, Stats> {
    let dir = folders.dir(member);
    let passed = folders.inside(dir);
    let mut found = BTreeMap::new();
    for path in git::ignored(dir).unwrap_or_default() {
        let absolute = dir.join(&path);
        let is_passed = passed.iter().any(|inner| absolute.starts_with(inner));
        if is_passed || path.split('/').any(|part| part == "node_modules") {
            continue;
        }
        if path.ends_with('/') {
            let files = walk(&absolute, &passed).into_iter();
            found.extend(files.map(|(rest, stats)| (format!("{path}{rest}"), stats)));
        } else if let Some(stats) = Stats::of(&absolute) {
            found.insert(path, stats);
        }
    }
    found
}

/// What lies at some paths of a member now; what is gone is left out.
#[must_use]
pub fn outputs<'a>(dir: &Path, paths: impl IntoIterator<Item = &'a String>) -> Files {
    let paths: Vec<&String> = paths.into_iter().collect();
    let read = paths.into_par_iter().filter_map(|path| Some((path.clone(), id_of(&dir.join(path), true)?)));
    read.collect()
}

/// The files of a folder, by their paths from there. `node_modules`, repositories' own folders and those of `passed` are
/// passed over, and links not followed.
fn walk(dir: &Path, passed: &[&Path]) -> BTreeMap<String, Stats> {
    let is_passed = |entry: &DirEntry| {
        let name = entry.file_name();
        name == "node_modules" || name == ".git" || passed.contains(&entry.path())
    };
    WalkDir::new(dir)
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_passed(entry))
        .filter_map(Result::ok)
        .filter(|entry| !entry.file_type().is_dir())
        .filter_map(|entry| Some((text(entry.path().strip_prefix(dir).ok()?), Stats::of(entry.path())?)))
        .collect()
}

/// A path with `/` between its parts. One that is no UTF-8 stands for itself as well as it can.
fn text(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// Mode and object id as git would have them for a file or link, but for filters; `None` where nothing is there. One
/// that cannot be read is like no other.
fn id_of(path: &Path, sha256: bool) -> Option<String> {
    let metadata = path.symlink_metadata().ok()?;
    if metadata.is_dir() {
        return None;
    }
    let (mode, bytes) = if metadata.is_symlink() {
        ("120000", fs::read_link(path).map(|target| target.into_os_string().into_encoded_bytes()))
    } else if metadata.is_file() {
        (if stat::is_executable(&metadata) { "100755" } else { "100644" }, fs::read(path))
    } else {
        // A pipe would be waited for.
        return None;
    };
    let Ok(bytes) = bytes else { return Some(format!("{mode} unreadable")) };
    let head = format!("blob {}\0", bytes.len());
    let id = if sha256 {
        hex(&Sha256::new().chain_update(head).chain_update(bytes).finalize())
    } else {
        hex(&Sha1::new().chain_update(head).chain_update(bytes).finalize())
    };
    Some(format!("{mode} {id}"))
}

/// Whether what the packages of a workspace need is installed, as far as can be told without knowing where.
#[must_use]
pub fn is_installed(workspace: &Workspace, member: &Member) -> bool {
    let there = |path: PathBuf| path.exists();
    there(workspace.root.join("node_modules"))
        || there(workspace.root.join(".pnp.cjs"))
        || there(member.dir.join("node_modules"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_gits() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a");
        fs::write(&path, "hello\n").unwrap();
        let id = "100644 ce013625030ba8dba906f756967f9e9ca394464a";
        assert_eq!(id_of(&path, false).as_deref(), Some(id));
        assert_eq!(id_of(temp.path(), false), None);
        assert_eq!(id_of(&temp.path().join("b"), false), None);
    }

    #[test]
    fn folders_of_dependencies_are_passed_over() {
        let temp = tempfile::tempdir().unwrap();
        for path in ["a.js", "src/b.js", "node_modules/c.js", "src/node_modules/d.js", ".git/e"] {
            let path = temp.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found: Vec<_> = walk(temp.path(), &[]).into_keys().collect();
        assert_eq!(found, ["a.js", "src/b.js"]);
    }
}
