//! How each surface is installed: what was found around it, and what follows for its rewrite.

use super::layout;
use super::layout::Judgement;
use crate::error::{Error, ErrorKind, Problem, Result, each_once};
use crate::image::{BuildInstall, Detected, ImageBuild, Install, join};
use crate::lockfile;
use crate::lockfile::plan as advice;
use crate::project::{
    Beside, InstallContext, Link, Originals, Project, ProjectPicture, Requested, SETTINGS, Surface,
    package_manager,
};
use crate::report::{Event, Notice, Report, warn};
use crate::rewrite::{
    InstallLayout, InstallTarget, Linking, Needs, OverrideStyle, linking as link, refuse_uncopied,
};
use crate::text::path;
use crate::text::yaml::edit as yaml;
use crate::transaction::beside as beside_files;

/// The install of one surface.
#[derive(Debug)]
pub(crate) struct SurfaceInstall {
    /// What lies around the surface.
    pub(crate) around: InstallContext,
    /// What reads its manifest, and how that is told.
    pub(crate) reader: InstallTarget,
    /// The manifest, from the project's root, that must hold the overrides since the surface is a member of its workspace.
    pub(crate) root_manifest: Option<String>,
    /// Where the tarballs lie from it.
    pub(crate) layout: InstallLayout,
    /// What the image builds make of that.
    judged: Judgement,
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
    picture: &ProjectPicture,
    requested: &Requested,
    surfaces: &[Surface],
    lockfile: bool,
    originals: &Originals,
) -> Result<Vec<SurfaceInstall>> {
    let link = requested.link.or(project.config.link).unwrap_or_default();
    let link_by = match requested.link {
        Some(_) => requested.named_by.link.to_owned(),
        None => project.config.name_of("link"),
    };
    let around = package_manager::surroundings(project, requested, surfaces, picture);
    let install = |(surface, around): (&Surface, InstallContext)| {
        let manager = around.detected.manager.clone();
        let at_root = workspace_root(surface, &around);
        let is_member = at_root.is_some();
        let (link, link_by) =
            if project.is_offline { (Link::Tarballs, "--offline") } else { (link, &*link_by) };
        let (way, refused) = match OverrideStyle::choose(&manager, (link, link_by), lockfile, is_member) {
            Ok(way) => (way, None),
            Err(_) if project.is_offline => {
                (OverrideStyle::PnpmOverrides, Some(without_a_way(surface, &around.detected)))
            }
            Err(error) => (OverrideStyle::PnpmOverrides, Some(about(error, surface, &around.detected))),
        };
        let at_root = at_root.filter(|_| way != OverrideStyle::Tarballs);
        let overrides_at_root = at_root.as_ref().is_some_and(|root| root.is_only_way);
        let root_manifest = at_root.map(|root| root.manifest);
        let mut reader = InstallTarget { manager, way, workspace_overrides: Vec::new(), overrides_at_root };
        let settings = settings(project, surface, &reader, originals)?;
        if let Some(settings) = &settings {
            reader.workspace_overrides = overrides(settings)?;
        }
        let (layout, judged) = layout::judge(project, surface, &around);
        Ok(SurfaceInstall { around, reader, root_manifest, layout, judged, settings, refused })
    };
    surfaces.iter().zip(around).map(install).collect()
}

/// The root of the workspace that a surface is a member of.
struct WorkspaceRoot {
    /// Its manifest, from the project's root.
    manifest: String,
    /// Whether no build installs the surface by itself.
    is_only_way: bool,
}

fn workspace_root(surface: &Surface, around: &InstallContext) -> Option<WorkspaceRoot> {
    let installs = || around.installs().map(|(_, one)| &one.install).filter(|install| install.is_built);
    let is_root =
        |install: &&Install| install.reads(&surface.manifest_name).any(|(dir, _)| dir == install.root);
    let install = installs().find(|install| !is_root(install))?;
    let root = install.manifests.iter().find(|read| read.dir == install.root)?;
    let manifest = root.files.keys().next()?.clone();
    Some(WorkspaceRoot { manifest, is_only_way: !installs().any(|install| is_root(&install)) })
}

