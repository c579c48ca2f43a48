//! The picture of an image build: Dockerfiles, compose files, and what is installed in them by which package manager.

mod bake;
mod command_line;
mod compose;
mod context;
mod definition;
pub(crate) mod dockerfile;
mod dockerignore;
mod installs;
mod makefile;
mod network;
pub(crate) mod package_manager;
mod picture;
mod place;
mod platform;
pub(crate) mod read;
#[cfg(test)]
pub(crate) mod sample;
mod sources;
mod workflow;

pub(crate) use self::command_line::redirect::{BuildWords, ComposeWords, DockerCommand};
pub(crate) use self::definition::{
    BuildContext, BuildDefinition, DefinitionKind, DockerfileSource, UnknownDefinition,
};
pub(crate) use self::dockerfile::join;
pub(crate) use self::dockerignore::{Dockerignore, WalkState};
pub(crate) use self::installs::Install;
pub(crate) use self::network::{NetworkKind, NetworkNeed, network_needs};
#[cfg(test)]
pub(crate) use self::package_manager::Tags;
pub(crate) use self::package_manager::decision::ManagerSources;
pub(crate) use self::package_manager::lockfile::{HEAD, LOCKFILES};
pub(crate) use self::package_manager::{Detected, Name, PackageManager, field, lockfile, release};
pub(crate) use self::picture::{BuildInstall, CommandPicture, ImageBuild, Picture};
pub(crate) use self::place::Place;
pub(crate) use self::platform::ImagePlatform;
pub(crate) use self::read::docker::ask as ask_docker;
pub(crate) use self::sources::ImageSources;

/// Whether `docker compose` reads a file by itself, by its path from the root.
pub(crate) fn is_compose_default(name: &str) -> bool {
    compose::is_default_file(name)
}

/// Whether `docker buildx bake` does.
pub(crate) fn is_bake_default(name: &str) -> bool {
    bake::BAKE_FILES.contains(&name)
}

/// Whether a file is one of those that define image builds and nothing else, by its name: of compose, or of bake.
pub(crate) fn defines_images(name: &str) -> bool {
    compose::is_compose_file(name) || bake::is_bake_file(name)
}
