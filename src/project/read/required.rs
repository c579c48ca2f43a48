//! How a project has the program, and what gives it the version that it requires.

#![cfg_attr(not(changes), expect(clippy::disallowed_methods, reason = "looks at the project's root"))]

use std::path::Path;

use super::package_manager::at_root;
use crate::disk;
use crate::error::Problem;
use crate::image::{Name, PackageManager};
use crate::npm::{DEPENDENCY_FIELDS, WORKSPACE_FILE};
use crate::project::config::UnmetVersion;
use crate::text::json;

/// The package that holds the program.
pub(crate) const PACKAGE: &str = "@bytelyst/docker-prep";

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
    let dependency = dependency_at(root, unmet.readable.package_manager.as_ref())?;
    Some(dependency.add).filter(|_| dependency.is_there && dependency.is_manager_known)
}

/// What a package manager can do for a folder with a manifest, to have the program there.
pub(crate) struct ProgramDependency {
    /// Whether the manifest has the program as a dependency.
    pub(crate) is_there: bool,
    /// Whether something says which package manager it is; else it is npm.
    is_manager_known: bool,
    /// The package manager.
    pub(crate) manager: Name,
    /// What is typed in front of packages to be added.
    pub(crate) add: &'static str,
}

/// That of a folder; `None` where it has no manifest. `manager` is what settings say.
pub(crate) fn dependency_at(folder: &Path, manager: Option<&PackageManager>) -> Option<ProgramDependency> {
    let text = disk::read_text(&folder.join("package.json")).ok()?;
    let manifest = json::parse_object(&text).ok()?;
    let has = |field: &str| manifest.get(field).is_some_and(|field| field.get(PACKAGE).is_some());
    let known = manager.cloned().or_else(|| at_root(folder));
    let is_manager_known = known.is_some();
    let manager = known.unwrap_or_else(|| PackageManager::of_any_version(Name::Npm));
    let is_workspace = manifest.contains_key("workspaces");
    let add = match manager.name {
        Name::Pnpm if folder.join(WORKSPACE_FILE).exists() => "pnpm add -D -w",
        Name::Pnpm => "pnpm add -D",
        Name::Npm => "npm install -D",
        Name::Yarn if is_workspace && *manager.majors.end() == 1 => "yarn add -D -W",
        Name::Yarn => "yarn add -D",
        Name::Bun => "bun add -d",
    };
    Some(ProgramDependency {
        is_there: DEPENDENCY_FIELDS.into_iter().any(has),
        is_manager_known,
        manager: manager.name,
        add,
    })
}
