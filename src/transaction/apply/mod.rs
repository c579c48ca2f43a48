//! Changes the disk so that an interruption at any instant loses nothing.

#![expect(clippy::disallowed_methods, reason = "writes manifests, backups and the state")]

pub(crate) mod file;
pub(crate) mod lock;
pub(crate) mod restore;
pub(crate) mod state;
pub(crate) mod transaction;
