//! How packages of a closure are made to find each other.

use std::collections::BTreeMap;

/// How the manifests in a set of tarballs name each other. Each set is packed once: surfaces for which it is the same
/// share their tarballs.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Linking {
    /// What stands before a tarball's file name, with the last `/`: `file:../.docker-deps/`. pnpm means it from
    /// the surface, bun from the root of its workspace, so it differs with their depths; npm from the tarball that says it,
    /// so it is `file:`.
    pub(crate) base: String,
    /// Packages that the surface takes from a path of its own choice, with that specifier.
    pub(crate) elsewhere: BTreeMap<String, String>,
    /// Whether optional peers in scope are left out of the manifests: npm 10 looks them up although it installs none.
    pub(crate) drops_optional_peers: bool,
}
