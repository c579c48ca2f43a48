//! What a caller may set, in place of the program's flags.

use std::ffi::OsString;
use std::fmt;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Event;
use crate::cache::place::DEFAULT_LIMIT;
use crate::cancel::CancelToken;
use crate::project::{CacheFolder, PackageSource, Requested, RequestedSource};
use crate::report;

/// Where the packages of a build come from; see [`Settings::source`].
///
/// ```
/// use docker_prep::{Settings, Source};
///
/// let settings = Settings::new().source(Source::Auto);
/// # let _ = settings;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// From the workspace: packed, and manifests rewritten.
    #[default]
    Workspace,
    /// From the registry: nothing is touched.
    Registry,
    /// From the registry if it has them all, else from the workspace.
    Auto,
    /// From a plain folder of packages.
    Vendor,
}

impl From<Source> for PackageSource {
    fn from(source: Source) -> Self {
        match source {
            Source::Workspace => Self::Workspace,
            Source::Registry => Self::Registry,
            Source::Auto => Self::Auto,
            Source::Vendor => Self::Vendor,
        }
    }
}

/// How projects and workspaces are found and read. What is not set is what `docker-prep.toml` says, else what is found.
///
/// Nothing is taken from the process: no environment variable is read unless [`environment`](Self::environment) hands
/// some in (git, which is asked where things are, inherits them), nothing is printed, and no signal handler is installed.
/// Relative paths are meant from the current folder or, where nothing is there, from the folder that is opened.
///
/// ```
/// use docker_prep::{CancelToken, Settings, Source};
///
/// let cancel = CancelToken::new();
/// let settings = Settings::new()
///     .scope("@bytelyst/*")
///     .source(Source::Workspace)
///     .cancel(&cancel)
///     .on_event(|event| eprintln!("{event:?}"));
/// # let _ = settings;
/// ```
#[derive(Clone, Default)]
pub struct Settings {
    workspace: Option<PathBuf>,
    scope: Vec<String>,
    surfaces: Vec<PathBuf>,
    deps_dir: Option<PathBuf>,
    source: Option<Source>,
    cache: Option<PathBuf>,
    threads: Option<NonZero<usize>>,
    environment: Vec<(OsString, OsString)>,
    pub(super) cancel: CancelToken,
    on_event: Option<Arc<OnEvent>>,
}

type OnEvent = dyn Fn(&Event) + Send + Sync;

impl Settings {
    /// Nothing is set: no cache, one thread for each core.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The workspace's folder, as `--workspace`.
    #[must_use]
    pub fn workspace(mut self, folder: impl Into<PathBuf>) -> Self {
        self.workspace = Some(folder.into());
        self
    }

    /// One more glob of the scope, as `--scope`: `@x` means `@x/*`, and `*` means all.
    #[must_use]
    pub fn scope(mut self, glob: impl Into<String>) -> Self {
        self.scope.push(glob.into());
        self
    }

    /// One more surface's folder, as `--surface`.
    #[must_use]
    pub fn surface(mut self, folder: impl Into<PathBuf>) -> Self {
        self.surfaces.push(folder.into());
        self
    }

    /// The deps dir from the project's root, as `--deps-dir`.
    #[must_use]
    pub fn deps_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.deps_dir = Some(folder.into());
        self
    }

    /// Where packages come from, as `--source`.
    #[must_use]
    pub fn source(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }

    /// The folder in which is remembered what has not changed since the last call: up to 1 GiB of tarballs. It is made
    /// where it is not there, and not used where others may write into it.
    #[must_use]
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// The number of threads that pack; 0 is taken for one for each core. With 1 the calling thread does all of it.
    #[must_use]
    pub fn threads(mut self, count: usize) -> Self {
        self.threads = NonZero::new(count);
        self
    }

    /// The environment variables that the settings of package managers may name, such as `${NPM_TOKEN}` in an `.npmrc`.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        self.environment = variables.into_iter().collect();
        self
    }

    /// The token that stops a call.
    #[must_use]
    pub fn cancel(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }

    /// Whom to tell what happens while a call lasts. It is called on any of the threads that work.
    #[must_use]
    pub fn on_event(mut self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.on_event = Some(Arc::new(listener));
        self
    }
}

impl Settings {
    /// As flags of the program would say it; `start` is where the project, or the workspace, is looked for.
    pub(super) fn requested(&self, start: &Path) -> Requested {
        let by = "the settings".to_owned();
        let scope_by = (!self.scope.is_empty()).then(|| "scope".to_owned());
        Requested {
            project: Some(start.to_owned()),
            workspace: self.workspace.clone(),
            scope: self.scope.clone(),
            scope_by,
            surfaces: self.surfaces.clone(),
            deps_dir: self.deps_dir.clone(),
            source: self.source.map(|source| RequestedSource { source: source.into(), by }),
            cache: self.cache.clone().map(|folder| CacheFolder { folder, limit: DEFAULT_LIMIT }),
            threads: self.threads,
            environment: self.environment.iter().cloned().collect(),
            ..Requested::default()
        }
    }

    /// Tells the listener, if there is one.
    pub(super) fn tell(&self, event: report::Event<'_>) {
        if let Some(listener) = &self.on_event {
            Event::of(event).iter().for_each(|event| listener(event));
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the environment, which may hold tokens.
        f.debug_struct("Settings")
            .field("workspace", &self.workspace)
            .field("scope", &self.scope)
            .field("surfaces", &self.surfaces)
            .field("deps_dir", &self.deps_dir)
            .field("source", &self.source)
            .field("cache", &self.cache)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}
