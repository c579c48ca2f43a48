//! The product: where it lies, its settings, its surfaces, and what git says of it.

pub(crate) mod apply;
pub(crate) mod beside;
pub(crate) mod config;
pub(crate) mod environment;
pub(crate) mod file_kind;
pub(crate) mod install_context;
pub(crate) mod read;
pub(crate) mod requested;
pub(crate) mod surface;
pub(crate) mod tracked_path;
