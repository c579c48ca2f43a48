//! What builds depend on and what they left, by content.

#![cfg_attr(
    not(changes),
    expect(clippy::disallowed_methods, reason = "looks at the sources of packages, and asks git")
)]

mod folders;
mod git;
mod stat;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

pub(crate) use self::folders::Folders;
use self::git::Listed;
pub(crate) use self::stat::{Stats, stamp};
use self::stat::{is_executable, walk};
use crate::build::is_shared;
use crate::cache::{BuildRecord, FileIds};
use crate::disk;
use crate::image::LOCKFILES;
use crate::npm::{MANIFEST_FILES, Member, WORKSPACE_FILE, Workspace};
use crate::text::hex;
use crate::threads::Threads;

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

/// Up to so many members git is asked for each by itself, and for more at once.
const FEW: usize = 4;

/// The sources of a workspace as they lie there.
#[derive(Debug, Default)]
pub(crate) struct BuildSources {
    /// By member, paths from its folder. Nothing but those that were asked for.
    pub(crate) own: BTreeMap<usize, FileIds>,
    /// Members of which git knows nothing: what their builds made lies among their own files.
    pub(crate) unknown_to_git: BTreeSet<usize>,
    /// What lies in no member, from the workspace's root.
    pub(crate) shared: FileIds,
}

impl BuildSources {
    /// Reads those of some members, and what all share. What git has in its index, and says is unchanged, is not read.
    pub(crate) fn read(workspace: &Workspace, wanted: &BTreeSet<usize>, threads: Threads) -> Self {
        let (mut sources, folders) = (Self::none(wanted), Folders::new(workspace));
        sources.take_from_root(&folders, threads);
        sources.take_each(&folders, threads);
        sources.always(&workspace.root);
        sources
    }

    /// Reads those of some members only.
    pub(crate) fn own(workspace: &Workspace, wanted: &BTreeSet<usize>, threads: Threads) -> Self {
        let (mut sources, folders) = (Self::none(wanted), Folders::new(workspace));
        if wanted.len() > FEW {
            sources.take_from_root(&folders, threads);
        }
        sources.take_each(&folders, threads);
        sources
    }

    fn none(wanted: &BTreeSet<usize>) -> Self {
        Self { own: wanted.iter().map(|member| (*member, FileIds::new())).collect(), ..Self::default() }
    }

    /// What a look at the root tells of: what is shared, and of most members all.
    fn take_from_root(&mut self, folders: &Folders<'_>, threads: Threads) {
        let root = &folders.workspace.root;
        let known = git::sources(root).filter(knows_root);
        let listed = known.unwrap_or_else(|| Listed::new(walk(root, &folders.inside(""))));
        self.take(folders, None, listed, threads);
    }

    /// The members of which nothing is known yet: such as lie elsewhere, in a repository of their own, in a folder that
    /// is ignored, or in none.
    fn take_each(&mut self, folders: &Folders<'_>, threads: Threads) {
        let is_missing = |member: &usize| {
            let Member { relative, manifest_file, .. } = &folders.workspace.members[*member];
            !relative.is_empty() && self.own.get(member).is_none_or(|own| !own.contains_key(*manifest_file))
        };
        let missing: Vec<usize> = self.own.keys().copied().filter(is_missing).collect();
        let listed = threads.map(&missing, |member| known(&folders.workspace.members[*member]));
        for (member, listed) in missing.into_iter().zip(listed) {
            let listed = listed.unwrap_or_else(|| {
                self.unknown_to_git.insert(member);
                Listed::new(walk(folders.dir(member), &folders.inside_member(member)))
            });
            self.take(folders, Some(member), listed, threads);
        }
    }

    /// Gives each file below a member's folder, or the root, to the member that it lies in, and reads those of which
    /// git has no id.
    fn take(&mut self, folders: &Folders<'_>, from: Option<usize>, listed: Listed, threads: Threads) {
        let Workspace { root, members, .. } = folders.workspace;
        let (dir, base) = from.map_or((root, ""), |from| (&members[from].dir, &*members[from].relative));
        let place = |path: &str| -> Option<(Option<usize>, String)> {
            if base.is_empty() {
                let (member, rest) = folders.place(path);
                return Some((member, rest.to_owned()));
            }
            let path = format!("{base}/{path}");
            let (member, rest) = folders.place(&path);
            (member == from).then(|| (member, rest.to_owned()))
        };
        let is_wanted = |(member, path): &(Option<usize>, String)| match member {
            Some(member) => self.own.contains_key(member),
            None => is_shared(path),
        };
        let place = |path: &str| place(path).filter(is_wanted);
        let mut found: Vec<(Option<usize>, String, String)> = Vec::new();
        for (path, id) in listed.unchanged {
            found.extend(place(&path).map(|(member, path)| (member, path, id)));
        }
        let mut others: Vec<((Option<usize>, String), PathBuf)> = Vec::new();
        for path in &listed.others {
            let absolute = dir.join(path);
            if absolute.symlink_metadata().is_ok_and(|there| there.is_dir()) {
                // A repository inside of which git tells nothing. Members in it are looked at by themselves.
                let inside = if base.is_empty() { path.clone() } else { format!("{base}/{path}") };
                for rest in walk(&absolute, &folders.inside(&inside)).into_keys() {
                    others.extend(place(&format!("{path}/{rest}")).map(|place| (place, absolute.join(rest))));
                }
            } else {
                others.extend(place(path).map(|place| (place, absolute)));
            }
        }
        let ids = threads.map(&others, |(_, file)| id_of(file, listed.sha256));
        let read =
            others.into_iter().zip(ids).filter_map(|(((member, path), _), id)| Some((member, path, id?)));
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
    pub(crate) fn without_outputs(&self, member: usize, record: Option<&BuildRecord>) -> FileIds {
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

/// What git knows of a member by itself.
fn known(member: &Member) -> Option<Listed> {
    // Starting git for each where there is no repository would take its time.
    if !member.dir.ancestors().any(|dir| dir.join(".git").exists()) {
        return None;
    }
    git::sources(&member.dir).filter(|listed| knows(listed, member.manifest_file))
}

/// What lies in a member's folder that git ignores: among that is what a build leaves. What the file system says of each.
pub(crate) fn ignored(folders: &Folders<'_>, member: usize) -> BTreeMap<String, Stats> {
    let dir = folders.dir(member);
    let passed = folders.inside_member(member);
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
pub(crate) fn outputs<'a>(
    dir: &Path,
    paths: impl IntoIterator<Item = &'a String>,
    threads: Threads,
) -> FileIds {
    let paths: Vec<&String> = paths.into_iter().collect();
    let read = threads.map(&paths, |path| Some(((*path).clone(), id_of(&dir.join(path), true)?)));
    read.into_iter().flatten().collect()
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
        (if is_executable(&metadata) { "100755" } else { "100644" }, disk::read_up_to(path, disk::MAX_LARGE))
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
pub(crate) fn is_installed(workspace: &Workspace, member: &Member) -> bool {
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
}
