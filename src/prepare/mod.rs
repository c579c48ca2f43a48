//! Packing and preparing: one way through all of the other rooms.

pub(crate) mod install;
pub(crate) mod linked;
pub(crate) mod observed;
pub(crate) mod pack;
pub(crate) mod packing;
pub(crate) mod prepare;
pub(crate) mod restore;
