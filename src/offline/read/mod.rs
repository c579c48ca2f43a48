//! What is known of packages of others.

pub(crate) mod kept;
pub(crate) mod tarball;
