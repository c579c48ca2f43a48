//! Nouns and pure functions on bytes. No I/O.

pub mod manifest;
pub mod workspace;
