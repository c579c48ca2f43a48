//! Prepare and restore as a whole, on real files.

mod beside;
mod transaction;
