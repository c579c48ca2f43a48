//! Files as texts, of a size that has bounds.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use crate::error::io_cause;
use crate::image::compose::FileText;

/// Longer than any file that defines builds, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// A file from the root.
pub(super) fn read(root: &Path, path: &str) -> FileText {
    let path = root.join(path);
    // Asked before it is opened: to open a pipe is to wait for who writes to it.
    match fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() => {
            return FileText::Unreadable("it is no regular file".to_owned());
        }
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return FileText::Missing;
        }
        Err(error) => return FileText::Unreadable(io_cause(&error)),
    }
    let mut bytes = Vec::new();
    match File::open(&path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes)) {
        Err(error) => FileText::Unreadable(io_cause(&error)),
        Ok(_) if bytes.len() as u64 > MAX_FILE => FileText::Unreadable("it is larger than 1 MiB".to_owned()),
        Ok(_) => match String::from_utf8(bytes) {
            Ok(text) => FileText::Text(text),
            Err(_) => FileText::Unreadable("it is not UTF-8".to_owned()),
        },
    }
}
