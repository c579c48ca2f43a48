//! The product repository: planned, prepared, restored.

use std::path::Path;

use super::{Lock, Plan, Restored, Settings};
use crate::error::Result;
use crate::prepare::{self, call as preparing, restore};
use crate::project::{self, read};
use crate::report;

/// The product repository.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let world = world()?;
/// use docker_prep::{PrepareOptions, Project, RestoreOptions, Settings};
///
/// let project = Project::open(&world.product, &Settings::new())?;
/// let plan = project.plan(&PrepareOptions::new())?;
/// print!("{}", plan.diff());
///
/// let mut lock = project.lock()?;
/// let prepared = plan.apply(&mut lock)?;
/// // … build the images …
/// prepared.restore()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Project {
    inner: project::Project,
    settings: Settings,
}

/// How a project is prepared.
///
/// ```
/// let options = docker_prep::PrepareOptions::new().strict(true);
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrepareOptions {
    inner: prepare::PrepareOptions,
}

impl PrepareOptions {
    /// Nothing is set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a project that is prepared already is restored first. What is refused later leaves it restored.
    #[must_use]
    pub fn force(mut self, force: bool) -> Self {
        self.inner.force = force;
        self
    }

    /// Whether a version that the workspace does not have is an error, and not a warning.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.inner.strict = strict;
        self
    }

    /// Whether a package is packed although a file that its manifest names is missing; then an event says so.
    #[must_use]
    pub fn allow_unbuilt(mut self, allow: bool) -> Self {
        self.inner.allow_unbuilt = allow;
        self
    }
}

/// How a project is restored.
///
/// ```
/// let options = docker_prep::RestoreOptions::new().clean(true);
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoreOptions {
    inner: restore::RestoreOptions,
}

impl RestoreOptions {
    /// Nothing is set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the deps dir is removed too.
    #[must_use]
    pub fn clean(mut self, clean: bool) -> Self {
        self.inner.clean = clean;
        self
    }

    /// Whether the original is put back also where it was edited while prepared; the edit is kept beside it.
    #[must_use]
    pub fn force(mut self, force: bool) -> Self {
        self.inner.force = force;
        self
    }
}

impl Project {
    /// Opens the project that holds a folder: the folder of `docker-prep.toml`, else the git work tree, else the folder
    /// itself.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let world = world()?;
    /// use docker_prep::{Project, Settings};
    ///
    /// let project = Project::open(world.product.join("backend"), &Settings::new())?;
    /// assert_eq!(project.root(), world.product.canonicalize()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) for a folder that is not there, for a deps dir that cannot be one, and for
    /// a `docker-prep.toml` that is not valid, [`ErrorKind::Environment`](crate::ErrorKind::Environment) for a repository that git cannot read.
    pub fn open(folder: impl AsRef<Path>, settings: &Settings) -> Result<Self> {
        let inner = read::find_to_restore(&settings.requested(folder.as_ref()))?;
        Ok(Self { inner, settings: settings.clone() })
    }

    /// Its root, absolute, with symbolic links followed.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// Takes the lock under which the project is changed; it is released when it is dropped.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let world = world()?;
    /// use docker_prep::{ErrorKind, Project, Settings};
    ///
    /// let project = Project::open(&world.product, &Settings::new())?;
    /// let _lock = project.lock()?;
    /// assert_eq!(project.lock().unwrap_err().kind(), ErrorKind::Refused);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) while somebody else holds it.
    pub fn lock(&self) -> Result<Lock> {
        Lock::acquire(&self.inner.state_dir)
    }

    /// What preparing would do: packs into nothing, and changes nothing. It is asked for before the lock is taken.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let world = world()?;
    /// use docker_prep::{PrepareOptions, Project, Settings};
    ///
    /// let plan = Project::open(&world.product, &Settings::new())?.plan(&PrepareOptions::new())?;
    /// assert_eq!(plan.tarballs().len(), 1);
    /// assert_eq!(plan.files().collect::<Vec<_>>(), [std::path::Path::new("backend/package.json")]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) while somebody holds the lock, and where the project is prepared
    /// already or a backup lies about; [`ErrorKind::Packing`](crate::ErrorKind::Packing) naming every package that cannot be packed;
    /// [`ErrorKind::Environment`](crate::ErrorKind::Environment) where there is no workspace, or more than one;
    /// [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) where the token of the settings was cancelled.
    pub fn plan(&self, options: &PrepareOptions) -> Result<Plan> {
        let requested = self.settings.requested(&self.inner.start);
        let (options, settings) = (options.inner, self.settings.clone());
        let inner =
            preparing::plan(&requested, &options, None, &settings.cancel, &|event| settings.tell(event))?;
        Ok(Plan { inner, options, requested, settings })
    }

    /// Puts every byte back. A project that is not prepared is no error. It is short: a token that was cancelled does not
    /// stop it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let world = world()?;
    /// use docker_prep::{Project, RestoreOptions, Settings};
    ///
    /// let project = Project::open(&world.product, &Settings::new())?;
    /// assert!(project.restore(&RestoreOptions::new())?.files().next().is_none());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) while somebody holds the lock and, before anything is changed,
    /// where an edit cannot be told apart from the rewrite.
    pub fn restore(&self, options: &RestoreOptions) -> Result<Restored> {
        let (requested, settings) = (self.settings.requested(&self.inner.start), &self.settings);
        let report = |event: report::Event<'_>| settings.tell(event);
        let call = restore::run(&requested, &options.inner, &settings.cancel, &report)?;
        Ok(Restored::from(call.restored))
    }
}
