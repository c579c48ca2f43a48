//! What isolated builds look at: contexts and what is known of their trees, commands, and docker's own answers.

pub(super) mod command;
mod namespace;
pub(super) mod project;
pub(super) mod tree;

pub(crate) use self::namespace::Watched;
#[cfg(target_os = "linux")]
pub(super) use self::namespace::obstacle;
