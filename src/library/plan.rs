//! From a plan to a prepared project, and back.

use std::path::{Path, PathBuf};

use super::{Settings, Tarball};
use crate::error::{Error, ErrorKind, Result};
use crate::prepare::{Call, PrepareOptions, PreparePlan};
use crate::project::{self, Requested};
use crate::report;
use crate::transaction::{self, Phase, RestoreOutcome};

/// The lock of a project: while it is held no other process prepares or restores it. It is released when it is dropped;
/// the system releases it when the process ends, however it ends. See [`Project::lock`](crate::Project::lock).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let world = world()?;
/// use docker_prep::{ErrorKind, PrepareOptions, Project, Settings};
///
/// let project = Project::open(&world.product, &Settings::new())?;
/// let plan = project.plan(&PrepareOptions::new())?;
/// let mut other = Project::open(&world.common, &Settings::new())?.lock()?;
/// assert_eq!(plan.apply(&mut other).unwrap_err().kind(), ErrorKind::Usage);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "it is released when it is dropped"]
pub struct Lock {
    inner: transaction::Lock,
}

impl Lock {
    pub(super) fn acquire(state_dir: &Path) -> Result<Self> {
        Ok(Self { inner: transaction::Lock::acquire(state_dir)? })
    }
}

/// What preparing will do; nothing is done yet. See [`Project::plan`](crate::Project::plan).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let world = world()?;
/// use docker_prep::{PrepareOptions, Project, Settings};
///
/// let project = Project::open(&world.product, &Settings::new())?;
/// let plan = project.plan(&PrepareOptions::new())?;
/// assert_eq!(plan.deps_dir(), project.root().join(".docker-deps"));
/// assert!(plan.tarballs().iter().all(|tarball| tarball.path().starts_with(plan.deps_dir())));
/// assert!(!plan.deps_dir().exists());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is prepared by planning it"]
pub struct Plan {
    pub(super) inner: PreparePlan,
    pub(super) options: PrepareOptions,
    pub(super) requested: Requested,
    pub(super) settings: Settings,
}

impl Plan {
    /// The changes of manifests and of the files beside them, as a unified diff.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let world = world()?;
    /// use docker_prep::{PrepareOptions, Project, Settings};
    ///
    /// let plan = Project::open(&world.product, &Settings::new())?.plan(&PrepareOptions::new())?;
    /// assert!(plan.diff().contains("-    \"@bytelyst/errors\": \"^1.4.0\""));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn diff(&self) -> String {
        self.inner.diff()
    }

    /// The tarballs that the deps dir will hold, by package name.
    #[must_use]
    pub fn tarballs(&self) -> Vec<Tarball> {
        let folder = self.deps_dir();
        self.inner.tarballs.iter().map(|tarball| Tarball::new(&folder, tarball)).collect()
    }

    /// The deps dir, absolute.
    #[must_use]
    pub fn deps_dir(&self) -> PathBuf {
        self.inner.project.join(&self.inner.deps_dir)
    }

    /// The manifests that are rewritten, then the files that are edited or made beside them; from the project's root.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let manifests = self.inner.rewrites.iter().map(|rewritten| &rewritten.surface.manifest_name);
        manifests.chain(self.inner.files.iter().map(|file| &file.name)).map(Path::new)
    }

    /// Carries the plan out: packs into the deps dir, then rewrites the files. A plan is a promise: where something else
    /// would be written by now, it is refused. Where it fails, what was begun is taken back.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let world = world()?;
    /// use docker_prep::{ErrorKind, PrepareOptions, Project, Settings};
    ///
    /// let project = Project::open(&world.product, &Settings::new())?;
    /// let plan = project.plan(&PrepareOptions::new())?;
    /// std::fs::write(world.common.join("packages/errors/index.js"), "module.exports = {changed: true};\n")?;
    /// let error = plan.apply(&mut project.lock()?).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Refused);
    /// assert!(error.messages().any(|message| message.starts_with("backend/package.json: ")));
    /// assert!(error.hints().any(|hint| hint.ends_with("plan it anew")));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) where a manifest or a package has changed since it was planned;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) for the lock of another project;
    /// [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) where the token of the settings was cancelled; and those
    /// of [`Project::plan`](crate::Project::plan).
    pub fn apply(self, lock: &mut Lock) -> Result<Prepared<'_>> {
        let Self { inner: promised, options, requested, settings } = self;
        let lock = &lock.inner;
        let report = |event: report::Event<'_>| settings.tell(event);
        let call = Call::new(&requested, &options, &settings.cancel, &report)?;
        if lock.folder() != call.project.state_dir {
            let root = call.project.root.display();
            return Err(Error::new(ErrorKind::Usage, format!("{root}: the lock is another project's")));
        }
        let (_, prepared) = call.prepare(lock, Phase::Prepared, Some(&promised))?;
        let project = call.project;
        Ok(Prepared { inner: prepared, project, lock, settings })
    }
}

