//! docker-prep makes Docker builds of JavaScript products work when their private npm registry does not: it
//! packs the shared packages that a product needs into tarballs, points the product's manifests at them for the
//! length of a build, and puts every byte back.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "unit tests make worlds"))]

mod build;
mod cache;
mod cancel;
mod cli;
#[cfg(test)]
#[cfg(unix)]
#[path = "../tests/common/mod.rs"]
mod common;
mod deps_dir;
mod disk;
mod doctor;
mod error;
mod guard;
#[cfg(test)]
mod hostile;
mod image;
mod isolated;
mod library;
mod lockfile;
mod npm;
mod offline;
mod prepare;
mod process;
mod project;
mod registry;
mod report;
mod rewrite;
mod run;
mod source;
mod text;
mod threads;
mod transaction;

pub use cancel::CancelToken;
pub use error::{Error, ErrorKind, Result};
pub use library::{
    Event, Finding, Lock, PackOptions, Plan, PrepareOptions, Prepared, Project, Range, Repository,
    RestoreOptions, Restored, Selection, Settings, Source, Tarball, Workspace,
};

/// The program's own way in: its arguments and its signals are the process's, which is nothing for a library.
#[doc(hidden)]
pub mod program {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    pub use crate::cancel::SignalPolicy;
    pub use crate::cli::{CancelOnSignals, main};
    pub use crate::isolated::become_command;
    use crate::{CancelToken, Error, ErrorKind};

    /// A token that signal handlers cancel too: they store the signal's number in `latest`.
    #[must_use]
    pub fn told_by_signals(latest: Arc<AtomicUsize>, policy: SignalPolicy) -> CancelToken {
        CancelToken::told_by_signals(latest, policy)
    }

    /// That the machine does not let the program begin.
    #[must_use]
    pub fn failure(message: String) -> Error {
        Error::new(ErrorKind::Environment, message)
    }
}
