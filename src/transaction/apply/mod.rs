//! Changes the disk so that an interruption at any instant loses nothing.

pub(crate) mod file;
pub(crate) mod lock;
pub(crate) mod restore;
pub(crate) mod state;
pub(crate) mod transaction;
