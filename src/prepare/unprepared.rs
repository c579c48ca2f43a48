//! A project as it was before prepare, for commands that only look at it.

use std::ffi::OsString;

use crate::error::Result;
use crate::project::{
    Originals, Project, ProjectPicture, Requested, Surface, read as project, scope, surfaces,
};
use crate::report::{Report, warn};
use crate::transaction::read as state;

/// The project, with its surfaces as they were before it was prepared.
pub(super) struct UnpreparedProject {
    pub(super) project: Project,
    pub(super) picture: ProjectPicture,
    pub(super) surfaces: Vec<Surface>,
    /// What stood at the paths of a prepared project's files.
    pub(super) originals: Originals,
}

/// Reads it, and says what is doubtful of the surfaces and the scope; those builds count that a command builds.
///
/// # Errors
/// All that finding the project and its surfaces meets with.
pub(super) fn read(
    requested: &Requested,
    command: Option<&[OsString]>,
    report: Report<'_>,
) -> Result<UnpreparedProject> {
    let project = project::find(requested)?;
    let picture = ProjectPicture::read(&project, &requested.environment, command);
    let mut found = surfaces::find(&project, requested, &picture)?;
    let standing = state::read(&project.state_dir, &project.root, &[])?.standing;
    let originals = match standing.observed() {
        Some(observed) => state::originals(&project.state_dir, &project.root, observed),
        None => Originals::new(),
    };
    surfaces::substitute(&mut found.surfaces, &originals)?;
    warn(report, &found.notices);
    if found.surfaces.is_empty() {
        warn(report, &scope::check(&project, requested, &picture)?);
    }
    Ok(UnpreparedProject { project, picture, surfaces: found.surfaces, originals })
}
