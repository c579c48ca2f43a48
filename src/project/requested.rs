//! What the caller asked for, before the project's own file and detection fill the gaps.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use super::environment::Environment;
use crate::cache::place::CacheFolder;
use crate::image::package_manager::Detected;
use crate::rewrite::link::Link;
use crate::source::model::RequestedSource;

/// Flags, or else their environment variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requested {
    /// `-C`: where to look for the project; the current folder if not said.
    pub project: Option<PathBuf>,
    /// `--workspace`, `DOCKER_PREP_WORKSPACE`.
    pub workspace: Option<PathBuf>,
    /// `--scope`, `DOCKER_PREP_SCOPE`.
    pub scope: Vec<String>,
    /// `--surface`, `DOCKER_PREP_SURFACE`.
    pub surfaces: Vec<PathBuf>,
    /// `--deps-dir`, `DOCKER_PREP_DEPS_DIR`.
    pub deps_dir: Option<PathBuf>,
    /// `--package-manager`, `DOCKER_PREP_PACKAGE_MANAGER`, with which of them says it.
    pub package_manager: Option<Detected>,
    /// `--link`, `DOCKER_PREP_LINK`.
    pub link: Option<Link>,
    /// `--source`, `DOCKER_PREP_SOURCE`, `BYTELYST_PACKAGE_SOURCE`, with which of them says it.
    pub source: Option<RequestedSource>,
    /// `--probe-timeout`, `DOCKER_PREP_PROBE_TIMEOUT`.
    pub probe_timeout: Option<Duration>,
    /// `--fallback-on-auth`.
    pub fallback_on_auth: bool,
    /// `--no-cache`, `DOCKER_PREP_CACHE`, `DOCKER_PREP_CACHE_SIZE`: what is remembered between calls, and where.
    pub cache: Option<CacheFolder>,
    /// `RAYON_NUM_THREADS`: how many threads share the work; one for each core if not said.
    pub threads: Option<NonZero<usize>>,
    /// The variables that a build would see.
    pub environment: Environment,
}
