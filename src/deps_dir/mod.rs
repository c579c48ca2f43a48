//! Tarballs on the disk.

pub(crate) mod apply;
mod cached;

pub(crate) use self::apply::folders::FolderNotes;
pub(crate) use self::apply::out_dir::OutDir;
pub(crate) use self::apply::own_output::OwnOutput;
pub(crate) use self::apply::{
    DepsDir, DepsDirState, MARK, MARK_TEXT, PLACEHOLDERS, Placed, StagedTarball, stage,
};
pub(crate) use self::cached::Cache;
