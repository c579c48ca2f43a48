//! Finds out which package manager installs each surface, at which version, and why.

mod files;

use std::path::Path;
use std::sync::Arc;

use self::files::{ProjectLockfile, lockfiles, yarn_path};
use super::Project;
use super::picture::ProjectPicture;
use crate::error::{Problem, each_once};
use crate::image::package_manager::dockerfile as in_dockerfile;
use crate::image::{Detected, ImageBuild, ManagerSources, Name, PackageManager, field};
use crate::npm::{Manifest, WORKSPACE_FILE, Workspace};
use crate::project::config::CONFIG_FILE;
use crate::project::install_context::InstallContext;
use crate::project::requested::Requested;
use crate::project::surface::Surface;
use crate::text::json;

/// What lies around each surface, in their order: its package manager is the one that was asked for, else the one
/// that `packageManager` or `devEngines` of its manifest or the project's own name, else the one that its Dockerfile
/// installs it with, else the one whose lockfile lies there. Where nothing says which, it is the one that the
/// products pin.
pub(crate) fn surroundings(
    project: &Project,
    requested: &Requested,
    surfaces: &[Surface],
    picture: &ProjectPicture,
) -> Vec<InstallContext> {
    let site = ManagerDetection::read(project, requested, surfaces, picture);
    surfaces.iter().map(|surface| site.around(surface)).collect()
}

/// What is the same for all surfaces.
struct ManagerDetection<'a> {
    project: &'a Project,
    asked: Option<Detected>,
    root: RootFacts,
    picture: &'a ProjectPicture,
}

/// What the project's root says.
#[derive(Default)]
struct RootFacts {
    said: Vec<Detected>,
    warnings: Vec<Problem>,
    lockfiles: Vec<ProjectLockfile>,
}

impl<'a> ManagerDetection<'a> {
    fn read(
        project: &'a Project,
        requested: &Requested,
        surfaces: &[Surface],
        picture: &'a ProjectPicture,
    ) -> Self {
        let in_config = project.config.package_manager.clone();
        let asked = requested.package_manager.clone().or_else(|| {
            Some(Detected { manager: in_config?, reason: format!("{CONFIG_FILE}: package-manager") })
        });
        let is_surface = surfaces.iter().any(|surface| surface.dir.is_empty());
        let (said, warnings) = if is_surface { Default::default() } else { root_manifest(&project.root) };
        let root = RootFacts { said, warnings, lockfiles: lockfiles(&project.root, "") };
        Self { project, asked, root, picture }
    }

    fn around(&self, surface: &Surface) -> InstallContext {
        let mut warnings = self.picture.unreadable_dockerfiles(self.project);
        let (mut said, wrong) = field::named(&surface.manifest_name, &surface.manifest);
        warnings.extend(wrong);
        if !surface.dir.is_empty() {
            said.extend(self.root.said.iter().cloned());
            warnings.extend(self.root.warnings.iter().cloned());
        }
        let builds: Vec<(Arc<ImageBuild>, usize)> = self
            .picture
            .picture
            .installs_of(&surface.manifest_name)
            .map(|(build, number)| (Arc::clone(build), number))
            .collect();
        let mut in_image = Vec::new();
        let mut installed: Vec<Detected> = Vec::new();
        for (file, told) in self.told(surface, &builds) {
            let detected = |named: &in_dockerfile::NamedManager| Detected {
                manager: named.manager.clone(),
                reason: format!("{file} line {}", named.line),
            };
            installed.extend(told.named.as_ref().map(detected));
            in_image.extend(told.in_image.iter().map(detected));
        }
        installed.dedup();
        let beside = lockfiles(&self.project.root, &surface.dir);
        let locked = if beside.is_empty() { &self.root.lockfiles } else { &beside };
        let first = self.asked.iter().chain(&said).chain(&installed).next().map(|one| one.manager.name);
        let (lockfile, several) = files::choose(locked, first);
        warnings.extend(several);
        if first.or(lockfile.as_ref().map(|one| one.manager.name)) == Some(Name::Yarn)
            && let Some(release) = yarn_path(&self.project.root, &surface.dir)
        {
            // Yarn 1 starts the release that lies in the project.
            installed.retain(|one| one.manager.name != Name::Yarn || *one.manager.majors.end() > 1);
            said.push(release);
        }
        said.extend(installed);
        said.extend(lockfile);
        let (detected, disagreements) = ManagerSources { asked: self.asked.clone(), said, in_image }.decide();
        warnings.extend(disagreements);
        let names = |files: &[ProjectLockfile]| files.iter().map(|file| file.file_name.to_owned()).collect();
        let (lockfiles, root_lockfiles) = (names(&beside), names(&self.root.lockfiles));
        let unknown = self.picture.picture.unknown.first().map(|one| format!("{}: {}", one.place, one.why));
        InstallContext { detected, warnings, builds, unknown, lockfiles, root_lockfiles }
    }

