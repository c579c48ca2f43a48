//! Where packages come from: the workspace, the registry, whichever has them, or a folder.

pub(crate) mod apply;
pub(crate) mod decide;
pub(crate) mod model;
pub(crate) mod plan;
