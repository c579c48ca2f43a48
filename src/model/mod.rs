//! Nouns and pure functions on bytes. No I/O.

pub mod digest;
pub mod edit;
pub mod journal;
pub mod js;
pub mod json;
pub mod manifest;
pub mod minimatch;
pub mod package_name;
pub mod publish;
pub mod specifier;
pub mod tree_state;
pub mod workspace;
