//! What gives a project the version of the program that it requires.

#![cfg_attr(not(changes), expect(clippy::disallowed_methods, reason = "looks at the project's root"))]

use std::path::Path;

use super::package_manager::at_root;
use crate::disk;
use crate::error::Problem;
use crate::image::Name;
use crate::npm::{DEPENDENCY_FIELDS, WORKSPACE_FILE};
use crate::project::config::UnmetVersion;
use crate::text::json;

/// The package that holds the program.
const PACKAGE: &str = "@bytelyst/docker-prep";

/// What is wrong with a version, and the command that mends it: of the package manager of the project at `root`, where
/// that has the program as a dependency. `file` is the `docker-prep.toml`, as messages name it.
pub(crate) fn unmet(root: Option<&Path>, file: &str, unmet: &UnmetVersion) -> Problem {
    let package = format!("{PACKAGE}@\"{}\"", unmet.required.range);
    let hint = match root.and_then(|root| command_of_project(root, unmet)) {
        Some(command) => format!("in the project type: {command} {package}"),
        None => {
            format!("install one of these, by install.sh of its release, or type: npm install -g {package}")
        }
    };
    Problem::new(format!("{file}: {}", unmet.message())).hint(hint)
}

/// How the project's package manager takes another version of what is there already.
fn command_of_project(root: &Path, unmet: &UnmetVersion) -> Option<&'static str> {
    let text = disk::read_text(&root.join("package.json")).ok()?;
    let manifest = json::parse_object(&text).ok()?;
    let is_there = |field: &str| manifest.get(field).is_some_and(|field| field.get(PACKAGE).is_some());
    DEPENDENCY_FIELDS.into_iter().find(|field| is_there(field))?;
    let manager = unmet.readable.package_manager.clone().or_else(|| at_root(root))?;
    let is_workspace = manifest.contains_key("workspaces");
    Some(match manager.name {
        Name::Pnpm if root.join(WORKSPACE_FILE).exists() => "pnpm add -D -w",
        Name::Pnpm => "pnpm add -D",
        Name::Npm => "npm install -D",
        Name::Yarn if is_workspace && *manager.majors.end() == 1 => "yarn add -D -W",
        Name::Yarn => "yarn add -D",
        Name::Bun => "bun add -d",
    })
}
