//! `docker-prep show`: what was understood of the image builds, of what they install, and of what that needs.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use super::observed::Needed;
use super::unprepared;
use super::unprepared::UnpreparedProject;
use crate::error::{Problem, Result};
use crate::image::{
    BuildDefinition, BuildInstall, Detected, DockerfileSource, ImageBuild, ImageSources, LOCKFILES, Picture,
    Place, UnknownDefinition,
};
use crate::npm::{DEPENDENCY_FIELDS, specifier};
use crate::project::{InstallContext, Project, Requested, Surface, package_manager};
use crate::registry::{Usable, settings, usable};
use crate::report::Report;
use crate::rewrite::Needs;
use crate::text::path;

/// All that was understood.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The project's root.
    pub(crate) project: PathBuf,
    /// Where the packages come from, where one is found.
    pub(crate) workspace: Option<PathBuf>,
    /// Why it cannot be told which packages the surfaces need.
    pub(crate) without_packages: Vec<Problem>,
    /// In the order of the picture.
    pub(crate) builds: Vec<ShownBuild>,
    /// Builds that something defines, but of which the Dockerfile is not read: where, and why.
    pub(crate) unread: Vec<(String, String)>,
    /// Sorted by folder.
    pub(crate) surfaces: Vec<ShownSurface>,
    /// Manifests that depend on packages in scope and that no build installs.
    pub(crate) uninstalled: Vec<String>,
    /// What could not be read or understood.
    pub(crate) unknown: Vec<UnknownDefinition>,
}

/// One image build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShownBuild {
    /// As it was understood.
    pub(crate) build: Arc<ImageBuild>,
    /// The pattern that hides the deps dir from it, where one does.
    pub(crate) hiding: Option<(Place, String)>,
    /// What is known besides of each of its installs, in their order.
    pub(crate) installs: Vec<ShownInstall>,
}

/// What an install finds in the image besides manifests and tarballs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ShownInstall {
    /// Lockfiles beside the manifests: the path in the image, and the file of the project.
    pub(crate) lockfiles: Vec<(String, String)>,
    /// With what it may reach a registry.
    pub(crate) usable: Usable,
    /// Which registries its settings name, each once.
    pub(crate) registries: Vec<ShownRegistry>,
}

/// The registry of a package in scope, as the settings of an install name it; no address, since that may hold the value
/// of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShownRegistry {
    /// The package that was looked up in the settings; nobody was asked for it.
    pub(crate) package: String,
    /// What names the registry, or why none is known.
    pub(crate) named_by: Result<String, Problem>,
    /// What holds the token, or why there is none; nothing where the settings name none.
    pub(crate) token: Option<Result<String, String>>,
}

/// One surface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShownSurface {
    /// Its manifest, from the project's root.
    pub(crate) manifest: String,
    /// What installs it, and why.
    pub(crate) detected: Detected,
    /// The builds that install it, by their places in the list.
    pub(crate) builds: BTreeSet<usize>,
    /// The lockfiles beside it, or else at the project's root.
    pub(crate) lockfiles: Vec<String>,
    /// What it needs, in scope; `None` where no workspace tells it.
    pub(crate) packages: Option<BTreeSet<String>>,
    /// Who names which of these packages; `None` is the surface itself.
    pub(crate) edges: BTreeSet<(Option<String>, String)>,
}

/// Reads the project, and tells what `prepare` would go by; those builds count that a command builds. A prepared
/// project is read as it was before.
///
/// # Errors
/// All that finding the project and its surfaces meets with. That no workspace is found is none.
pub(crate) fn show(requested: &Requested, command: Option<&[OsString]>, report: Report<'_>) -> Result<Shown> {
    let UnpreparedProject { project, picture, surfaces, originals } =
        unprepared::read(requested, command, report)?;
    let needed = Needed::find(&project, &picture, surfaces.clone(), &originals, requested, false);
    let (surfaces, around, needs, workspace, without_packages) = match needed {
        Ok(Needed { surfaces, installs, closure, workspace, .. }) => {
            let around = installs.into_iter().map(|install| install.around).collect();
            (surfaces, around, closure.surfaces, workspace.map(|workspace| workspace.root), Vec::new())
        }
        Err(error) => {
            let around = package_manager::surroundings(&project, requested, &surfaces, &picture);
            (surfaces, around, Vec::new(), None, error.problems)
        }
    };
    let mut builds = shown_builds(&picture.picture, &picture.sources);
    for (surface, around) in surfaces.iter().zip(&around) {
        add_registries(&mut builds, &project, requested, surface, around);
    }
    let shown_surfaces = surfaces.iter().zip(&around).enumerate().map(|(number, (surface, around))| {
        shown_surface(surface, around, needs.get(number), &picture.picture)
    });
    Ok(Shown {
        workspace,
        without_packages,
        surfaces: shown_surfaces.collect(),
        builds,
        unread: unread(&picture.picture, &picture.sources),
        uninstalled: picture.uninstalled(&project),
        unknown: picture.picture.unknown.clone(),
        project: project.root,
    })
}

