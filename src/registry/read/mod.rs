//! Registries: what the settings of a build say of them, and what they answer.

#![cfg_attr(not(changes), expect(clippy::disallowed_methods, reason = "reads settings, and asks registries"))]

mod client;
pub(crate) mod download;
mod exchange;
mod failure;
pub(crate) mod probe;
pub(crate) mod settings;
mod tally;
mod trust;
