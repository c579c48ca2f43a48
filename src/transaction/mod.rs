//! The state of a prepared project: lock, journal, backups, and how every byte comes back.

mod apply;
mod damaged;
mod journal;
mod plan;
pub(crate) mod read;
mod restore;
pub(crate) mod status;
pub(crate) mod strip;
#[cfg(test)]
#[cfg(unix)]
mod tests;
pub(crate) mod tree;
mod tree_state;

pub(crate) use self::apply::file::{Attributes, failed};
pub(crate) use self::apply::lock::Lock;
pub(crate) use self::apply::transaction::{DepsDirNote, FileRewrite, Prepared, Transaction};
pub(crate) use self::apply::{file, lock};
pub(crate) use self::journal::{Journal, Phase, STATE};
pub(crate) use self::read::history::read as clean_history;
pub(crate) use self::read::pointing::all as all_manifests;
pub(crate) use self::read::{backup_of, beside, mode_of};
pub(crate) use self::restore::{RestoreOutcome, files};
pub(crate) use self::status::{Status, age};
pub(crate) use self::tree::interrupted;
pub(crate) use self::tree_state::{Backup, FileState, Now, ProjectState};
