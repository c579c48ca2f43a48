//! The product: where it lies, its settings, its surfaces, and what git says of it.

mod beside;
pub(crate) mod config;
mod environment;
mod file_kind;
mod flag;
mod install_context;
mod isolated_way;
mod link;
mod local_packages;
mod named_by;
mod package_source;
pub(crate) mod read;
mod requested;
mod scope_search;
mod surface;
mod tracked_path;

pub(crate) use self::beside::Beside;
#[cfg(test)]
pub(crate) use self::config::Config;
pub(crate) use self::config::{CONFIG_FILE, ConfigError, DEFAULT_DEPS_DIR, DoctorConfig, UnmetVersion};
pub(crate) use self::environment::Environment;
pub(crate) use self::file_kind::{FileKind, MANIFEST, SETTINGS};
pub(crate) use self::flag::parse_flag;
pub(crate) use self::install_context::InstallContext;
pub(crate) use self::isolated_way::IsolatedWay;
pub(crate) use self::link::Link;
pub(crate) use self::local_packages::LocalPackages;
pub(crate) use self::named_by::{NamedBy, with_origin};
pub(crate) use self::package_source::{PROBE_TIMEOUT, PackageSource, RequestedSource, parse_duration};
pub(crate) use self::read::git::{Failure, HOOK_VARIABLES, HookEnvironment, Running, path_of, said};
pub(crate) use self::read::package_manager::of_workspace;
pub(crate) use self::read::picture::ProjectPicture;
pub(crate) use self::read::place::{FolderNow, HeldFolder};
pub(crate) use self::read::required::{PACKAGE, dependency_at, unmet as unmet_version};
pub(crate) use self::read::surfaces::{depends_on_scope, files, relative};
pub(crate) use self::read::workspace::Itself;
pub(crate) use self::read::{
    Project, git, local_packages as local, package_manager, scope, surfaces, workspace,
};
pub(crate) use self::requested::{CacheFolder, Requested};
pub(crate) use self::surface::{Originals, Surface};
pub(crate) use self::tracked_path::{EDITED_SUFFIX, ProjectPath, TEMP_SUFFIX};
