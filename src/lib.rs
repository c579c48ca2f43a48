//! docker-prep makes Docker builds of JavaScript products work when their private npm registry does not: it
//! packs the shared packages that a product needs into tarballs, points the product's manifests at them for the
//! length of a build, and puts every byte back.
pub mod build;
pub mod cache;
pub mod cancel;
pub mod cli;
pub mod deps_dir;
pub mod error;
pub mod guard;
pub mod image;
pub mod lockfile;
pub mod npm;
pub mod prepare;
pub mod process;
pub mod project;
pub mod registry;
pub mod report;
pub mod rewrite;
pub mod run;
pub mod source;
pub mod text;
pub mod threads;
pub mod transaction;
