//! Real file systems: full ones, read-only ones, several in one project, and what a file has besides its bytes.
//!
//! Each test that mounts something runs itself again in a mount namespace of its own, as root or, for a user, as root
//! of a user namespace: what it mounts nobody else sees, and it is gone with the process.

mod place;

mod attributes;
mod full;
mod other;
mod read_only;
