//! What lies around a surface that matters to its install.

use crate::error::Problem;
use std::sync::Arc;

use crate::image::{BuildInstall, Detected, ImageBuild};

/// What was read of a surface besides its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstallContext {
    /// The package manager that installs it.
    pub(crate) detected: Detected,
    /// What should be said of how it was found.
    pub(crate) warnings: Vec<Problem>,
    /// The image builds that install it, each with the number of the install.
    pub(crate) builds: Vec<(Arc<ImageBuild>, usize)>,
    /// What is not known of the builds' arguments, if anything.
    pub(crate) unknown: Option<String>,
    /// The file names of the lockfiles beside it.
    pub(crate) lockfiles: Vec<String>,
    /// The file names of the lockfiles at the project's root.
    pub(crate) root_lockfiles: Vec<String>,
}

impl InstallContext {
    /// The installs that read the surface's manifest, with their builds.
    pub(crate) fn installs(&self) -> impl Iterator<Item = (&ImageBuild, &BuildInstall)> {
        self.builds.iter().filter_map(|(build, number)| Some((&**build, build.installs.get(*number)?)))
    }
}
