//! Nouns and pure functions on bytes. No I/O.

pub mod beside;
pub mod build;
pub mod cache;
pub mod compose;
pub mod config;
pub mod diff;
pub mod digest;
pub mod dockerfile;
pub mod document;
pub mod edit;
pub mod ended;
pub mod environment;
pub mod gitignore;
pub mod guard;
pub mod hook;
pub mod journal;
pub mod js;
pub mod json;
pub mod json5;
pub mod link;
pub mod lockfile;
pub mod manifest;
pub mod minimatch;
pub mod npmrc;
pub mod package_manager;
pub mod package_name;
pub mod path;
pub mod publish;
pub mod reference;
pub mod registry;
pub mod registry_settings;
pub mod requested;
pub mod scope;
pub mod seal;
pub mod source;
pub mod specifier;
pub mod surface;
pub mod surroundings;
pub mod tarball;
pub mod tree_state;
pub mod workspace;
pub mod yaml;

#[cfg(test)]
pub(crate) mod hostile {
    mod dockerfile;
    pub(crate) mod tests;
}
