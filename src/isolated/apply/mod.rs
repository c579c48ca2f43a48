//! What isolated builds change: trees in the state folder, and the mounts of a helper process.

#[allow(dead_code, unused_imports, reason = "`run` is to call it")]
mod namespace;
mod tree;

pub use self::namespace::become_command;
#[allow(dead_code, unused_imports, reason = "`run` is to call it")]
pub(super) use self::namespace::{NamespaceCall, is_possible};
