//! docker-prep makes Docker builds of JavaScript products work when their private npm registry does not: it
//! packs the shared packages that a product needs into tarballs, points the product's manifests at them for the
//! length of a build, and puts every byte back.

mod build;
mod cache;
mod cancel;
mod cli;
#[cfg(test)]
#[cfg(unix)]
#[path = "../tests/common/mod.rs"]
mod common;
mod deps_dir;
mod error;
mod guard;
#[cfg(test)]
mod hostile;
mod image;
mod lockfile;
mod npm;
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
pub use error::{Error, Kind, Problem, Result};

/// The program's own way in: its arguments and its signals are the process's, which is nothing for a library.
#[doc(hidden)]
pub mod program {
    pub use crate::cancel::SignalPolicy;
    pub use crate::cli::{CancelOnSignals, main};
}
