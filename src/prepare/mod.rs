//! Packing and preparing: one way through all of the other rooms.

mod install;
mod linked;
mod observed;
pub(crate) mod pack;
mod packing;
mod plan;
pub(crate) mod prepare;
pub(crate) mod restore;
mod source;

pub(crate) use self::pack::PackOptions;
pub(crate) use self::plan::PreparePlan;
pub(crate) use self::prepare::{Call, PrepareOptions};
pub(crate) use self::restore::RestoreOptions;
