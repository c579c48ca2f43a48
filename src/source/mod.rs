//! Where packages come from: the workspace, the registry, whichever has them, or a folder.

pub(crate) mod apply;
mod decision;
pub(crate) mod plan;

pub(crate) use self::decision::{Decision, Probe};
pub(crate) use self::plan::{Reply, Sought, Verdict};
