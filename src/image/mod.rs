//! The picture of an image build: Dockerfiles, compose files, and what is installed in them by which package manager.

#[allow(dead_code, unused_imports, reason = "read by the picture")]
pub(crate) mod bake;
#[allow(dead_code, unused_imports, reason = "read by the picture")]
pub(crate) mod command_line;
#[allow(dead_code, unused_imports, reason = "read by the picture")]
pub(crate) mod compose;
#[allow(dead_code, unused_imports, reason = "read by the picture")]
mod definition;
pub(crate) mod dockerfile;
#[cfg_attr(not(test), expect(dead_code, reason = "read by the picture"))]
mod dockerignore;
pub(crate) mod package_manager;
#[allow(dead_code, unused_imports, reason = "read by the picture")]
mod place;
#[allow(dead_code, unused_imports, reason = "read by the picture")]
pub(crate) mod read;
#[allow(dead_code, unused_imports, reason = "read by the picture")]
pub(crate) mod workflow;

pub(crate) use self::compose::COMPOSE_FILES;
pub(crate) use self::dockerfile::DockerfileFound;
#[cfg(test)]
pub(crate) use self::package_manager::Tags;
pub(crate) use self::package_manager::decision::ManagerSources;
pub(crate) use self::package_manager::lockfile::{HEAD, LOCKFILES};
pub(crate) use self::package_manager::{Detected, Name, PackageManager, field, lockfile, release};
