//! Reads the resolutions that are kept.

use std::path::{Path, PathBuf};

use crate::disk;
use crate::offline::resolution::{Resolution, ResolutionKey};
use crate::text::Digest;

/// Where they lie, below the project's state folder.
const FOLDER: &str = "offline";
/// A larger file is none of ours.
const MOST: u64 = 64 << 20;

/// The file of a surface.
pub(crate) fn place(state_dir: &Path, surface: &str) -> PathBuf {
    state_dir.join(FOLDER).join(Digest::of(surface.as_bytes()).as_str())
}

/// The resolution that is kept for a surface, named by its manifest, where it holds.
pub(crate) fn kept(state_dir: &Path, surface: &str, key: &ResolutionKey) -> Option<Resolution> {
    Resolution::parse(&disk::read_up_to(&place(state_dir, surface), MOST).ok()?, key)
}
