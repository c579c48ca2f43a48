//! From a package's contents to the bytes of its tarball. Reads the files; where the bytes go is the caller's.

use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use tar::{EntryType, Header};

use super::contents::{Contents, Entry, Source};
use crate::error::{Problem, io_cause};
use crate::model::digest::{Digest, hex};
use crate::model::package_name::tarball_name;
use crate::model::seal::Seal;
use crate::model::tarball::{PackedFile, Tarball};

/// 1985-10-26T08:15:00Z in seconds: what npm and pnpm stamp on every entry.
const MTIME: u64 = 499_162_500;

/// The level that zlib calls default. Compression is pure Rust with one code path for every processor, so the
/// same content gives the same bytes, and so the same name, on every machine.
const LEVEL: Compression = Compression::new(6);

/// How many bytes of a file are held at a time.
const CHUNK: usize = 64 * 1024;

/// Why a tarball could not be made.
#[derive(Debug)]
pub enum EncodeError {
    /// A file of the package: names it.
    Package(Problem),
    /// What the bytes were written to.
    Sink(io::Error),
}

impl From<io::Error> for EncodeError {
    fn from(error: io::Error) -> Self {
        Self::Sink(error)
    }
}

/// Writes the tarball of a package into `sink` and says what was written. A seal goes into the header, and names it
/// in place of its own digest.
///
/// # Errors
/// A file that cannot be read or that changes while it is read, or a failure of the sink.
pub fn encode<W: Write>(
    contents: &Contents,
    seal: Option<&Seal>,
    sink: W,
) -> Result<(Tarball, W), EncodeError> {
    let sink = Digests::new(sink);
    let mut gzip = match seal {
        None => GzEncoder::new(sink, LEVEL),
        Some(seal) => GzBuilder::new().comment(seal.comment()).write(sink, LEVEL),
    };
    let mut files = Vec::with_capacity(contents.entries.len());
    for entry in &contents.entries {
        let size = write_entry(&mut gzip, entry)?;
        files.push(PackedFile { path: entry.path.clone(), size, mode: mode(entry) });
    }
    gzip.write_all(&[0; 1024])?;
    let (sums, sink) = gzip.finish()?.finish();
    let name = contents.manifest.name().unwrap_or_default().to_owned();
    let version = contents.manifest.version().unwrap_or_default();
    let filename = tarball_name(&name, &version, seal.map_or(sums.sha256.short(), Seal::short));
    let unpacked_size = files.iter().map(|file| file.size).sum();
    let tarball = Tarball {
        name,
        version,
        filename,
        sha256: sums.sha256,
        size: sums.size,
        unpacked_size,
        shasum: sums.sha1,
        integrity: sums.integrity,
        files,
    };
    Ok((tarball, sink))
}

fn mode(entry: &Entry) -> u32 {
    if entry.executable { 0o755 } else { 0o644 }
}

fn write_entry(out: &mut impl Write, entry: &Entry) -> Result<u64, EncodeError> {
    match &entry.source {
        Source::Generated(bytes) => {
            let size = bytes.len() as u64;
            write_header(out, entry, size)?;
            out.write_all(bytes)?;
            pad(out, size)?;
            Ok(size)
        }
        Source::OnDisk(path) => {
            let (mut file, before) = open(path).map_err(|error| unreadable(path, &error))?;
            write_header(out, entry, before.len())?;
            let copied = copy(&mut file, before.len(), path, out)?;
            let after = file.metadata().map_err(|error| unreadable(path, &error))?;
            // One byte more than was announced is as wrong as one less, and so is a write in between.
            if copied != before.len()
                || after.len() != before.len()
                || after.modified().ok() != before.modified().ok()
            {
                return Err(changed(path));
            }
            pad(out, copied)?;
            Ok(copied)
        }
    }
}

fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(io::Error::other("not a regular file")) }
}

fn copy(file: &mut File, size: u64, path: &Path, out: &mut impl Write) -> Result<u64, EncodeError> {
    let mut buffer = vec![0; CHUNK.min(usize::try_from(size).unwrap_or(CHUNK).max(1))];
    let mut left = size;
    while left > 0 {
        let want = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        match file.read(&mut buffer[..want]) {
            Ok(0) => break,
            Ok(read) => {
                out.write_all(&buffer[..read])?;
                left -= read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(path, &error)),
        }
    }
    Ok(size - left)
}

fn unreadable(path: &Path, error: &io::Error) -> EncodeError {
    EncodeError::Package(
        Problem::new(format!("{}: cannot be read: {}", path.display(), io_cause(error)))
            .hint("make it readable, or leave it out with `files` or .npmignore"),
    )
}

fn changed(path: &Path) -> EncodeError {
    EncodeError::Package(
        Problem::new(format!("{}: changed while it was packed", path.display()))
            .hint("wait until the build that writes it has ended, then run it again"),
    )
}

fn write_header(out: &mut impl Write, entry: &Entry, size: u64) -> io::Result<()> {
    let path = format!("package/{}", entry.path);
    if path.len() > 100 || !path.is_ascii() {
        let record = pax_record("path", &path);
        // The name that stands in the plain header is for readers that know no pax: none of the package managers.
        write_raw_header(out, "package/@PaxHeader", EntryType::XHeader, record.len() as u64, 0o644)?;
        out.write_all(&record)?;
        pad(out, record.len() as u64)?;
    }
    let short: String = path.chars().map(|c| if c.is_ascii() { c } else { '_' }).take(100).collect();
    write_raw_header(out, &short, EntryType::Regular, size, mode(entry))
}

fn write_raw_header(
    out: &mut impl Write,
    name: &str,
    kind: EntryType,
    size: u64,
    mode: u32,
) -> io::Result<()> {
    let mut header = Header::new_ustar();
    // Written as it is: `set_path` would normalise it, and would mean something else on Windows.
    if let Some(ustar) = header.as_ustar_mut() {
        ustar.name[..name.len()].copy_from_slice(name.as_bytes());
    }
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(MTIME);
    header.set_cksum();
    out.write_all(header.as_bytes())
}

/// `<length> <key>=<value>\n`, where the length counts its own digits (POSIX.1-2001, pax).
fn pax_record(key: &str, value: &str) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n").into_bytes()
}

fn pad(out: &mut impl Write, size: u64) -> io::Result<()> {
    let over = usize::try_from(size % 512).unwrap_or(0);
    if over == 0 { Ok(()) } else { out.write_all(&[0; 512][over..]) }
}

/// Counts and digests what goes through.
struct Digests<W> {
    sink: W,
    size: u64,
    sha1: Sha1,
    sha256: Sha256,
    sha512: Sha512,
}

struct Sums {
    size: u64,
    sha1: String,
    sha256: Digest,
    integrity: String,
}

impl<W: Write> Digests<W> {
    fn new(sink: W) -> Self {
        Self { sink, size: 0, sha1: Sha1::new(), sha256: Sha256::new(), sha512: Sha512::new() }
    }

    fn finish(self) -> (Sums, W) {
        let sums = Sums {
            size: self.size,
            sha1: hex(&self.sha1.finalize()),
            sha256: Digest::finish(self.sha256),
            integrity: format!("sha512-{}", STANDARD.encode(self.sha512.finalize())),
        };
        (sums, self.sink)
    }
}

impl<W: Write> Write for Digests<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.sink.write(bytes)?;
        let bytes = &bytes[..written];
        self.size += written as u64;
        self.sha1.update(bytes);
        self.sha256.update(bytes);
        self.sha512.update(bytes);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
