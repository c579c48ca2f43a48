//! `run --isolated`: the images are right, and no file of the project is touched.

#[cfg(target_os = "linux")]
mod bake;
mod commands;
#[cfg(target_os = "linux")]
mod compose;
#[cfg(target_os = "linux")]
mod namespace;
#[cfg(target_os = "linux")]
mod real;
mod scene;
