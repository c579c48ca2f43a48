//! `--source` through the binary: what a registry says, what is decided, and that nothing is touched where it is up.
//! The registries are on the loopback: a real one, and small servers that do what real ones do when they are down.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy takes helpers of tests for the program"
)]

mod cases;
mod certificates;
#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code, reason = "only npm and its Node.js are needed here")]
#[path = "../matrix/manager.rs"]
mod manager;
#[path = "../common/product.rs"]
mod product;
#[path = "../common/registry.rs"]
mod registry;
mod scene;
mod server;
mod verdaccio;

mod asking;
mod choosing;
mod proxies;
mod real;
mod running;
mod secrets;
mod settings;
mod table;
