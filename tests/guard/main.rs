//! `docker-prep guard` through the binary, with real repositories: each hostile in its own way.
//!
//! Needs git 2.39 or newer, with SHA-256 and sparse indexes.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy takes helpers of tests for the program"
)]

#[path = "../common/mod.rs"]
mod common;
mod content;
mod history;
mod hooks;
mod index;
mod objects;
mod output;
#[path = "../common/product.rs"]
mod product;
mod repository;
