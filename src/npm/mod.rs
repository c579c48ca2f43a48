//! The rules of npm and pnpm: manifests, specifiers, catalogs, what a package holds, and the tarball that comes of it.

pub(crate) mod hostile;
pub(crate) mod js;
pub(crate) mod manifest;
pub(crate) mod minimatch;
pub(crate) mod npmrc;
pub(crate) mod package_name;
pub(crate) mod publish;
pub(crate) mod read;
pub(crate) mod scope;
pub(crate) mod seal;
pub(crate) mod specifier;
pub(crate) mod stamp;
pub(crate) mod tarball;
pub(crate) mod workspace;
