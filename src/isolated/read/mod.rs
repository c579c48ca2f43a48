//! What isolated builds look at: contexts and what is known of their trees.

pub(super) mod tree;