/// Nothing but tarballs that name each other serves an install without a network.
fn without_a_way(surface: &Surface, detected: &Detected) -> Error {
    let Detected { manager, reason } = detected;
    let label = surface.label();
    Error::new(
        ErrorKind::Environment,
        format!("--offline: {label} is installed by {manager} ({reason}), which does not find tarballs that name each other"),
    )
    .hint("leave out --offline, or have pnpm, npm or bun install it: they do")
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

/// Says what is doubtful, and refuses what would be looked up in the registry; only of surfaces that need a package, or of
/// `all`.
/// `made`: a lockfile that fits will be. `strict`: what is doubtful of the image builds is refused, too. Returns what is
/// certain to fail in the image builds.
///
/// # Errors
/// [`ErrorKind::Usage`] where a surface cannot be told in the way that was asked for, [`ErrorKind::Refused`] where a Dockerfile
/// leaves out a file that is needed.
pub(crate) fn check(
    surfaces: &[Surface],
    installs: &[SurfaceInstall],
    needs: &[Needs],
    all: bool,
    made: bool,
    strict: bool,
    report: Report<'_>,
) -> Result<Vec<Problem>> {
    let needing = || {
        let surfaces = surfaces.iter().zip(installs).zip(needs);
        surfaces.filter(move |(_, needs)| all || !needs.closure.is_empty()).map(|(one, _)| one)
    };
    warn(report, &package_manager::warnings(needing().map(|(_, install)| &install.around)));
    let mut doubts: Vec<Problem> = Vec::new();
    for (surface, install) in needing() {
        if let Some(error) = &install.refused {
            return Err(error.clone());
        }
        if let (OverrideStyle::WorkspaceOverrides, Some(settings)) = (install.reader.way, &install.settings) {
            refuse_uncopied(surface, settings, &install.not_copying(surface, SETTINGS))?;
        }
        warn(report, &install.advice(surface, made));
        doubts.extend(install.judged.doubts.iter().cloned());
        for note in &install.judged.notes {
            report(Event::Notice(Notice::ImageBuild { message: &note.message }));
        }
    }
    // One instruction may install with several package managers.
    let doubts = each_once(doubts);
    if strict && !doubts.is_empty() {
        return Err(Error::all(ErrorKind::Refused, doubts));
    }
    warn(report, &doubts);
    Ok(each_once(needing().flat_map(|(_, install)| install.judged.refusals.iter().cloned())))
}

impl SurfaceInstall {
    /// How the tarballs of the surface name each other, where they do.
    pub(crate) fn linking(&self, needs: &Needs) -> Option<Linking> {
        let InstallTarget { manager, way, .. } = &self.reader;
        link::linking(*way, manager, &self.layout, needs)
    }

    /// Whether each install of the surface, of which there is one, has a file of its folder beside the manifest.
    pub(crate) fn copies_always(&self, surface: &Surface, name: &str) -> bool {
        let mut installs =
            self.around.installs().map(|(_, one)| copies(&one.install, surface, name)).peekable();
        installs.peek().is_some() && installs.all(|copies| copies)
    }

    /// The Dockerfiles that install the surface without a file of its folder.
    fn not_copying(&self, surface: &Surface, name: &str) -> Vec<String> {
        let lacks = |(_, one): &(&ImageBuild, &BuildInstall)| !copies(&one.install, surface, name);
        let mut names: Vec<String> =
            self.around.installs().filter(lacks).map(|(build, _)| build.dockerfile.clone()).collect();
        names.dedup();
        names
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
        let own = self.around.installs().filter(|(_, one)| one.install.command.manager == manager.name);
        let mut installs: Vec<_> = own
            .map(|(build, one)| {
                let command = &one.install.command;
                advice::LockfileInstall {
                    dockerfile: &build.dockerfile,
                    line: one.install.place.line,
                    frozen: command.frozen,
                    ci: command.ci,
                    no_lockfile: command.no_lockfile,
                    copies_lockfile: copies(&one.install, surface, name),
                }
            })
            .collect();
        installs.dedup();
        let path = path::child(&surface.dir, name);
        if made { advice::unread(&path, &installs) } else { advice::advice(&path, manager, &installs) }
    }
}

/// Whether a file of the surface's folder lies beside its manifest when that is installed.
fn copies(install: &Install, surface: &Surface, name: &str) -> bool {
    let file = path::child(&surface.dir, name);
    install.reads(&surface.manifest_name).any(|(dir, _)| install.has(&join(dir, name), &file))
}
