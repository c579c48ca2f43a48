//! What lies around a surface that matters to its install.

use crate::error::Problem;
use crate::image::dockerfile::DockerfileFound;
use crate::image::package_manager::Detected;

/// What was read of a surface besides its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallContext {
    /// The package manager that installs it.
    pub detected: Detected,
    /// What should be said of how it was found.
    pub warnings: Vec<Problem>,
    /// The Dockerfiles that build it, by path.
    pub dockerfiles: Vec<DockerfileFound>,
    /// The file names of the lockfiles beside it.
    pub lockfiles: Vec<String>,
    /// The file names of the lockfiles at the project's root.
    pub root_lockfiles: Vec<String>,
}
