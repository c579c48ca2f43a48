//! `run --isolated`: the images are right, and no file of the project is touched.

mod commands;
#[cfg(target_os = "linux")]
mod namespace;
mod scene;
