//! Fetches packages of others, and keeps what was resolved.

#![expect(clippy::disallowed_methods, reason = "writes into the cache and the state folder")]

pub(crate) mod fetch;
pub(crate) mod kept;

use tempfile::TempDir;

use crate::error::{Error, ErrorKind, Result};

/// A folder for this call.
///
/// # Errors
/// The disk's.
pub(crate) fn folder() -> Result<TempDir> {
    tempfile::Builder::new().prefix("docker-prep-").tempdir().map_err(|error| {
        Error::new(ErrorKind::Environment, format!("cannot make a temporary folder: {error}"))
            .hint("make room there, or name another place, as in TMPDIR=/var/tmp")
    })
}
