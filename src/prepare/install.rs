//! How each surface is installed: what was found around it, and what follows for its rewrite.

use crate::error::{Error, ErrorKind, Problem, Result};
use crate::image::{Detected, DockerfileFound, dockerfile};
use crate::lockfile;
use crate::lockfile::plan as advice;
use crate::project::{
    Beside, InstallContext, Originals, Project, Requested, SETTINGS, Surface, package_manager,
};
use crate::report::{Report, warn};
use crate::rewrite::{InstallTarget, Linking, Needs, OverrideStyle, linking as link, refuse_uncopied};
use crate::text::yaml::edit as yaml;
use crate::transaction::beside as beside_files;

/// The install of one surface.
#[derive(Debug)]
pub(crate) struct SurfaceInstall {
    /// What lies around the surface.
    pub(crate) around: InstallContext,
    /// What reads its manifest, and how that is told.
    pub(crate) reader: InstallTarget,
    /// The `pnpm-workspace.yaml` beside it, as it was before prepare, where pnpm may read overrides in it.
    pub(crate) settings: Option<Beside>,
    /// Why it cannot be told in the way that was asked for: an error only where it needs a package.
    refused: Option<Error>,
}

/// Finds out what installs each surface. `lockfile`: one is made that fits. `originals` are the files of a prepared
/// project as they were before.
///
/// # Errors
/// [`ErrorKind::Refused`] for settings of pnpm that cannot be read.
pub(crate) fn find(
    project: &Project,
    requested: &Requested,
    surfaces: &[Surface],
    lockfile: bool,
    originals: &Originals,
) -> Result<Vec<SurfaceInstall>> {
    let link = requested.link.or(project.config.link).unwrap_or_default();
    let around = package_manager::surroundings(project, requested, surfaces);
    let install = |(surface, around): (&Surface, InstallContext)| {
        let manager = around.detected.manager.clone();
        let (way, refused) = match OverrideStyle::choose(&manager, link, lockfile) {
            Ok(way) => (way, None),
            Err(error) => (OverrideStyle::PnpmOverrides, Some(about(error, surface, &around.detected))),
        };
        let mut reader = InstallTarget { manager, way, workspace_overrides: Vec::new() };
        let settings = settings(project, surface, &reader, originals)?;
        if let Some(settings) = &settings {
            reader.workspace_overrides = overrides(settings)?;
        }
        Ok(SurfaceInstall { around, reader, settings, refused })
    };
    surfaces.iter().zip(around).map(install).collect()
}

fn about(mut error: Error, surface: &Surface, detected: &Detected) -> Error {
    let Detected { manager, reason } = detected;
    for problem in &mut error.problems {
        let message = &problem.message;
        problem.message = format!("{} is installed by {manager} ({reason}): {message}", surface.label());
    }
    error
}

fn settings(
    project: &Project,
    surface: &Surface,
    reader: &InstallTarget,
    originals: &Originals,
) -> Result<Option<Beside>> {
    if !reader.reads_workspace_overrides() {
        return Ok(None);
    }
    let mut settings = beside_files::beside(project, surface, SETTINGS)?;
    settings
        .substitute(originals)
        .map_err(|why| Error::new(ErrorKind::Refused, why).hint("write it anew"))?;
    Ok(Some(settings))
}

fn overrides(settings: &Beside) -> Result<Vec<(String, String)>> {
    let Some(text) = &settings.text else { return Ok(Vec::new()) };
    yaml::read_overrides(text).map_err(|error| {
        Error::new(ErrorKind::Refused, format!("{}: {error}", settings.name)).hint(error.hint)
    })
}

/// Says what is doubtful, and refuses what would be looked up in the registry; only of surfaces that need a package.
/// `made`: a lockfile that fits will be.
///
/// # Errors
/// [`ErrorKind::Usage`] where a surface cannot be told in the way that was asked for, [`ErrorKind::Refused`] where a Dockerfile
/// leaves out a file that is needed.
pub(crate) fn check(
    surfaces: &[Surface],
    installs: &[SurfaceInstall],
    needs: &[Needs],
    made: bool,
    report: Report<'_>,
) -> Result<()> {
    let needing = || {
        let all = surfaces.iter().zip(installs).zip(needs);
        all.filter(|(_, needs)| !needs.closure.is_empty()).map(|(one, _)| one)
    };
    warn(report, &package_manager::warnings(needing().map(|(_, install)| &install.around)));
    for (surface, install) in needing() {
        if let Some(error) = &install.refused {
            return Err(error.clone());
        }
        if let (OverrideStyle::WorkspaceOverrides, Some(settings)) = (install.reader.way, &install.settings) {
            refuse_uncopied(surface, settings, &install.not_copying(surface, SETTINGS))?;
        }
        warn(report, &install.advice(surface, made));
    }
    Ok(())
}

impl SurfaceInstall {
    /// How the tarballs of the surface name each other, where they do.
    pub(crate) fn linking(&self, project: &Project, surface: &Surface, needs: &Needs) -> Option<Linking> {
        let InstallTarget { manager, way, .. } = &self.reader;
        link::linking(*way, manager, &surface.dir, &project.deps_dir, needs)
    }

    /// The Dockerfiles that build the surface without a file of its folder.
    fn not_copying(&self, surface: &Surface, name: &str) -> Vec<String> {
        let lacks = |file: &&DockerfileFound| !copies(file, surface, name);
        self.around.dockerfiles.iter().filter(lacks).map(|file| file.name.clone()).collect()
    }

    /// What a Dockerfile must say while the lockfile beside the surface is the project's own, or, where one is `made`
    /// that fits, so that it is read.
    fn advice(&self, surface: &Surface, made: bool) -> Vec<Problem> {
        let manager = &self.reader.manager;
        let there = |name: &&&str| self.around.lockfiles.iter().any(|there| there == **name);
        let beside = lockfile::names(manager.name).iter().find(there);
        let Some(name) = beside.copied().or(made.then(|| lockfile::name(manager.name))) else {
            return Vec::new();
        };
        let mut installs = Vec::new();
        for file in &self.around.dockerfiles {
            let copies_lockfile = copies(file, surface, name);
            let own = dockerfile::installs(&file.text).into_iter().filter(|one| one.manager == manager.name);
            installs.extend(own.map(|install| advice::LockfileInstall {
                dockerfile: &file.name,
                line: install.line,
                frozen: install.frozen,
                ci: install.ci,
                no_lockfile: install.no_lockfile,
                copies_lockfile,
            }));
        }
        let path = if surface.dir.is_empty() { name.to_owned() } else { format!("{}/{name}", surface.dir) };
        if made { advice::unread(&path, &installs) } else { advice::advice(&path, manager, &installs) }
    }
}

fn copies(file: &DockerfileFound, surface: &Surface, name: &str) -> bool {
    dockerfile::copies(&file.text, file.dir(), &surface.dir, name)
}
