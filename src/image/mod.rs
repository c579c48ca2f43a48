//! The picture of an image build: Dockerfiles, compose files, and what is installed in them by which package manager.

pub(crate) mod compose;
pub(crate) mod dockerfile;
pub(crate) mod package_manager;
