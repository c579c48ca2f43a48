//! The workspace of shared packages, for those who only pack.

use std::path::{Path, PathBuf};

use super::{Settings, Tarball};
use crate::error::Result;
use crate::prepare::pack;
use crate::project::{Itself, read as project, workspace};

/// A repository of shared packages: a pnpm workspace, or one by `workspaces` of npm, yarn or bun.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let world = world()?;
/// use docker_prep::{PackOptions, Selection, Workspace};
///
/// let out = world.folder.path().join("out");
/// let tarballs = Workspace::open(&world.common)?.pack(&Selection::All, &PackOptions::into_folder(&out))?;
/// assert!(tarballs.iter().all(|tarball| tarball.path().starts_with(&out)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
    settings: Settings,
}

/// Which packages are packed; see [`Workspace::pack`].
///
/// ```
/// let one = docker_prep::Selection::Named(vec!["@bytelyst/errors".to_owned()]);
/// # let _ = one;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selection {
    /// Every package in scope.
    All,
    /// Exactly these, by name.
    Named(Vec<String>),
}

/// How packages are packed.
///
/// ```
/// let options = docker_prep::PackOptions::into_folder("out").allow_unbuilt(true);
/// # let _ = options;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackOptions {
    folder: PathBuf,
    allow_unbuilt: bool,
}

impl PackOptions {
    /// Into a folder, which is made if it is not there.
    #[must_use]
    pub fn into_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), allow_unbuilt: false }
    }

    /// Whether a package is packed although a file that its manifest names is missing; then an event says so.
    #[must_use]
    pub fn allow_unbuilt(mut self, allow: bool) -> Self {
        self.allow_unbuilt = allow;
        self
    }
}

impl Workspace {
    /// Opens the workspace in a folder, with default [`Settings`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let world = world()?;
    /// let workspace = docker_prep::Workspace::open(&world.common)?;
    /// assert_eq!(workspace.root(), world.common.canonicalize()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) for a folder that is not there,
    /// [`ErrorKind::Environment`](crate::ErrorKind::Environment) for one that is no workspace,
    /// [`ErrorKind::Packing`](crate::ErrorKind::Packing) where one of its files is not valid.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(folder, &Settings::new())
    }

    /// Opens the workspace in a folder.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let world = world()?;
    /// use docker_prep::{PackOptions, Selection, Settings, Workspace};
    ///
    /// let workspace = Workspace::open_with(&world.common, &Settings::new().scope("@bytelyst/*"))?;
    /// let out = PackOptions::into_folder(world.folder.path().join("out"));
    /// assert!(!workspace.pack(&Selection::All, &out)?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open); [`ErrorKind::Environment`](crate::ErrorKind::Environment) also where none of its packages is
    /// in scope.
    pub fn open_with(folder: impl AsRef<Path>, settings: &Settings) -> Result<Self> {
        let start = project::find(&settings.requested(folder.as_ref()))?.start;
        let settings = settings.clone().workspace(&start);
        let requested = settings.requested(&start);
        let root = workspace::find(&project::find(&requested)?, &requested, Itself::Never)?.root;
        Ok(Self { root, settings })
    }

    /// Its folder, absolute, with symbolic links followed.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Packs, and returns what was packed, by name. What is in the tarballs is what `pnpm pack` 10.6.5 would put
    /// there; the same content gives the same bytes and the same file name on every machine.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let world = world()?;
    /// use docker_prep::{PackOptions, Selection, Workspace};
    ///
    /// let workspace = Workspace::open(&world.common)?;
    /// let out = PackOptions::into_folder(world.folder.path().join("out"));
    /// let named = Selection::Named(vec!["@bytelyst/errors".to_owned()]);
    /// let tarballs = workspace.pack(&named, &out)?;
    /// assert_eq!(tarballs[0].path().file_name().unwrap(), "bytelyst-errors-1.4.2-242b32ba30b9.tgz");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Packing`](crate::ErrorKind::Packing) naming every package that cannot be packed: then nothing is
    /// packed. [`ErrorKind::Environment`](crate::ErrorKind::Environment) for a folder that cannot be read or written.
    pub fn pack(&self, selection: &Selection, options: &PackOptions) -> Result<Vec<Tarball>> {
        let (packages, all) = match selection {
            Selection::All => (Vec::new(), true),
            Selection::Named(names) => (names.clone(), false),
        };
        if !all && packages.is_empty() {
            return Ok(Vec::new());
        }
        let inner = pack::PackOptions {
            packages,
            all,
            out: options.folder.clone(),
            allow_unbuilt: options.allow_unbuilt,
            checksums: false,
            build: None,
        };
        let requested = self.settings.requested(&self.root);
        let packed =
            pack::run(&requested, &inner, &self.settings.cancel, &|event| self.settings.tell(event))?;
        Ok(packed.iter().map(|tarball| Tarball::new(&options.folder, tarball)).collect())
    }
}
