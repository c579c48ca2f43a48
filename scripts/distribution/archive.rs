//! Archives: the same entries give the same bytes, whoever packs them and when.

use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};

use super::{Result, at, read};

/// What npm gives each file of a package; in seconds since 1970.
const TIME: u64 = 499_162_500;

/// More than a program is.
const MAX_PROGRAM: u64 = 1 << 28;

/// A file in an archive.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// With `/`, from the archive's top.
    pub(crate) path: String,
    pub(crate) content: Vec<u8>,
    pub(crate) executable: bool,
}

impl Entry {
    /// A file to be read.
    pub(crate) fn new(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), content: content.into(), executable: false }
    }

    /// A file to be run.
    pub(crate) fn program(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { executable: true, ..Self::new(path, content) }
    }

    fn mode(&self) -> u32 {
        if self.executable { 0o755 } else { 0o644 }
    }
}

fn sorted(folder: &str, entries: &[Entry]) -> Vec<Entry> {
    let below = |entry: &Entry| Entry { path: format!("{folder}/{}", entry.path), ..entry.clone() };
    let mut entries: Vec<Entry> = entries.iter().map(below).collect();
    entries.sort();
    entries
}

/// A `.tar.gz` of these in one folder.
pub(crate) fn tar(folder: &str, entries: &[Entry]) -> Result<Vec<u8>> {
    let zipped = GzBuilder::new().operating_system(255).write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(zipped);
    for entry in sorted(folder, entries) {
        let mut header = tar::Header::new_ustar();
        header.set_size(entry.content.len() as u64);
        header.set_mode(entry.mode());
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(TIME);
        archive.append_data(&mut header, &entry.path, &entry.content[..])?;
    }
    Ok(archive.into_inner()?.finish()?)
}

/// A `.zip` of these in one folder.
pub(crate) fn zip(folder: &str, entries: &[Entry]) -> Result<Vec<u8>> {
    let time = zip::DateTime::from_date_and_time(1985, 10, 26, 8, 15, 0)?;
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for entry in sorted(folder, entries) {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(time)
            .unix_permissions(entry.mode());
        archive.start_file(&entry.path, options)?;
        archive.write_all(&entry.content)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// What an archive holds at a path.
pub(crate) fn file_in(archive: &Path, path: &str) -> Result<Vec<u8>> {
    let bytes = read(archive)?;
    let mut content = Vec::new();
    if archive.extension().is_some_and(|extension| extension == "zip") {
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(at(archive))?;
        let file = zip.by_name(path).map_err(at(archive))?;
        file.take(MAX_PROGRAM).read_to_end(&mut content).map_err(at(archive))?;
        return Ok(content);
    }
    let mut tar = tar::Archive::new(GzDecoder::new(&bytes[..]));
    for entry in tar.entries().map_err(at(archive))? {
        let entry = entry.map_err(at(archive))?;
        if entry.path_bytes() == path.as_bytes() {
            entry.take(MAX_PROGRAM).read_to_end(&mut content).map_err(at(archive))?;
            return Ok(content);
        }
    }
    Err(format!("{}: holds no {path}", archive.display()).into())
}
