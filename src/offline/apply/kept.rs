//! Keeps resolutions in the project's state folder.

use std::io::Write as _;
use std::path::Path;

use crate::error::Result;
use crate::offline::read::kept::place;
use crate::offline::resolution::Resolution;
use crate::transaction::{failed, file};

/// Keeps the resolution of a surface, named by its manifest.
///
/// # Errors
/// The disk's.
pub(crate) fn keep(state_dir: &Path, surface: &str, resolution: &Resolution) -> Result<()> {
    let path = place(state_dir, surface);
    let Some(folder) = path.parent() else { return Ok(()) };
    file::create_folders(folder).map_err(|error| failed("create", folder, &error))?;
    let write = || {
        let mut temp = tempfile::Builder::new().suffix(".tmp").tempfile_in(folder)?;
        temp.write_all(&resolution.to_bytes())?;
        file::change_owner(temp.as_file(), temp.path())?;
        temp.persist(&path).map_err(|error| error.error)
    };
    write().map(drop).map_err(|error| failed("write", &path, &error))
}
