//! What isolated builds look at: contexts and what is known of their trees.

#[allow(dead_code, unused_imports, reason = "`run` is to call it")]
mod namespace;
mod tree;

#[allow(dead_code, unused_imports, reason = "`run` is to call it")]
pub(super) use self::namespace::Watched;
#[cfg(target_os = "linux")]
pub(super) use self::namespace::obstacle;
