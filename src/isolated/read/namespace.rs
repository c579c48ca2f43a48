//! What becomes of the paths that are covered while a command runs, seen from outside of its namespace.

#![cfg_attr(
    all(target_os = "linux", not(changes)),
    expect(clippy::disallowed_methods, reason = "looks for programs")
)]

#[cfg(target_os = "linux")]
mod programs;
#[cfg(target_os = "linux")]
mod watched;
#[cfg(not(target_os = "linux"))]
#[path = "namespace/elsewhere.rs"]
mod watched;

#[cfg(target_os = "linux")]
pub(in crate::isolated) use self::programs::obstacle;
pub(crate) use self::watched::Watched;
