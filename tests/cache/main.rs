//! What is remembered between calls: it saves work, and never changes a byte.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy takes helpers of tests for the program"
)]

mod bounds;
mod changed;
#[path = "../common/mod.rs"]
mod common;
mod damaged;
mod place;
mod scene;
mod shared;
mod warm;
