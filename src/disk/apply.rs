//! Adds to files that others name, and makes folders that are the user's alone.

#![expect(clippy::disallowed_methods, reason = "adds to files, and makes folders")]

use std::fs::DirBuilder;
use std::io::{self, Write as _};
use std::path::Path;

use super::read::check;

/// Adds bytes to the end of a regular file, which is made where there is none.
///
/// # Errors
/// It cannot be opened or written, or is something else: a FIFO would be waited for.
pub(crate) fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    #[cfg(unix)]
    let mut file = {
        use rustix::fs::{Mode, OFlags, open};
        use rustix::io::Errno;
        let how = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE;
        let how = how | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = rustix::io::retry_on_intr(|| open(path, how, Mode::from_raw_mode(0o666)));
        std::fs::File::from(opened.map_err(|error| match error {
            // What a FIFO that nobody reads answers.
            Errno::NXIO => {
                io::Error::new(io::ErrorKind::InvalidInput, "it is a FIFO or a socket, not a file")
            }
            error => error.into(),
        })?)
    };
    #[cfg(not(unix))]
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    check(&file.metadata()?)?;
    file.write_all(bytes)
}

/// The mode of a folder that nobody but its owner may look into.
pub(crate) const PRIVATE_FOLDER: u32 = 0o700;

/// Makes a folder that nobody but its owner may look into; on Windows one with the rights of the folder above.
///
/// # Errors
/// It cannot, as where something of that name is there.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    let builder = DirBuilder::new();
    #[cfg(unix)]
    let builder = {
        let mut private = builder;
        std::os::unix::fs::DirBuilderExt::mode(&mut private, PRIVATE_FOLDER);
        private
    };
    builder.create(path)
}
