//! Tests that call inner parts of the library, each a module that needs no other: they cannot be put as calls of the
//! binary, or not yet.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy takes helpers of tests for the program; a test's failure is a panic"
)]

#[path = "../common/mod.rs"]
mod common;

mod beside;
mod lockfile;
mod probe;
mod settings;
mod transaction;
