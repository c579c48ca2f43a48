//! A project as its owner wrote it, also while it is prepared.

#![cfg_attr(not(changes), expect(clippy::disallowed_methods, reason = "looks at modes"))]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::project::Project;
use crate::transaction::{self, backup_of, read as state};

/// The files of a prepared project that are not as their owner wrote them; none where it is not prepared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OwnersFiles {
    /// The bytes by their paths; `None` for what prepare made.
    pub(crate) originals: BTreeMap<PathBuf, Option<Vec<u8>>>,
    /// The backups beside them.
    pub(crate) backups: Vec<PathBuf>,
}

/// Reads what the owner wrote.
///
/// # Errors
/// The state cannot be read.
pub(crate) fn owners_files(project: &Project) -> Result<OwnersFiles> {
    let standing = state::read(&project.state_dir, &project.root, &[])?.standing;
    let Some(observed) = standing.observed() else { return Ok(OwnersFiles::default()) };
    let originals = state::originals(&project.state_dir, &project.root, observed);
    let backups = originals.keys().map(|path| backup_of(path)).collect();
    Ok(OwnersFiles { originals, backups })
}

/// The permission bits of a file, `0o644` where there is none.
pub(crate) fn mode_of(path: &Path) -> u32 {
    path.metadata().map_or(0o644, |metadata| transaction::mode_of(&metadata))
}
