//! Starts children, and stays until they have ended.

#![expect(clippy::disallowed_methods, reason = "starts programs")]

pub(crate) mod child;
