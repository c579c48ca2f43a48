//! How a repository has the program that its hook calls.

use std::path::Path;

use crate::disk;
use crate::guard::hook::{HookProgram, ProgramSource};
use crate::image::PackageManager;
use crate::project::{PACKAGE, dependency_at};

/// The project's manifest says it, else that at the repository's top; `manager` is the package manager that settings name.
pub(crate) fn of_repository(top: &Path, root: &Path, manager: Option<&PackageManager>) -> HookProgram {
    let folders = [root, top];
    let dependencies = folders.map(|folder| (folder, dependency_at(folder, manager)));
    let mut there = dependencies.iter().filter_map(|(folder, found)| Some((*folder, found.as_ref()?)));
    let with = there.clone().find(|(_, dependency)| dependency.is_there);
    let name = |folder: &Path| {
        let below = folder.strip_prefix(top).unwrap_or(Path::new(""));
        below.to_string_lossy().replace('\\', "/")
    };
    match (with, there.next()) {
        (Some((folder, dependency)), _) => {
            let source = if has_plug_and_play(folder) {
                ProgramSource::PlugAndPlay
            } else {
                ProgramSource::Dependency
            };
            HookProgram::new(source, &name(folder), format!("{} install", dependency.manager.as_str()))
        }
        (None, Some((folder, dependency))) => {
            let install = format!("{} {PACKAGE}", dependency.add);
            HookProgram::new(ProgramSource::Path, &name(folder), install)
        }
        (None, None) => HookProgram::new(ProgramSource::Path, "", format!("npm install -g {PACKAGE}")),
    }
}

/// Whether Yarn has installed a folder's packages without `node_modules`.
fn has_plug_and_play(folder: &Path) -> bool {
    [".pnp.cjs", ".pnp.js"].iter().any(|name| disk::file(&folder.join(name)).is_ok())
}
