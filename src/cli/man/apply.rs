//! Man pages on the disk.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Page;
use crate::error::{Error, ErrorKind, Result};
use crate::transaction::file::create_folders;

/// Writes each page into a folder, which is made where it is missing, and says where they lie. A page that lies there is
/// replaced, whatever it is.
pub(super) fn write(folder: &Path, pages: &[Page]) -> Result<Vec<String>> {
    let failed = |verb, path: &Path, error| Error::io(ErrorKind::Environment, verb, path, &error);
    create_folders(folder).map_err(|error| failed("create the folder", folder, error))?;
    let write = |page: &Page| {
        let path: PathBuf = folder.join(page.file_name());
        put(folder, &path, &page.text).map_err(|error| failed("write", &path, error))?;
        Ok(path.display().to_string())
    };
    pages.iter().map(write).collect()
}

fn put(folder: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    let mut temp = tempfile::Builder::new().tempfile_in(folder)?;
    #[cfg(unix)]
    temp.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    temp.write_all(text.as_bytes())?;
    temp.persist(path)?;
    Ok(())
}
