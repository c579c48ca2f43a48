//! The only code that changes the disk.

pub mod deps_dir;
pub mod file;
pub mod lock;
pub mod out_dir;
pub mod restore;
pub mod signal;
pub mod state;
pub mod transaction;
