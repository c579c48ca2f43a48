//! The rules of npm and pnpm: manifests, specifiers, catalogs, what a package holds, and the tarball that comes of it.

mod exports;
pub(crate) mod js;
mod manifest;
mod minimatch;
pub(crate) mod npmrc;
pub(crate) mod package_name;
mod platform;
mod publish;
mod read;
mod scope;
pub(crate) mod seal;
pub(crate) mod specifier;
mod stamp;
mod tarball;
mod tarball_sink;
mod workspace;

pub(crate) use self::manifest::{DEPENDENCY_FIELDS, Manifest, dependencies};
#[cfg(test)]
pub(crate) use self::minimatch::expand;
pub(crate) use self::minimatch::{MatchOptions, Minimatch};
pub(crate) use self::npmrc::{Expanded, Lookup, NpmrcEntry, shown, shown_name};
pub(crate) use self::package_name::{digest_in_tarball, nearest, tarball_name};
pub(crate) use self::platform::{cpu, names_platform};
pub(crate) use self::read::contents::{
    ContentSource, Contents, PackageMemory, TarballEntry, WorkspaceContext,
};
pub(crate) use self::read::manifest_file::MANIFEST_FILES;
pub(crate) use self::read::members::MemberFolder;
pub(crate) use self::read::seen::{SeenPaths, states};
pub(crate) use self::read::tarball::{EncodeError, encode};
pub(crate) use self::read::watch::{Watch, WatchedFolder, now, stamp};
pub(crate) use self::read::workspace_files::{
    WORKSPACE_FILE, catalogs, npm_patterns, patterns, workspace_file, workspace_settings,
};
pub(crate) use self::read::{contents, manifest_file, members, workspace_files};
pub(crate) use self::scope::Scope;
pub(crate) use self::seal::Seal;
pub(crate) use self::specifier::{Specifier, SpecifierKind};
pub(crate) use self::stamp::{ContentKey, FileStamp, FileTime, Signatures, TrackedPath};
pub(crate) use self::tarball::{Checksums, PackedFile, Tarball};
pub(crate) use self::tarball_sink::{Encoded, NamesOnly, TarballSink};
#[cfg(test)]
pub(crate) use self::workspace::Catalogs;
pub(crate) use self::workspace::{Member, MemberGlobs, PackSettings, Workspace, as_seen_from};
