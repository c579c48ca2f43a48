//! What the caller asked for, before the project's own file and detection fill the gaps.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use super::environment::Environment;

use crate::image::{Detected, ImagePlatform};
use crate::project::link::Link;
use crate::project::named_by::NamedBy;
use crate::project::package_source::RequestedSource;

/// Flags, or else their environment variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Requested {
    /// `-C`: where to look for the project; the current folder if not said.
    pub(crate) project: Option<PathBuf>,
    /// `--workspace`, `DOCKER_PREP_WORKSPACE`.
    pub(crate) workspace: Option<PathBuf>,
    /// `--scope`, `DOCKER_PREP_SCOPE`.
    pub(crate) scope: Vec<String>,
    /// Which of them names the scope, where one does.
    pub(crate) scope_by: Option<String>,
    /// `--surface`, `DOCKER_PREP_SURFACE`.
    pub(crate) surfaces: Vec<PathBuf>,
    /// `--deps-dir`, `DOCKER_PREP_DEPS_DIR`.
    pub(crate) deps_dir: Option<PathBuf>,
    /// `--package-manager`, `DOCKER_PREP_PACKAGE_MANAGER`, with which of them says it.
    pub(crate) package_manager: Option<Detected>,
    /// `--link`, `DOCKER_PREP_LINK`.
    pub(crate) link: Option<Link>,
    /// `--offline`, `DOCKER_PREP_OFFLINE`: packages of others come from the deps dir too.
    pub(crate) offline: Option<bool>,
    /// `--refresh`: what was resolved before for them does not count.
    pub(crate) refresh: bool,
    /// `--platform`: the systems of the images; every one that Linux has if not said.
    pub(crate) platforms: Vec<ImagePlatform>,
    /// `--source`, `DOCKER_PREP_SOURCE`, `BYTELYST_PACKAGE_SOURCE`, with which of them says it.
    pub(crate) source: Option<RequestedSource>,
    /// `--probe-timeout`, `DOCKER_PREP_PROBE_TIMEOUT`.
    pub(crate) probe_timeout: Option<Duration>,
    /// `--fallback-on-auth`.
    pub(crate) fallback_on_auth: bool,
    /// `--no-cache`, `DOCKER_PREP_CACHE`, `DOCKER_PREP_CACHE_SIZE`: what is remembered between calls, and where.
    pub(crate) cache: Option<CacheFolder>,
    /// `RAYON_NUM_THREADS`: how many threads share the work; one for each core if not said.
    pub(crate) threads: Option<NonZero<usize>>,
    /// Who named what of these.
    pub(crate) named_by: NamedBy,
    /// The variables that a build would see.
    pub(crate) environment: Environment,
}

/// The cache that a call uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CacheFolder {
    /// Its folder, whether it exists or not.
    pub(crate) folder: PathBuf,
    /// How many bytes of tarballs it may hold.
    pub(crate) limit: u64,
}
