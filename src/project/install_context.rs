//! What lies around a surface that matters to its install.

use crate::error::Problem;
use crate::image::{Detected, DockerfileFound};

/// What was read of a surface besides its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstallContext {
    /// The package manager that installs it.
    pub(crate) detected: Detected,
    /// What should be said of how it was found.
    pub(crate) warnings: Vec<Problem>,
    /// The Dockerfiles that build it, by path.
    pub(crate) dockerfiles: Vec<DockerfileFound>,
    /// The file names of the lockfiles beside it.
    pub(crate) lockfiles: Vec<String>,
    /// The file names of the lockfiles at the project's root.
    pub(crate) root_lockfiles: Vec<String>,
}
