//! `docker-prep run` through the binary: what the command sees, what its caller sees, and that all is put back.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy takes helpers of tests for the program"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/product.rs"]
mod product;

mod scene;

mod codes;
mod killed;
mod output;
#[cfg(target_os = "linux")]
mod pid1;
mod project;
mod signals;
mod streams;
#[cfg(target_os = "linux")]
mod terminal;
