//! `docker-prep why`: through whom the surfaces need a package.

use super::observed::Needed;
use super::unprepared;
use super::unprepared::UnpreparedProject;
use crate::error::{Error, ErrorKind, Result};
use crate::project::{Itself, Requested, workspace};
use crate::report::Report;
use crate::rewrite::{MemberIndex, Reason};

/// Who needs a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Why {
    /// The package.
    pub(crate) package: String,
    /// The surfaces that need it.
    pub(crate) surfaces: Vec<SurfaceReasons>,
}

/// Why a surface needs a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SurfaceReasons {
    /// The surface's folder, as a person writes it.
    pub(crate) surface: String,
    /// Its manifest, from the project's root.
    pub(crate) manifest: String,
    /// The ways from it to the package, each line with the version of what is needed, where that is known.
    pub(crate) reasons: Vec<(Reason, Option<String>)>,
}

/// Follows the surfaces' dependencies to a package; a prepared project is read as it was before.
///
/// # Errors
/// [`ErrorKind::Usage`] for a package that nobody knows; all that finding the surfaces and the workspace meets with.
pub(crate) fn why(requested: &Requested, package: &str, report: Report<'_>) -> Result<Why> {
    let UnpreparedProject { project, picture, surfaces, originals } =
        unprepared::read(requested, None, report)?;
    let needed = Needed::find(&project, &picture, surfaces, &originals, requested, false)?;
    let read;
    let workspace = match &needed.workspace {
        Some(workspace) => workspace,
        None => {
            read = workspace::find(&project, requested, Itself::Never)?;
            &read
        }
    };
    let index = MemberIndex::new(workspace);
    let version = |name: &str| index.get(name).ok().and_then(|member| member.manifest.version());
    let mut why = Why { package: package.to_owned(), surfaces: Vec::new() };
    for (surface, needs) in needed.surfaces.iter().zip(&needed.closure.surfaces) {
        let reasons = needs.reasons(package).into_iter();
        let reasons: Vec<_> = reasons
            .map(|reason| {
                let version = version(&reason.edge.to);
                (reason, version)
            })
            .collect();
        if !reasons.is_empty() {
            let (surface, manifest) = (surface.label(), surface.manifest_name.clone());
            why.surfaces.push(SurfaceReasons { surface, manifest, reasons });
        }
    }
    if why.surfaces.is_empty() && !index.knows(package) {
        let problem = index.get(package).err().into_iter().collect();
        return Err(Error::all(ErrorKind::Usage, problem));
    }
    Ok(why)
}
