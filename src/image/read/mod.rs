//! Reads the files that define the builds of a project.

#![cfg_attr(not(changes), expect(clippy::disallowed_methods, reason = "reads files, and asks docker"))]

pub(crate) mod definitions;
pub(crate) mod docker;
mod files;
pub(crate) mod sources;
