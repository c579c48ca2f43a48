//! docker-prep makes Docker builds of JavaScript products work when their private npm registry does not: it
//! packs the shared packages that a product needs into tarballs, points the product's manifests at them for the
//! length of a build, and puts every byte back.
//!
//! Who may do what can be told from the path of a module:
//!
//! | module | reads the world | changes the world |
//! |---|---|---|
//! | [`model`] | no | no |
//! | [`plan`] | no | no |
//! | [`observe`] | yes | no |
//! | [`apply`] | yes | yes: nothing else does |
//! | [`command`] | strings the above together | |
//! | [`cli`] | the words that were typed, and variables | prints, and nothing else |
//!
//! Nothing of the caller's process is taken over: a call is ended by its [`cancel::CancelToken`], and signal handlers are
//! the program's alone.

pub mod apply;
pub mod cancel;
pub mod cli;
pub mod command;
pub mod error;
pub mod model;
pub mod observe;
pub mod plan;

pub use error::{Error, Result};