    /// What the Dockerfiles say: those that install the surface, else those that only copy its manifest, which a script
    /// may install.
    fn told<'b>(
        &'b self,
        surface: &Surface,
        builds: &'b [(Arc<ImageBuild>, usize)],
    ) -> Vec<(&'b str, &'b in_dockerfile::ToldByDockerfile)> {
        if builds.is_empty() {
            let copies = |build: &&Arc<ImageBuild>| build.copied.contains(&surface.manifest_name);
            let builds = self.picture.picture.builds.iter().filter(copies);
            return builds.map(|build| (&*build.dockerfile, &build.told)).collect();
        }
        let told = |(build, number): &'b (Arc<ImageBuild>, usize)| {
            Some((&*build.dockerfile, &build.installs.get(*number)?.told))
        };
        builds.iter().filter_map(told).collect()
    }
}

/// What the manifest at a root says; it is no surface.
fn root_manifest(root: &Path) -> (Vec<Detected>, Vec<Problem>) {
    let name = "package.json";
    let path = root.join(name);
    if !path.is_file() {
        return Default::default();
    }
    let manifest = files::head(&path, u64::MAX)
        .map_err(|error| crate::error::io_cause(&error))
        .and_then(|text| json::parse_object(&text).map_err(|error| error.to_string()));
    match manifest {
        Ok(map) => field::named(name, &Manifest(map)),
        Err(why) => {
            let warning = Problem::new(format!("{name}: not read for a package manager: {why}"))
                .hint("correct it, or name the package manager, as in --package-manager pnpm@10.6.5");
            (Vec::new(), vec![warning])
        }
    }
}

/// The package manager that a root's manifest, or else its lockfile, names.
pub(super) fn at_root(root: &Path) -> Option<PackageManager> {
    let said = root_manifest(root).0.into_iter().next();
    said.or_else(|| files::choose(&lockfiles(root, ""), None).0).map(|detected| detected.manager)
}

/// The package manager of a workspace, found as that of a surface is, and what is doubtful of it. A
/// `pnpm-workspace.yaml` names pnpm; where nothing says which, it is npm, which reads `workspaces`.
pub(crate) fn of_workspace(workspace: &Workspace) -> (Detected, Vec<Problem>) {
    let root = &workspace.root;
    let (mut said, mut warnings) = root_manifest(root);
    let named = |name, reason: &str| Detected {
        manager: PackageManager::of_any_version(name),
        reason: reason.to_owned(),
    };
    if workspace.is_pnpm {
        said.push(named(Name::Pnpm, WORKSPACE_FILE));
    }
    let first = said.first().map(|one| one.manager.name);
    let (lockfile, several) = files::choose(&lockfiles(root, ""), first);
    warnings.extend(several);
    if first.or(lockfile.as_ref().map(|one| one.manager.name)) == Some(Name::Yarn) {
        said.extend(yarn_path(root, ""));
    }
    said.extend(lockfile);
    if said.is_empty() {
        said.push(named(Name::Npm, "package.json: workspaces"));
    }
    let (detected, disagreements) = ManagerSources { said, ..ManagerSources::default() }.decide();
    warnings.extend(disagreements);
    (detected, warnings)
}

/// The warnings of all surfaces, each once.
pub(crate) fn warnings<'a>(all: impl IntoIterator<Item = &'a InstallContext>) -> Vec<Problem> {
    each_once(all.into_iter().flat_map(|around| around.warnings.iter().cloned()))
}
