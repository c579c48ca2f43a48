//! The picture of an image build: Dockerfiles, compose files, and what is installed in them by which package manager.

pub(crate) mod compose;
#[expect(dead_code, reason = "read by the picture")]
mod definition;
pub(crate) mod dockerfile;
#[cfg_attr(not(test), expect(dead_code, reason = "read by the picture"))]
mod dockerignore;
pub(crate) mod package_manager;
#[expect(dead_code, reason = "read by the picture")]
mod place;

pub(crate) use self::compose::COMPOSE_FILES;
pub(crate) use self::dockerfile::DockerfileFound;
#[cfg(test)]
pub(crate) use self::package_manager::Tags;
pub(crate) use self::package_manager::decision::ManagerSources;
pub(crate) use self::package_manager::lockfile::{HEAD, LOCKFILES};
pub(crate) use self::package_manager::{Detected, Name, PackageManager, field, lockfile, release};
