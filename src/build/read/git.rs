//! Asks git which files of a folder are sources, and what they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::thread;

use crate::project::git;
use crate::project::git::git;

/// What git says of the files below a folder, by their paths from there.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Tracked files that are as they are in the index: mode and object id.
    pub(super) unchanged: BTreeMap<String, String>,
    /// Files that have to be read: tracked ones that were changed, and untracked ones that are not ignored.
    pub(super) others: BTreeSet<String>,
    /// Whether its object ids are SHA-256s.
    pub(super) sha256: bool,
}

impl Listed {
    /// Files of which git knows nothing.
    pub(super) fn new<T>(files: BTreeMap<String, T>) -> Self {
        Self { others: files.into_keys().collect(), ..Self::default() }
    }
}

/// Lists the sources below a folder: what is tracked, and what is neither tracked nor ignored. `None` where git has
/// no answer: then nothing is known of what is ignored.
pub(super) fn sources(dir: &Path) -> Option<Listed> {
    let mut listed = listed(dir)?;
    // Submodules, and other repositories inside.
    let inner: Vec<String> =
        listed.others.iter().filter(|path| dir.join(path).join(".git").exists()).cloned().collect();
    for path in inner {
        let Some(inside) = sources(&dir.join(&path)) else { continue };
        listed.others.remove(&path);
        listed.others.extend(inside.others.into_iter().map(|file| format!("{path}/{file}")));
        let unchanged = inside.unchanged.into_iter();
        listed.unchanged.extend(unchanged.map(|(file, id)| (format!("{path}/{file}"), id)));
    }
    Some(listed)
}

fn listed(dir: &Path) -> Option<Listed> {
    let staged = || ask(dir, &["-s", "-v"]);
    let (staged, others) = thread::scope(|scope| {
        let others = scope.spawn(|| ask(dir, &["-t", "-m", "-d", "-o", "--exclude-standard"]));
        (staged(), others.join().ok().flatten())
    });
    let mut listed = Listed::default();
    for entry in &staged? {
        // `H 100644 <object id> 0`, a tab and the path.
        let (head, path) = entry.split_once('\t')?;
        let mut words = head.split(' ');
        let (tag, mode, id, stage) = (words.next()?, words.next()?, words.next()?, words.next()?);
        listed.sha256 = id.len() == 64;
        // Of what is assumed to be unchanged or not looked at git does not know whether it is; conflicts have no one id,
        // and a submodule is known by its commit alone.
        if tag == "H" && stage == "0" && mode != "160000" {
            listed.unchanged.insert(path.to_owned(), format!("{mode} {id}"));
        } else {
            listed.others.insert(path.to_owned());
        }
    }
    for entry in others? {
        let (tag, path) = entry.split_once(' ')?;
        listed.unchanged.remove(path);
        if tag == "R" {
            listed.others.remove(path);
        } else {
            // A repository inside another is named as a folder.
            listed.others.insert(path.trim_end_matches('/').to_owned());
        }
    }
    Some(listed)
}

/// What is ignored below a folder; folders that are ignored as a whole, with a `/` behind.
pub(super) fn ignored(dir: &Path) -> Option<Vec<String>> {
    ask(dir, &["-o", "-i", "--exclude-standard", "--directory"])
}

/// Paths that are no UTF-8 are no answer.
fn ask(dir: &Path, what: &[&str]) -> Option<Vec<String>> {
    let mut command = git(dir);
    // Nothing here may wait for, or hold up, a git of the user's.
    command.env("GIT_OPTIONAL_LOCKS", "0").args(["ls-files", "-z"]).args(what);
    let text = String::from_utf8(git::answer(&mut command).ok()?).ok()?;
    Some(text.split_terminator('\0').map(str::to_owned).collect())
}
