//! `--build` through the binary, with real package managers: what is built, in which order, and what is left alone.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy takes helpers of tests for the program"
)]

#[path = "../common/mod.rs"]
mod common;
mod failing;
mod inputs;
mod managers;
mod order;
mod records;
mod scene;
mod warning;
