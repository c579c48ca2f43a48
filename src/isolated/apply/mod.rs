//! What isolated builds change: trees in the state folder, and the mounts of a helper process.

mod namespace;
pub(super) mod tree;
