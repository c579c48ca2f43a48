//! Programs that stand in front of others in `PATH`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::World;
use crate::common::manager::{Manager, node, path};

/// Puts the package manager into a folder, as a program of its name.
pub(crate) fn shim(folder: &Path, manager: Manager) {
    program_at(&folder.join(manager.name), &format!("exec {} \"$@\"", typed(manager)));
}

/// What a shell starts it with.
pub(crate) fn typed(manager: Manager) -> String {
    let program = manager.program();
    let script = program.extension().is_some();
    let node = if script { format!("'{}' ", node().display()) } else { String::new() };
    format!("{node}'{}'", program.display())
}

/// Writes a shell program.
pub(crate) fn program_at(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
}

/// A folder for programs that are found first.
pub(crate) fn bin(world: &World) -> PathBuf {
    world.beside("bin")
}

/// A PATH with that folder in front.
pub(crate) fn with_bin(world: &World) -> String {
    format!("{}:{}", bin(world).display(), path())
}
