//! Tarballs on the disk.

pub(crate) mod apply;
mod cached;

pub(crate) use self::apply::folders::FolderNotes;
pub(crate) use self::apply::out_dir::OutDir;
pub(crate) use self::apply::{DepsDir, DepsDirState, Placed};
pub(crate) use self::cached::Cache;
