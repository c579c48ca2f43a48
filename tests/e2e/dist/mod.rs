//! What people install: which version it says it is.

mod version;
