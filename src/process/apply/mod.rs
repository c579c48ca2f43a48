//! Starts children, and stays until they have ended.

pub(crate) mod child;
