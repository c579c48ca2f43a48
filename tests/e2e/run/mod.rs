//! `docker-prep run` through the binary: what the command sees, what its caller sees, and that all is put back.

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
