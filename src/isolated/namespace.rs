//! A command that sees rewritten files in the place of the project's, by mounts of its own (Linux).

#[cfg(target_os = "linux")]
mod instructions;
#[cfg(target_os = "linux")]
mod progress;

use std::path::PathBuf;

#[cfg(target_os = "linux")]
pub(super) use self::instructions::{HEADER, Instructions};
#[cfg(target_os = "linux")]
pub(super) use self::progress::{Failure, Progress, Step};

/// The first word of a call of the program that is the helper process; no command, and in no help.
#[cfg(target_os = "linux")]
pub(super) const HELPER: &str = "__in-namespace";

/// What the command sees at a path of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    /// A file or folder of ours.
    pub(crate) source: PathBuf,
    /// The project's file or folder, which must be there; where it is a link, what that leads to is covered.
    pub(crate) target: PathBuf,
}

/// What the kernel gives the helper process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "elsewhere there is none"))]
pub(crate) enum NamespaceKind {
    /// Mounts of its own: the command may do what it may do without.
    Mounts,
    /// Mounts of its own in a user namespace of its own, in which the user and the group are what they were: programs
    /// that change their user get nothing, and files of all other users and groups look like nobody's.
    UserAndMounts,
}

#[cfg(target_os = "linux")]
impl NamespaceKind {
    /// What the helper process calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mounts => "mounts",
            Self::UserAndMounts => "user and mounts",
        }
    }

    /// What the helper process has said.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        [Self::Mounts, Self::UserAndMounts].into_iter().find(|kind| kind.name().as_bytes() == name)
    }
}

/// Why a path cannot be covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CannotBind {
    /// The project's path.
    pub(crate) target: PathBuf,
    pub(crate) cause: CannotBindCause,
}

/// What is wrong with the path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "elsewhere nothing is covered"))]
pub(crate) enum CannotBindCause {
    /// Nothing is there, or a link that leads nowhere.
    Missing,
    /// A file is to cover a folder, or the other way round; or something is neither.
    OtherKind,
    /// It cannot be looked at, for this reason.
    Unreadable(String),
}

/// What became of the paths that were covered, and of what covered them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// What is something else by now, or gone: from then on the command has seen that, and no rewritten file.
    pub(crate) replaced: Vec<PathBuf>,
    /// What the command wrote.
    pub(crate) written: Vec<Written>,
}

/// A file that the command has written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The project's path, which was not changed.
    pub(crate) target: PathBuf,
    /// What the command was shown first.
    pub(crate) before: Vec<u8>,
    /// What it left.
    pub(crate) after: Vec<u8>,
}
