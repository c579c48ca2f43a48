//! Builds without a network: every package of others that an install needs, as a tarball that names the others.
//!
//! What is needed is what the surface's own package manager resolves ([`kept`](apply::kept)), fetched by integrity
//! ([`fetch`](apply::fetch)) and made anew with other specifiers ([`read::tarball`]).

mod apply;
mod integrity;
mod manifest;
mod plan;
mod platform;
mod read;
mod resolution;
#[cfg(test)]
mod tests;

pub(crate) use self::apply::fetch::{Fetcher, Wanted};
pub(crate) use self::apply::folder;
pub(crate) use self::apply::kept::keep;
pub(crate) use self::manifest::linked;
pub(crate) use self::plan::{NeededPackages, needed};
pub(crate) use self::read::kept::kept;
pub(crate) use self::read::tarball::ThirdParty;
pub(crate) use self::resolution::{Resolution, ResolutionKey};
