//! Reads the world and changes nothing.

pub mod contents;
pub(crate) mod glob;
pub mod packlist;
pub mod state;
