//! `--build` through the binary, with real package managers: what is built, in which order, and what is left alone.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy takes helpers of tests for the program"
)]
#![allow(dead_code, reason = "some helpers are those of other targets")]

#[path = "../common/mod.rs"]
mod common;
mod failing;
mod inputs;
#[path = "../matrix/manager.rs"]
mod manager;
mod managers;
mod order;
mod program;
mod records;
#[path = "../common/registry.rs"]
mod registry;
mod scene;
mod warning;