/// A project whose files are rewritten. It is restored when this is dropped, unless [`keep`](Self::keep) was called.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let world = world()?;
/// use docker_prep::{PrepareOptions, Project, Settings};
///
/// let manifest = world.product.join("backend/package.json");
/// let before = std::fs::read(&manifest)?;
/// let project = Project::open(&world.product, &Settings::new())?;
/// let plan = project.plan(&PrepareOptions::new())?;
/// let mut lock = project.lock()?;
/// {
///     let _prepared = plan.apply(&mut lock)?;
///     assert_ne!(std::fs::read(&manifest)?, before);
///     // Whatever happens here, the files come back.
/// }
/// assert_eq!(std::fs::read(&manifest)?, before);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "dropping it restores the project"]
pub struct Prepared<'lock> {
    /// `None` where there was nothing to rewrite.
    inner: Option<transaction::Prepared<'lock>>,
    project: project::Project,
    lock: &'lock transaction::Lock,
    settings: Settings,
}

impl Prepared<'_> {
    /// Puts every byte back, and tells what became of each file, which a drop does not.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) where a file was edited meanwhile so that the edit cannot be told
    /// apart from the rewrite; then the project stays prepared, for [`Project::restore`](crate::Project::restore).
    pub fn restore(self) -> Result<Restored> {
        let Self { inner, project, lock, settings } = self;
        let Some(prepared) = inner else { return Ok(Restored::default()) };
        let files = || transaction::files(&project, lock, false, &|event| settings.tell(event));
        let restored = prepared.renew_state().and_then(|()| files());
        // What failed would fail again when it is dropped.
        prepared.keep();
        restored.map(Restored::from)
    }

    /// Leaves the project prepared, for a later [`Project::restore`](crate::Project::restore), of this process or another.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let world = world()?;
    /// use docker_prep::{PrepareOptions, Project, RestoreOptions, Settings};
    /// use std::path::Path;
    ///
    /// let project = Project::open(&world.product, &Settings::new())?;
    /// project.plan(&PrepareOptions::new())?.apply(&mut project.lock()?)?.keep();
    ///
    /// let restored = project.restore(&RestoreOptions::new().clean(true))?;
    /// assert_eq!(restored.files().collect::<Vec<_>>(), [Path::new("backend/package.json")]);
    /// assert_eq!(restored.removed().collect::<Vec<_>>(), [Path::new(".docker-deps")]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn keep(self) {
        if let Some(prepared) = self.inner {
            prepared.keep();
        }
    }
}

/// What was put back; see [`Prepared::restore`] and [`Project::restore`](crate::Project::restore).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let world = world()?;
/// use docker_prep::{PrepareOptions, Project, Settings};
/// use std::fs;
///
/// let project = Project::open(&world.product, &Settings::new())?;
/// let plan = project.plan(&PrepareOptions::new())?;
/// let mut lock = project.lock()?;
/// let prepared = plan.apply(&mut lock)?;
/// let manifest = world.product.join("backend/package.json");
/// let edited = fs::read_to_string(&manifest)?.replace("{\n  \"name\"", "{\n  \"private\": true,\n  \"name\"");
/// fs::write(&manifest, edited)?;
///
/// let restored = prepared.restore()?;
/// assert_eq!(restored.notes().collect::<Vec<_>>(), ["backend/package.json: edited while prepared: the edit is kept"]);
/// let text = fs::read_to_string(&manifest)?;
/// assert!(text.contains("\"private\": true") && text.contains("\"@bytelyst/errors\": \"^1.4.0\""));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    files: Vec<PathBuf>,
    notes: Vec<String>,
    removed: Vec<PathBuf>,
}

impl From<RestoreOutcome> for Restored {
    fn from(outcome: RestoreOutcome) -> Self {
        let RestoreOutcome { files, moved_back, removed, swept: _ } = outcome;
        let notes = files.iter().filter_map(|file| file.note.clone()).collect();
        let files = files.iter().map(|file| file.path.as_str().to_owned());
        let files = files.chain(moved_back).map(PathBuf::from).collect();
        Self { files, notes, removed: removed.into_iter().map(PathBuf::from).collect() }
    }
}

impl Restored {
    /// The files that were seen to, from the project's root: they are as they were, but for the edits that
    /// [`notes`](Self::notes) tell of.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// What a person should know: of each file that was edited while prepared, what became of the edit.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.notes.iter().map(String::as_str)
    }

    /// The deps dirs that were removed, from the project's root.
    pub fn removed(&self) -> impl Iterator<Item = &Path> {
        self.removed.iter().map(PathBuf::as_path)
    }
}
