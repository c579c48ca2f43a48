//! `docker-prep guard` through the binary, with real repositories: each hostile in its own way.
//!
//! Needs git 2.39 or newer, with SHA-256 and sparse indexes.

mod content;
mod history;
mod hooks;
mod index;
mod objects;
mod output;
mod repository;
