//! What isolated builds change: trees in the state folder, and the mounts of a helper process.

pub(super) mod files;
mod namespace;
pub(super) mod tree;
pub(super) mod trees;

pub use self::namespace::become_command;
pub(crate) use self::namespace::{NamespaceCall, is_possible};
