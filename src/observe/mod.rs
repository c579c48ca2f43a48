//! Reads the world and changes nothing.

pub mod build;
pub mod cache;
pub mod committed;
pub mod contents;
pub mod git;
mod glob;
pub mod guard;
pub mod hooks;
pub mod lockfile;
pub mod manifest;
pub mod members;
pub mod package_manager;
pub mod packlist;
pub mod project;
pub mod registry;
pub mod state;
pub mod surfaces;
pub mod tarball;
pub mod threads;
pub mod workspace;

#[cfg(test)]
#[cfg(unix)]
mod hostile {
    mod tests;
}
