//! Nouns and pure functions on bytes. No I/O.

pub mod json;
pub mod manifest;
pub mod workspace;
