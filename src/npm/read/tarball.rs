//! From a package's contents to the bytes of its tarball. Reads the files; where the bytes go is the caller's.

mod deflate;
mod pieces;
mod stream;
#[cfg(test)]
mod tests;

use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::path::Path;

use tar::{EntryType, Header};

use self::stream::Stream;
use super::contents::{ContentSource, Contents, TarballEntry};
use crate::disk;
use crate::error::{Problem, io_cause};
use crate::npm::package_name::tarball_name;
use crate::npm::seal::Seal;
use crate::npm::tarball::{PackedFile, Tarball};
use crate::threads::Threads;

/// 1985-10-26T08:15:00Z in seconds: what npm and pnpm stamp on every entry.
const MTIME: u64 = 499_162_500;

/// Why a tarball could not be made.
#[derive(Debug)]
pub(crate) enum EncodeError {
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
/// in place of its own digest. The checksums that only npm's JSON tells take a fifteenth of the time: they are made
/// where they are wanted.
///
/// # Errors
/// A file that cannot be read or that changes while it is read, or a failure of the sink.
pub(crate) fn encode<W: Write>(
    contents: &Contents,
    seal: Option<&Seal>,
    checksums: bool,
    threads: Threads,
    sink: W,
) -> Result<(Tarball, W), EncodeError> {
    let mut gzip = Stream::new(sink, seal.map(Seal::comment), checksums, threads);
    let mut files = Vec::with_capacity(contents.entries.len());
    for entry in &contents.entries {
        let size = write_entry(&mut gzip, entry)?;
        files.push(PackedFile { path: entry.path.clone(), size, mode: mode(entry) });
    }
    gzip.pad(1024)?;
    let (sums, sink) = gzip.finish()?;
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
        checksums: sums.checksums,
        files: files.into(),
    };
    Ok((tarball, sink))
}

fn mode(entry: &TarballEntry) -> u32 {
    if entry.executable { 0o755 } else { 0o644 }
}

fn write_entry<W: Write>(out: &mut Stream<W>, entry: &TarballEntry) -> Result<u64, EncodeError> {
    match &entry.source {
        ContentSource::Generated(bytes) => {
            let size = bytes.len() as u64;
            write_header(out, entry, size)?;
            out.write(bytes)?;
            pad(out, size)?;
            Ok(size)
        }
        ContentSource::OnDisk(path) => {
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
    let file = disk::file(path)?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

/// Reads a file to where it is compressed from.
fn copy<W: Write>(file: &mut File, size: u64, path: &Path, out: &mut Stream<W>) -> Result<u64, EncodeError> {
    let mut left = size;
    while left > 0 {
        match file.read(out.room(usize::try_from(left).unwrap_or(usize::MAX))?) {
            Ok(0) => break,
            Ok(read) => {
                out.filled(read);
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

fn write_header<W: Write>(out: &mut Stream<W>, entry: &TarballEntry, size: u64) -> io::Result<()> {
    let path = format!("package/{}", entry.path);
    if path.len() > 100 || !path.is_ascii() {
        let record = pax_record("path", &path);
        // The name that stands in the plain header is for readers that know no pax: none of the package managers.
        write_raw_header(out, "package/@PaxHeader", EntryType::XHeader, record.len() as u64, 0o644)?;
        out.write(&record)?;
        pad(out, record.len() as u64)?;
    }
    let short: String = path.chars().map(|c| if c.is_ascii() { c } else { '_' }).take(100).collect();
    write_raw_header(out, &short, EntryType::Regular, size, mode(entry))
}

fn write_raw_header<W: Write>(
    out: &mut Stream<W>,
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
    out.write(header.as_bytes())
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

fn pad<W: Write>(out: &mut Stream<W>, size: u64) -> io::Result<()> {
    let over = usize::try_from(size % 512).unwrap_or(0);
    if over == 0 { Ok(()) } else { out.pad(512 - over) }
}
