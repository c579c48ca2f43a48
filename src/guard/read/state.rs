//! What prepared projects of the repository say of their deps dirs.

use std::path::Path;

use crate::disk;
use crate::transaction::Journal;

/// The deps dirs of the projects that are prepared now, by the states in git's own folder. A state that cannot be read
/// names none: the tarballs' names tell then.
pub(crate) fn prepared_deps_dirs(git_dir: &Path) -> Vec<String> {
    let Ok(entries) = git_dir.read_dir() else { return Vec::new() };
    let states = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        let rest = name.to_str().and_then(|name| name.strip_prefix("docker-prep"));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    });
    let files = states.map(|entry| entry.path().join(crate::transaction::STATE));
    let journals = files
        .filter(|file| file.symlink_metadata().is_ok_and(|metadata| metadata.is_file()))
        .filter_map(|file| Journal::parse(&disk::read(&file).ok()?).ok());
    journals.map(|journal| journal.head.deps_dir.as_str().to_owned()).collect()
}
