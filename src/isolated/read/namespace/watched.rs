//! Files and folders by what they are, and not by their names.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, open, stat};
use rustix::io::Errno;

use crate::disk;
use crate::error::{Error, ErrorKind, Result, io_cause};
use crate::isolated::namespace::{Binding, CannotBind, CannotBindCause, Changes, Written};

/// What is covered and what covers it, as it was before the command began.
pub(crate) struct Watched {
    targets: Vec<Held>,
    sources: Vec<Source>,
}

/// A file or folder that is held, so that no other one can have its number. That is no opening that a watcher sees.
struct Held {
    path: PathBuf,
    what: OwnedFd,
}

/// A file of ours, with the path that it covers.
struct Source {
    binding: Binding,
    bytes: Vec<u8>,
}

impl Watched {
    /// Looks at what is there before the command begins.
    ///
    /// # Errors
    /// Names a path that cannot be covered, and why.
    pub(crate) fn look(bindings: &[Binding]) -> Result<Self, CannotBind> {
        let mut watched = Self { targets: Vec::new(), sources: Vec::new() };
        for binding in bindings {
            let Binding { source, target } = binding;
            let cannot = |cause| CannotBind { target: target.clone(), cause };
            let unreadable = |path: &Path, error: std::io::Error| {
                let cause = format!("{}: {}", path.display(), io_cause(&error));
                cannot(CannotBindCause::Unreadable(cause))
            };
            let what = match open(target, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()) {
                Ok(what) => what,
                Err(Errno::NOENT | Errno::NOTDIR) => return Err(cannot(CannotBindCause::Missing)),
                Err(error) => return Err(unreadable(target, error.into())),
            };
            let kind = kind(&fstat(&what).map_err(|error| unreadable(target, error.into()))?);
            let ours = stat(source).map_err(|error| unreadable(source, error.into()))?;
            match kind {
                FileType::RegularFile | FileType::Directory if kind == self::kind(&ours) => {}
                _ => return Err(cannot(CannotBindCause::OtherKind)),
            }
            watched.targets.push(Held { path: target.clone(), what });
            if kind == FileType::RegularFile {
                let bytes = disk::read(source).map_err(|error| unreadable(source, error))?;
                watched.sources.push(Source { binding: binding.clone(), bytes });
            }
        }
        Ok(watched)
    }

    /// What has changed since.
    ///
    /// # Errors
    /// A file of ours cannot be read any more.
    pub(crate) fn compare(&self) -> Result<Changes> {
        let mut changes = Changes::default();
        for Held { path, what } in &self.targets {
            let number = |stat: Stat| (stat.st_dev, stat.st_ino);
            let (before, now) = (fstat(what).map(number), stat(path).map(number));
            if now.is_err() || before != now {
                changes.replaced.push(path.clone());
            }
        }
        for Source { binding: Binding { source, target }, bytes } in &self.sources {
            let after = disk::read(source)
                .map_err(|error| Error::io(ErrorKind::Environment, "read", source, &error))?;
            if after != *bytes {
                let (target, before) = (target.clone(), bytes.clone());
                changes.written.push(Written { target, before, after });
            }
        }
        Ok(changes)
    }
}

fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}
