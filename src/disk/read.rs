//! Opens and reads what may be no file at all.
//!
//! A FIFO in a file's place would be waited for at its opening, and a device such as `/dev/zero` has no end. So nothing
//! here waits to open, the opened file itself is asked what it is, and a size that was not expected is an error.

#![cfg_attr(
    all(not(unix), not(changes)),
    expect(clippy::disallowed_methods, reason = "opens files where nothing waits to be opened")
)]

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;

/// Longer than any manifest, settings file or lockfile, in bytes.
pub(crate) const MAX_TEXT: u64 = 64 << 20;

/// Longer than any file that is held in memory as a whole, such as a git index or what a build wrote.
pub(crate) const MAX_LARGE: u64 = 2 << 30;

/// Opens a regular file, links followed.
///
/// # Errors
/// It cannot be opened, or is something else: `it is a FIFO, not a file`.
pub(crate) fn file(path: &Path) -> io::Result<File> {
    open(path).map(|(file, _)| file)
}

/// The bytes of a regular file no longer than [`MAX_TEXT`].
///
/// # Errors
/// As [`read_up_to`].
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_up_to(path, MAX_TEXT)
}

/// The text of a regular file no longer than [`MAX_TEXT`].
///
/// # Errors
/// As [`read_up_to`]; or it is not UTF-8.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no text in UTF-8"))
}

/// The bytes of a regular file that has a bound.
///
/// # Errors
/// As [`file`]; it cannot be read, or is longer.
pub(crate) fn read_up_to(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (file, metadata) = open(path)?;
    let too_large = || {
        let bound = if most >= 1 << 20 { format!("{} MiB", most >> 20) } else { format!("{most} bytes") };
        io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {bound}"))
    };
    if metadata.len() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(metadata.len()).map_err(|_| too_large())?)?;
    // A file may grow meanwhile, and those of `/proc` say that they are empty.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes) }
}

/// The first bytes of a regular file, however long it is.
///
/// # Errors
/// As [`file`]; or it cannot be read.
pub(crate) fn begin(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a folder, to be synced or to look into.
///
/// # Errors
/// It cannot be opened, or is no folder.
pub(crate) fn folder(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        unblocked(path, OFlags::RDONLY | OFlags::DIRECTORY)
    }
    #[cfg(not(unix))]
    {
        File::open(path)
    }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<(File, Metadata)> {
    use rustix::fs::OFlags;
    use rustix::io::Errno;
    let file = unblocked(path, OFlags::RDONLY).map_err(|error| match error.raw_os_error() {
        // What a socket answers, and a device that is not there.
        Some(code) if code == Errno::NXIO.raw_os_error() || code == Errno::OPNOTSUPP.raw_os_error() => {
            not_a_file("a socket or a missing device")
        }
        _ => error,
    })?;
    let metadata = file.metadata()?;
    check(&metadata)?;
    Ok((file, metadata))
}

/// Opens without waiting for anybody, and without making a terminal ours.
#[cfg(unix)]
fn unblocked(path: &Path, how: rustix::fs::OFlags) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    let how = how | OFlags::CLOEXEC | OFlags::NOCTTY;
    let opened = |how| rustix::io::retry_on_intr(|| open(path, how, Mode::empty()));
    match opened(how | OFlags::NONBLOCK) {
        // A file server's lease on a regular file, which is given back within seconds.
        Err(rustix::io::Errno::AGAIN) if rustix::fs::stat(path).is_ok_and(|stat| is_file(&stat)) => {
            Ok(opened(how)?.into())
        }
        opened => Ok(opened?.into()),
    }
}

#[cfg(unix)]
fn is_file(stat: &rustix::fs::Stat) -> bool {
    rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file()
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    check(&metadata)?;
    Ok((file, metadata))
}

/// Refuses what is no regular file.
pub(super) fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = metadata.file_type();
        if kind.is_dir() {
            // As the system says it where a folder is read.
            return Err(rustix::io::Errno::ISDIR.into());
        }
        if kind.is_fifo() {
            return Err(not_a_file("a FIFO"));
        }
        if kind.is_socket() {
            return Err(not_a_file("a socket"));
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Err(not_a_file("a device"));
        }
    }
    Err(not_a_file("something else"))
}

fn not_a_file(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("it is {what}, not a file"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::error::io_cause;

    #[test]
    fn only_a_regular_file_is_read_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "text").unwrap();
        symlink("file", at("link")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
        symlink("fifo", at("to-fifo")).unwrap();
        let _listener = UnixListener::bind(at("socket")).unwrap();
        symlink("/dev/zero", at("zero")).unwrap();
        symlink("loop", at("loop")).unwrap();
        fs::create_dir(at("dir")).unwrap();
        assert_eq!(read(&at("file")).unwrap(), b"text");
        assert_eq!(read_text(&at("link")).unwrap(), "text");
        for (name, cause) in [
            ("fifo", "it is a FIFO, not a file"),
            ("to-fifo", "it is a FIFO, not a file"),
            ("socket", "it is a socket or a missing device, not a file"),
            ("zero", "it is a device, not a file"),
            ("dir", "is a directory"),
        ] {
            for error in
                [read(&at(name)).unwrap_err(), file(&at(name)).unwrap_err(), begin(&at(name), 1).unwrap_err()]
            {
                assert_eq!(io_cause(&error), cause, "{name}");
            }
        }
        assert!(read(&at("loop")).is_err());
        assert_eq!(read(&at("missing")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(super::folder(&at("fifo")).unwrap_err().kind(), io::ErrorKind::NotADirectory);
        assert!(super::folder(&at("dir")).is_ok());
    }

    #[test]
    fn a_size_has_a_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sparse");
        File::create(&path).unwrap().set_len(1 << 50).unwrap_or_else(|_| {
            File::create(&path).unwrap().set_len(MAX_TEXT + 1).unwrap();
        });
        assert_eq!(read(&path).unwrap_err().to_string(), "it is larger than 64 MiB");
        assert_eq!(begin(&path, 3).unwrap(), [0; 3]);
        fs::write(&path, "1234").unwrap();
        assert_eq!(read_up_to(&path, 3).unwrap_err().to_string(), "it is larger than 3 bytes");
        assert_eq!(read_up_to(&path, 4).unwrap(), b"1234");
        fs::write(&path, [0xff]).unwrap();
        assert_eq!(read_text(&path).unwrap_err().to_string(), "it is no text in UTF-8");
    }
}
