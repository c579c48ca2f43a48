//! The only code that changes the disk, or runs a command that may.

pub mod build;
pub mod cache;
pub mod child;
pub mod deps_dir;
pub mod file;
pub mod job_summary;
pub mod lock;
pub mod lockfile;
pub mod out_dir;
mod program;
pub mod restore;
pub mod state;
pub mod transaction;
