//! `--source` through the binary: what a registry says, what is decided, and that nothing is touched where it is up.
//! The registries are on the loopback: a real one, and small servers that do what real ones do when they are down.

mod cases;
mod certificates;
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

pub(crate) use self::server::{Reply, Server};
