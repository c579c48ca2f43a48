//! Pure choice: from what was observed to a plan.

pub mod build;
pub mod closure;
pub mod components;
pub mod files;
pub mod link;
pub mod lockfile;
pub mod ours;
pub mod prepare;
pub mod reader;
pub mod restore;
pub mod rewrite;
pub mod source;
pub mod take_back;
pub mod way;
