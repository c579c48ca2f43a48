//! Packing and preparing: one way through all of the other rooms.

pub(crate) mod call;
mod graph;
mod install;
mod layout;
mod left;
mod linked;
mod observed;
mod offline;
pub(crate) mod pack;
mod packing;
mod plan;
pub(crate) mod restore;
mod settings;
pub(crate) mod show;
mod source;
mod unprepared;
pub(crate) mod why;

pub(crate) use self::call::{Call, PrepareOptions};
pub(crate) use self::left::refuse_left;
pub(crate) use self::pack::PackOptions;
pub(crate) use self::plan::{PreparePlan, ResolvedSurface};
pub(crate) use self::restore::RestoreOptions;
pub(crate) use self::show::{Shown, ShownBuild, ShownInstall, ShownRegistry, ShownSurface};
pub(crate) use self::why::{SurfaceReasons, Why};