/// The builds of a picture; of registries nothing is known yet.
pub(crate) fn shown_builds(picture: &Picture, sources: &ImageSources) -> Vec<ShownBuild> {
    let shown = |build: &Arc<ImageBuild>| {
        let hiding = build.hides_deps_dir.as_ref().map(|place| {
            let lines = sources.ignores.get(&place.file).map(|text| text.lines());
            let line = lines.and_then(|mut lines| lines.nth(place.line.saturating_sub(1)));
            (place.clone(), line.unwrap_or_default().trim().to_owned())
        });
        let installs = build.installs.iter().map(shown_install).collect();
        ShownBuild { build: Arc::clone(build), hiding, installs }
    };
    picture.builds.iter().map(shown).collect()
}

fn shown_install(one: &BuildInstall) -> ShownInstall {
    let is_lockfile = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        LOCKFILES.iter().any(|(lockfile, _)| *lockfile == name)
    };
    let pairs = |(path, files): (&String, &BTreeSet<String>)| {
        files.iter().map(|file| (path.clone(), file.clone())).collect::<Vec<_>>()
    };
    let lockfiles = one.install.files.iter().filter(|(path, _)| is_lockfile(path)).flat_map(pairs).collect();
    ShownInstall { lockfiles, usable: usable(&one.install), registries: Vec::new() }
}

/// Adds which registry the installs of a surface would take packages from.
fn add_registries(
    builds: &mut [ShownBuild],
    project: &Project,
    requested: &Requested,
    surface: &Surface,
    around: &InstallContext,
) {
    let Some(package) = in_scope(project, surface) else { return };
    for shown in builds {
        let build = Arc::clone(&shown.build);
        for (one, told) in build.installs.iter().zip(&mut shown.installs) {
            let reads = one.install.reads(&surface.manifest_name).next().is_some();
            if !reads || !one.install.is_built {
                continue;
            }
            let of = Some((&*build, one));
            let settings = settings::read(project, surface, around, of, &requested.environment);
            let found = match settings.lacking() {
                Some(why) => Err(Problem::new(why)),
                None => settings.registry(&package),
            };
            let (named_by, token) = match found {
                Ok(registry) => {
                    let held = registry.credential.map(|credential| Ok(credential.named_by));
                    (Ok(registry.named_by), held.or(registry.unset.map(Err)))
                }
                Err(problem) => (Err(problem), None),
            };
            let is_same = |known: &ShownRegistry| known.named_by == named_by && known.token == token;
            if !told.registries.iter().any(is_same) {
                let package = package.clone();
                told.registries.push(ShownRegistry { package, named_by, token });
            }
        }
    }
}

/// A package in scope that a surface depends on.
fn in_scope(project: &Project, surface: &Surface) -> Option<String> {
    let mut all = DEPENDENCY_FIELDS.iter().flat_map(|field| surface.manifest.dependencies(field));
    all.find_map(|(key, spec)| {
        let name = specifier::parse(key, spec).name;
        [name, key.to_owned()].into_iter().find(|name| project.scope.contains(name))
    })
}

fn shown_surface(
    surface: &Surface,
    around: &InstallContext,
    needs: Option<&Needs>,
    picture: &Picture,
) -> ShownSurface {
    let is_of = |build: &Arc<ImageBuild>| around.builds.iter().any(|(of, _)| Arc::ptr_eq(build, of));
    let builds = picture.builds.iter().enumerate().filter(|(_, build)| is_of(build));
    let beside = if around.lockfiles.is_empty() {
        around.root_lockfiles.clone()
    } else {
        around.lockfiles.iter().map(|name| path::child(&surface.dir, name)).collect()
    };
    let edges = needs.into_iter().flat_map(|needs| {
        let packs = |name: &String| needs.closure.contains(name);
        let edges = needs.edges.iter().filter(move |edge| packs(&edge.to));
        edges.map(|edge| (edge.from.clone(), edge.to.clone()))
    });
    ShownSurface {
        manifest: surface.manifest_name.clone(),
        detected: around.detected.clone(),
        builds: builds.map(|(number, _)| number).collect(),
        lockfiles: beside,
        packages: needs.map(|needs| needs.closure.clone()),
        edges: edges.collect(),
    }
}

/// The builds that are defined and that the picture lacks.
fn unread(picture: &Picture, sources: &ImageSources) -> Vec<(String, String)> {
    let drawn: BTreeSet<(&Place, &str)> =
        picture.builds.iter().map(|build| (&build.definition.place, &*build.definition.name)).collect();
    let is_drawn = |one: &BuildDefinition| drawn.contains(&(&one.place, &*one.name));
    let missing = sources.definitions.builds.iter().filter(|one| !is_drawn(one));
    let told = missing.map(|one| {
        let why = match &one.dockerfile {
            DockerfileSource::Project(name) => format!("{name} is not there, or cannot be read"),
            DockerfileSource::Elsewhere(name) => format!("{name} is no Dockerfile of the project"),
            DockerfileSource::Inline { .. } => "its Dockerfile cannot be read".to_owned(),
        };
        let name = if one.name.is_empty() { String::new() } else { format!(" ({})", one.name) };
        (format!("{}{name}", one.place), why)
    });
    told.collect()
}
