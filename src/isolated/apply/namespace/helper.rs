//! The helper process: has mounts of its own, covers paths of the project, and becomes the command.

#![expect(clippy::disallowed_methods, reason = "mounts, and becomes a program")]

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use nix::sched::{CloneFlags, unshare};
use rustix::fs::{Mode, OFlags, open, stat};
use rustix::io::Errno;
use rustix::mount::{MountPropagationFlags, mount_bind, mount_bind_recursive, mount_change};
use rustix::process::{chdir, getcwd, getegid, geteuid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, clear_ambient_capability_set, remove_capability_from_bounding_set,
    set_capabilities,
};

use crate::error::ErrorKind;
use crate::isolated::namespace::{Binding, Failure, Instructions, NamespaceKind, Progress, Step};

/// Does what the file says, and notes in it how far that went. Without a file it is only tried, in the working
/// directory, and said on stdout what the kernel gave, or where it failed.
///
/// Only where it fails it returns, with an exit code.
pub(super) fn run(file: Option<&OsStr>) -> u8 {
    let Some(file) = file else { return try_out() };
    // What cannot be noted is not begun, and the file says so: it was written like that.
    let Ok((mut file, told)) = read(Path::new(file)) else { return ErrorKind::Environment.exit_code() };
    let failed = match told.ok_or(Failure { step: Step::Instructions, code: Errno::INVAL.raw_os_error() }) {
        Ok(told) => match enter(&told).and_then(|()| note(&mut file, Progress::Begun)) {
            Ok(()) => become_it(&told.command),
            Err(failure) => failure,
        },
        Err(failure) => failure,
    };
    let _ = note(&mut file, Progress::Failed(failed));
    ErrorKind::Environment.exit_code()
}

/// Opens the file, which stays open until the command is begun, and reads it.
fn read(path: &Path) -> io::Result<(File, Option<Instructions>)> {
    let how = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOFOLLOW;
    let mut file = File::from(open(path, how, Mode::empty())?);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let told = Instructions::read(&bytes);
    Ok((file, told))
}

/// Overwrites what the file says of how far the helper is.
fn note(file: &mut File, progress: Progress) -> Result<(), Failure> {
    file.rewind().and_then(|()| file.write_all(&progress.to_bytes())).map_err(Failure::of(Step::Instructions))
}

/// Covers what is to be covered, in a namespace of its own.
fn enter(told: &Instructions) -> Result<(), Failure> {
    let folder = getcwd(Vec::new()).map_err(failure(Step::Folder))?;
    let kind = have_mounts()?;
    for (number, Binding { source, target }) in told.bindings.iter().enumerate() {
        cover(source, target).map_err(failure(Step::Bind(number)))?;
    }
    // The folder by its path: it may be one of those that are covered, or lie in one.
    chdir(folder).map_err(failure(Step::Folder))?;
    give_up_rights(kind)
}

/// Has the second path show what the first is. A plain bind keeps what the mounts forbid, such as `nosuid`.
fn cover(source: &Path, target: &Path) -> rustix::io::Result<()> {
    mount_bind(source, target)?;
    let seen = |path: &Path| stat(path).map(|stat| (stat.st_dev, stat.st_ino));
    if seen(source)? == seen(target)? { Ok(()) } else { Err(Errno::STALE) }
}

/// Has mounts of its own: with the right to that as they are, else in a user namespace.
fn have_mounts() -> Result<NamespaceKind, Failure> {
    let kind = if unshare(CloneFlags::CLONE_NEWNS).is_ok() {
        NamespaceKind::Mounts
    } else {
        let (user, group) = (geteuid().as_raw(), getegid().as_raw());
        unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)
            .map_err(|error| Failure { step: Step::Unshare, code: error as i32 })?;
        // The kernel wants setgroups denied first; the groups of the process stay.
        for (file, text) in [
            ("/proc/self/setgroups", "deny".to_owned()),
            ("/proc/self/uid_map", format!("{user} {user} 1")),
            ("/proc/self/gid_map", format!("{group} {group} 1")),
        ] {
            fs::write(file, text).map_err(Failure::of(Step::Identity))?;
        }
        NamespaceKind::UserAndMounts
    };
    // What is mounted in here stays in here. What is mounted outside still comes in, as a disk that is mounted when it is
    // first looked at.
    mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
        .map_err(failure(Step::Propagation))?;
    Ok(kind)
}

/// Gives up all that the user namespace has brought, also what uid 0 would be given for becoming a program.
fn give_up_rights(kind: NamespaceKind) -> Result<(), Failure> {
    if kind == NamespaceKind::Mounts {
        return Ok(());
    }
    for number in 0..u64::BITS {
        match remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << number)) {
            Ok(()) => {}
            // The kernel knows no more of them.
            Err(Errno::INVAL) => break,
            Err(error) => return Err(failure(Step::Rights)(error)),
        }
    }
    let none = CapabilitySet::empty();
    clear_ambient_capability_set()
        .and_then(|()| {
            set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
        })
        .map_err(failure(Step::Rights))
}

/// Becomes the command; returns why it could not.
fn become_it(words: &[OsString]) -> Failure {
    let Some((program, arguments)) = words.split_first() else {
        return Failure { step: Step::Instructions, code: Errno::INVAL.raw_os_error() };
    };
    Failure::of(Step::Execute)(Command::new(program).args(arguments).exec())
}

/// Tries all but becoming a command, with the working directory over itself.
fn try_out() -> u8 {
    let tried = have_mounts().and_then(|kind| {
        // With what is mounted below: a user namespace may not look behind that.
        mount_bind_recursive(".", ".").map_err(failure(Step::Bind(0)))?;
        give_up_rights(kind)?;
        Ok(kind)
    });
    let said = match tried {
        Ok(kind) => io::stdout().write_all(kind.name().as_bytes()),
        Err(failure) => io::stdout().write_all(&Progress::Failed(failure).to_bytes()),
    };
    if said.is_ok() && tried.is_ok() { 0 } else { ErrorKind::Environment.exit_code() }
}

fn failure(step: Step) -> impl Fn(Errno) -> Failure {
    move |error| Failure::of(step)(error.into())
}
