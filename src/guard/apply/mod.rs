//! What `init` does besides writing files: it has git's hook run once.

#![expect(clippy::disallowed_methods, reason = "makes a temporary index, and runs the hook")]

pub(crate) mod prove;
