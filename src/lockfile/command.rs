//! `--lockfile`: a lockfile for each prepared surface.

use crate::cancel::CancelToken;
use crate::error::Result;
use crate::image::{Detected, Name};
use crate::lockfile;
use crate::lockfile::apply::{LockfileRequest, LockfileTarball, MadeLockfile, make, resolve};
use crate::lockfile::read::FoundLockfile;
use crate::lockfile::{plan, read as observe};
use crate::project::{Environment, Project, Surface};
use crate::report::{Event, Notice, Report};
use crate::rewrite::{FileChange, Rewritten, replacement};
use crate::transaction::beside as beside_files;

/// A lockfile beside a surface, made or to be made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SurfaceLockfile {
    /// The file from the project's root.
    pub(crate) path: String,
    /// The project's lockfile that it begins with.
    pub(crate) seeded_from: Option<String>,
    /// What is typed to make it.
    pub(crate) command: String,
    /// What was made; `None` in a dry run.
    pub(crate) made: Option<MadeLockfile>,
}

/// What would be made.
///
/// # Errors
/// The project's lockfile cannot be read.
pub(crate) fn planned(project: &Project, surface: &Surface, detected: &Detected) -> Result<SurfaceLockfile> {
    let found = observe::find(&project.root, &surface.dir, detected.manager.name)?;
    Ok(described(surface, detected, found.as_ref()))
}

/// Makes it. `settings` is the new text of the `pnpm-workspace.yaml` beside the surface, if it gets one.
///
/// # Errors
/// As [`make`].
pub(crate) fn made(
    project: &Project,
    rewritten: &Rewritten,
    settings: Option<&str>,
    tarballs: &[LockfileTarball],
    environment: &Environment,
    cancel: &CancelToken,
    report: Report<'_>,
) -> Result<SurfaceLockfile> {
    let (surface, detected) = (&rewritten.surface, &rewritten.manager);
    let found = observe::find(&project.root, &surface.dir, detected.manager.name)?;
    let described = described(surface, detected, found.as_ref());
    report(Event::Notice(Notice::MakingLockfile { path: &described.path, command: &described.command }));
    let workspace_yaml = workspace_yaml(project, surface, settings)?;
    let request = request(project, rewritten, tarballs, environment, cancel);
    let made = make(&LockfileRequest {
        workspace_yaml: workspace_yaml.as_deref(),
        lockfile: found.as_ref(),
        flag: "--lockfile",
        ..request
    })?;
    Ok(SurfaceLockfile { made: Some(made), ..described })
}

/// Has the surface's package manager say what it would install: of the versions that the project's lockfile pins,
/// where there is one.
///
/// # Errors
/// As [`made`].
pub(crate) fn resolved(
    project: &Project,
    rewritten: &Rewritten,
    settings: Option<&str>,
    tarballs: &[LockfileTarball],
    environment: &Environment,
    cancel: &CancelToken,
) -> Result<MadeLockfile> {
    let (surface, detected) = (&rewritten.surface, &rewritten.manager);
    let found = observe::find(&project.root, &surface.dir, detected.manager.name)?;
    let workspace_yaml = workspace_yaml(project, surface, settings)?;
    let request = request(project, rewritten, tarballs, environment, cancel);
    resolve(&LockfileRequest {
        workspace_yaml: workspace_yaml.as_deref(),
        lockfile: found.as_ref(),
        flag: "--offline",
        ..request
    })
}

/// What a package manager's answer depends on besides the manifests: the lockfile, and files of settings; each with its
/// name.
///
/// # Errors
/// A file cannot be read.
pub(crate) fn inputs(project: &Project, surface: &Surface, manager: Name) -> Result<Vec<(String, String)>> {
    let found = observe::find(&project.root, &surface.dir, manager)?;
    let lockfile = found.map(|found| (format!("lockfile {}", found.path), found.text));
    let settings = observe::settings(&project.root, &surface.dir)?;
    Ok(lockfile.into_iter().chain(settings).collect())
}

fn workspace_yaml(project: &Project, surface: &Surface, settings: Option<&str>) -> Result<Option<String>> {
    match settings {
        Some(text) => Ok(Some(text.to_owned())),
        None => observe::workspace_yaml(&project.root, &surface.dir),
    }
}

fn request<'a>(
    project: &'a Project,
    rewritten: &'a Rewritten,
    tarballs: &'a [LockfileTarball],
    environment: &'a Environment,
    cancel: &'a CancelToken,
) -> LockfileRequest<'a> {
    LockfileRequest {
        project: &project.root,
        surface_dir: &rewritten.surface.dir,
        manifest: &rewritten.text,
        workspace_yaml: None,
        layout: &rewritten.layout,
        tarballs,
        manager: &rewritten.manager.manager,
        reason: &rewritten.manager.reason,
        lockfile: None,
        scope: &project.scope,
        environment,
        flag: "",
        cancel,
    }
}

fn described(surface: &Surface, detected: &Detected, found: Option<&FoundLockfile>) -> SurfaceLockfile {
    let beside = found.filter(|found| found.importer.is_empty());
    let name = beside.map_or(lockfile::name(detected.manager.name), FoundLockfile::file_name);
    SurfaceLockfile {
        path: if surface.dir.is_empty() { name.to_owned() } else { format!("{}/{name}", surface.dir) },
        seeded_from: found.map(|found| found.path.clone()),
        command: plan::shown(&detected.manager),
        made: None,
    }
}

impl SurfaceLockfile {
    /// What becomes of the file; `None` in a dry run, and where it is that already.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`](crate::error::ErrorKind::Refused) for a file there that cannot be replaced.
    pub(crate) fn change(&self, project: &Project, surface: &Surface) -> Result<Option<FileChange>> {
        let Some(made) = &self.made else { return Ok(None) };
        let name = self.path.rsplit('/').next().unwrap_or_default();
        Ok(replacement(&beside_files::beside(project, surface, name)?, made.text.clone()))
    }
}
