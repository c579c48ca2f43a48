//! What a compose file gives to the builds of its services (<https://docs.docker.com/reference/compose-file/build/>).

#[cfg(test)]
mod cases;
mod definitions;
mod dotenv;
mod extends;
mod include;
mod interpolate;
mod merge;
mod model;
mod paths;
mod resolved;
mod scalar;
mod sets;
pub(crate) mod tree;

pub(crate) use self::definitions::{ComposeServices, ComposeSet, load, of_dockerfile, of_folder};
pub(crate) use self::dotenv::dotenv;
pub(crate) use self::model::{FileText, Sources};
pub(crate) use self::paths::{is_inside, is_remote, join, parent};
pub(crate) use self::resolved::take_resolved;
pub(crate) use self::sets::{
    built_services, default_set, env_file, found_from, is_compose_file, is_default_file, looked_for,
    looked_for_from, of_files, other_sets, over_default,
};

/// The names of compose files, in the order in which compose looks for them; the first that is there counts.
pub(crate) const COMPOSE_FILES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
