//! Registries: what the settings of a build say of them, and what they answer.

mod client;
mod exchange;
mod failure;
pub(crate) mod probe;
pub(crate) mod settings;
mod tally;
mod trust;
