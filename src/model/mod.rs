//! Nouns and pure functions on bytes. No I/O.

pub mod edit;
pub mod json;
pub mod manifest;
pub mod specifier;
pub mod workspace;
