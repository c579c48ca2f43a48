//! Whoever calls the helper process: finds out whether there can be a namespace, has a command run in one, and tells the
//! helper's failures from the command's.

#![expect(clippy::disallowed_methods, reason = "writes what the helper is told, and starts it")]

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags, open};

use crate::error::{Error, ErrorKind, Result, io_cause};
use crate::isolated::namespace::{Binding, HEADER, HELPER, Instructions, NamespaceKind, Progress};
use crate::isolated::read::obstacle;
use crate::process::Ended;

/// This very program, whatever its path holds by now.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// What begins the helper process.
fn helper_words() -> Vec<OsString> {
    let mut words = vec![OsString::from(THIS_PROGRAM)];
    if cfg!(test) {
        let helper = "isolated::apply::namespace::tests::child_that_is_the_helper";
        words.extend(["--exact", "--test-threads=1", "--nocapture", helper, "--"].map(OsString::from));
    }
    words.push(HELPER.into());
    words
}

/// Whether a command can be run in a mount namespace, in the given folder, where it has this `PATH`: it is tried. `Err` is
/// the reason why not, as a part of a sentence.
pub(crate) fn is_possible(
    folder: &Path,
    command: &[OsString],
    path: Option<&OsStr>,
) -> Result<NamespaceKind, String> {
    let kind = try_out(folder)?;
    let program = command.first().map(OsString::as_os_str).unwrap_or_default();
    obstacle(kind, program, folder, path).map_or(Ok(kind), Err)
}

/// What the kernel gives; else why it does not.
fn try_out(folder: &Path) -> Result<NamespaceKind, String> {
    let mut helper = Command::new(THIS_PROGRAM);
    helper.arg(HELPER).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::null());
    let output = helper
        .output()
        .map_err(|error| format!("{THIS_PROGRAM} cannot be executed ({})", io_cause(&error)))?;
    if let Some(kind) = NamespaceKind::named(&output.stdout).filter(|_| output.status.success()) {
        return Ok(kind);
    }
    Err(match Progress::read(&output.stdout) {
        Progress::Failed(failure) => failure.reason(),
        Progress::Waiting | Progress::Begun => format!("the helper process failed ({})", output.status),
    })
}

/// A command that is to be run in a namespace. What it is told lies in a file until it has ended.
pub(crate) struct NamespaceCall {
    told: Instructions,
    path: PathBuf,
    /// It may be removed by the command, with all else that it finds.
    file: File,
}

impl NamespaceCall {
    /// Writes what the helper is told into a file, which others may not read: arguments hold secrets.
    ///
    /// # Errors
    /// It cannot be written, or a word holds a NUL.
    pub(crate) fn new(bindings: Vec<Binding>, path: &Path, command: &[OsString]) -> Result<Self> {
        let told = Instructions { bindings, command: command.to_vec() };
        if !told.is_writable() {
            let message = "the command is empty, or a word of it holds a NUL, which no program can be given";
            return Err(Error::new(ErrorKind::Usage, message));
        }
        let written = write(path, &told.to_bytes())
            .map_err(|error| Error::io(ErrorKind::Environment, "write", path, &error))?;
        Ok(Self { told, path: path.to_owned(), file: written })
    }

    /// The words that run it, with the environment and in the working directory that the command is to have.
    pub(crate) fn words(&self) -> Vec<OsString> {
        let mut words = helper_words();
        words.push(self.path.clone().into());
        words
    }

    /// How the command ended, by how the process ended that the words began: where that was still the helper, nothing of
    /// the command has run, and the error says why.
    ///
    /// # Errors
    /// Those of the process; else the helper's.
    pub(crate) fn end(mut self, ended: Result<Ended>) -> Result<Ended> {
        let mut header = Vec::new();
        let read = self
            .file
            .rewind()
            .and_then(|()| (&self.file).take(HEADER as u64).read_to_end(&mut header))
            .map_err(|error| Error::io(ErrorKind::Environment, "read", &self.path, &error));
        // What the helper could not tell is not told in the name of the command.
        let ended = ended.map_err(|error| match error.kind {
            ErrorKind::NotRun(_) => Error::all(ErrorKind::Environment, error.problems),
            _ => error,
        })?;
        read?;
        match (Progress::read(&header), ended) {
            (Progress::Begun, _) | (Progress::Waiting, Ended::Killed(_)) => Ok(ended),
            (Progress::Failed(failure), _) => {
                let program = self.told.command.first().map(OsString::as_os_str).unwrap_or_default();
                let bindings = &self.told.bindings;
                Err(failure.error(program, |number| bindings.get(number).map(|one| one.target.as_path())))
            }
            (Progress::Waiting, Ended::Exited(code)) => Err(Error::new(
                ErrorKind::Environment,
                format!("the helper process ended before it began the command, with exit code {code}"),
            )),
        }
    }
}

impl Drop for NamespaceCall {
    fn drop(&mut self) {
        // It is in the state folder, where the next call may write it anew.
        let _ = fs::remove_file(&self.path);
    }
}

/// Writes a new file in the place of what an earlier call may have left there.
fn write(path: &Path, bytes: &[u8]) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let how = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mut file = File::from(open(path, how, Mode::RUSR | Mode::WUSR)?);
    file.write_all(bytes)?;
    Ok(file)
}
