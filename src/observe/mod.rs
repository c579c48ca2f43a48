//! Reads the world and changes nothing.

pub(crate) mod glob;
pub mod packlist;
