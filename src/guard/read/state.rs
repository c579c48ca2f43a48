//! What prepared projects of the repository say of their deps dirs.

use std::path::{Path, PathBuf};

use crate::disk;
use crate::transaction::{Journal, lock};

/// The deps dirs of the projects that are prepared now, by the states in git's own folder. A state that cannot be read
/// names none: the tarballs' names tell then.
pub(crate) fn prepared_deps_dirs(git_dir: &Path) -> Vec<String> {
    let files = states(git_dir).into_iter().map(|folder| folder.join(crate::transaction::STATE));
    let journals = files
        .filter(|file| file.symlink_metadata().is_ok_and(|metadata| metadata.is_file()))
        .filter_map(|file| Journal::parse(&disk::read(&file).ok()?).ok());
    journals.map(|journal| journal.head.deps_dir.as_str().to_owned()).collect()
}

/// Who has a project of the repository prepared only as long as it is at work, as `run` does.
pub(crate) fn at_work(git_dir: &Path) -> Option<String> {
    let holder = |folder: PathBuf| lock::holder(&folder).ok().flatten();
    states(git_dir).into_iter().find_map(holder).map(|holder| holder.named())
}

/// The state folders of the repository's projects.
fn states(git_dir: &Path) -> Vec<PathBuf> {
    let entries = git_dir.read_dir().into_iter().flatten().flatten();
    let is_state = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        let rest = name.and_then(|name| name.strip_prefix("docker-prep"));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    entries.map(|entry| entry.path()).filter(is_state).collect()
}
