//! Tarballs on the disk.

pub(crate) mod apply;
pub(crate) mod cached;
