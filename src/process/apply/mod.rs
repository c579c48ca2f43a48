//! TODO: process::apply

pub(crate) mod child;
