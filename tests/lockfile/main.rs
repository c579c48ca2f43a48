//! `prepare --lockfile` with the real package managers: a lockfile for a prepared surface is made of the project's, keeps
//! every third-party version although the registry has newer ones by then, and holds in a frozen install; no package in
//! scope is asked for.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy takes helpers of tests for the program"
)]
#![allow(dead_code, reason = "some helpers are those of other targets")]

mod advice;
mod binary;
mod call;
mod cases;
#[path = "../common/mod.rs"]
mod common;
mod failures;
#[path = "../matrix/manager.rs"]
mod manager;
#[path = "../common/product.rs"]
mod product;
#[path = "../common/registry.rs"]
mod registry;
mod scene;
