//! TODO: project::apply

pub(crate) mod program;
