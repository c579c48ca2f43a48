//! Files as texts, of a size that has bounds.

use std::io::ErrorKind;
use std::path::Path;

use crate::disk;
use crate::error::io_cause;
use crate::image::compose::FileText;

/// Longer than any file that defines builds, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// A file from the root.
pub(super) fn read(root: &Path, path: &str) -> FileText {
    let path = root.join(path);
    match disk::read_up_to(&path, MAX_FILE) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            FileText::Missing
        }
        Err(error) => FileText::Unreadable(io_cause(&error)),
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => FileText::Text(text),
            Err(_) => FileText::Unreadable("it is not UTF-8".to_owned()),
        },
    }
}
