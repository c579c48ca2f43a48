//! Where temporary folders are made: nothing that lies above them may mean anything to a program that is tested.

use std::path::Path;

use tempfile::TempDir;

/// What git, package managers, Node.js and docker-prep look for in the folders above the one that they work in.
const READ_ABOVE: [&str; 18] = [
    ".git",
    ".npmrc",
    ".pnp.cjs",
    ".pnpmfile.cjs",
    ".yarnrc",
    ".yarnrc.yml",
    "bun.lock",
    "bun.lockb",
    "bunfig.toml",
    "docker-prep.toml",
    "node_modules",
    "package-lock.json",
    "package.json",
    "package.json5",
    "package.yaml",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "yarn.lock",
];

/// A new folder in `$TMPDIR`, or where others lie if anything there, or above it, would be read.
pub(crate) fn temporary() -> TempDir {
    let places = [std::env::temp_dir(), "/tmp".into(), "/var/tmp".into(), "/dev/shm".into()];
    let bare = places.iter().filter_map(|place| place.canonicalize().ok()).find(|place| is_bare(place));
    let bare = bare.unwrap_or_else(|| {
        panic!("in or above each of {places:?} lies one of {READ_ABOVE:?}: set TMPDIR to a folder without")
    });
    tempfile::tempdir_in(bare).expect("a temporary folder")
}

fn is_bare(place: &Path) -> bool {
    place.ancestors().all(|above| !READ_ABOVE.iter().any(|name| above.join(name).symlink_metadata().is_ok()))
}
