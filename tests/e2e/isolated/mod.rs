//! `run --isolated`: the images are right, and no file of the project is touched.

#[cfg(target_os = "linux")]
mod namespace;
