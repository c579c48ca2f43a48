//! The state of a prepared project: lock, journal, backups, and how every byte comes back.

pub(crate) mod apply;
pub(crate) mod damaged;
pub(crate) mod journal;
pub(crate) mod plan;
pub(crate) mod read;
pub(crate) mod status;
pub(crate) mod strip;
pub(crate) mod tree;
pub(crate) mod tree_state;
