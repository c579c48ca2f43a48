//! What becomes of the paths that are covered while a command runs, seen from outside of its namespace.

#[cfg(target_os = "linux")]
mod watched;
#[cfg(not(target_os = "linux"))]
#[path = "namespace/elsewhere.rs"]
mod watched;

pub(crate) use self::watched::Watched;
