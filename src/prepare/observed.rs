//! What is read of a project, its surfaces and its workspace before anything is packed, and the plan that follows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::install::SurfaceInstall;
use super::linked::PackedTarballs;
use super::packing::Sinks;
use super::plan::PreparePlan;
use super::{install, linked, offline, packing, settings};
use crate::build::{BuildState, BuiltPackage, Looking, command as build};
use crate::cache::Memory;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::npm::{Contents, Encoded, Tarball, TarballSink, Workspace};
use crate::prepare::call::PrepareOptions;
use crate::prepare::packing::PackedMembers;
use crate::project::{
    Itself, LocalPackages, Originals, Project, ProjectPicture, Requested, Surface, local, surfaces, workspace,
};
use crate::report::{Event, Notice, Report, warn};
use crate::rewrite::{Closure, Linking, OwnPackage, WorkspaceOverrides, closure, files, rewritten};
use crate::source::Decision;
use crate::text::path;

/// What the surfaces need, before a package is looked into.
pub(crate) struct Needed {
    pub(crate) surfaces: Vec<Surface>,
    /// `None` where there is no surface.
    pub(crate) workspace: Option<Workspace>,
    /// What the surfaces take from the disk.
    pub(crate) local: LocalPackages,
    pub(crate) closure: Closure,
    /// By surface.
    pub(crate) installs: Vec<SurfaceInstall>,
}

/// Everything that was read before the first byte is packed.
pub(crate) struct Observed {
    project: Project,
    pub(crate) needed: Needed,
    /// Of each package of the closure, in its order.
    contents: Vec<Contents>,
    /// What is known of the workspace's packages.
    pub(crate) memory: Memory,
    /// Why the image builds are certain to fail.
    refusals: Vec<Problem>,
    /// What `--build` did.
    pub(crate) built: Option<Vec<BuiltPackage>>,
}

impl Needed {
    /// Finds the workspace, and follows the surfaces' dependencies through it. `lockfile`: one is made that fits.
    pub(crate) fn find(
        project: &Project,
        picture: &ProjectPicture,
        surfaces: Vec<Surface>,
        originals: &Originals,
        requested: &Requested,
        lockfile: bool,
    ) -> Result<Self> {
        if surfaces.is_empty() {
            let (closure, installs) = (Closure::default(), Vec::new());
            let local = LocalPackages::default();
            return Ok(Self { surfaces, workspace: None, local, closure, installs });
        }
        let workspace = workspace::find(project, requested, Itself::Never)?;
        let surfaces = if requested.surfaces.is_empty() && project.config.surfaces.is_empty() {
            outside_of(&workspace, project, surfaces)
        } else {
            surfaces
        };
        let mut surfaces = surfaces;
        let mut installs = install::find(project, picture, requested, &surfaces, lockfile, originals)?;
        if add_roots(project, &mut surfaces, &installs, originals)? {
            installs = install::find(project, picture, requested, &surfaces, lockfile, originals)?;
        }
        let readers: Vec<_> = surfaces.iter().zip(installs.iter().map(|install| &install.reader)).collect();
        let local = local::find(project, Some(&workspace), &surfaces);
        let mut closure = closure::plan(&workspace, &project.scope, &readers, &local)?;
        for (member, install) in installs.iter().enumerate() {
            let root = install.root_manifest.as_ref();
            let is_root = |surface: &Surface| Some(&surface.manifest_name) == root;
            if let Some(root) = surfaces.iter().position(is_root).filter(|root| *root != member) {
                let needs = closure.surfaces[member].clone();
                closure.surfaces[root].hold_overrides_of(&needs);
            }
        }
        Ok(Self { surfaces, workspace: Some(workspace), local, closure, installs })
    }

    /// Says what is doubtful of them, refuses what cannot be prepared, has packages built where that is asked for, and
    /// looks into each.
    pub(crate) fn observe(
        self,
        project: &Project,
        options: &PrepareOptions,
        looking: &Looking<'_>,
        report: Report<'_>,
    ) -> Result<Observed> {
        let mut memory = Memory::default();
        let Self { surfaces, workspace, closure, installs, .. } = &self;
        let (mut contents, mut built, mut refusals) = (Vec::new(), None, Vec::new());
        if let Some(workspace) = workspace {
            if options.strict && !closure.mismatches.is_empty() {
                return Err(Error::all(ErrorKind::Refused, closure.mismatches.clone()));
            }
            for OwnPackage { manifest, package, folder } in &closure.own {
                report(Event::Notice(Notice::OwnPackage { manifest, package, folder }));
            }
            warn(report, &closure.warnings);
            warn(report, &closure.mismatches);
            refusals = install::check(
                surfaces,
                installs,
                &closure.surfaces,
                project.is_offline,
                options.lockfile,
                options.strict,
                report,
            )?;
            settings::check(project, &self, options.strict, report)?;
            let members = packing::named_members(workspace, &closure.packages)?;
            built = build::first(workspace, &members, looking, report)?;
            // What would be built first may be missing now.
            let unbuilt = built.iter().flatten().any(|built| built.state == BuildState::Planned);
            memory = Memory::of(looking.cache, &workspace.root);
            let allow_unbuilt = options.allow_unbuilt || unbuilt;
            let optional = closure.optional();
            let threads = looking.threads;
            let output = project.root.join(&project.deps_dir);
            let packed = PackedMembers { workspace, members: &members, output: &output };
            contents = packing::contents(packed, &optional, allow_unbuilt, &memory, threads, report)?;
        }
        Ok(Observed { project: project.clone(), needed: self, contents, memory, refusals, built })
    }
}

/// Adds the roots of workspaces whose manifests must hold the overrides of members; whether there are any.
fn add_roots(
    project: &Project,
    surfaces: &mut Vec<Surface>,
    installs: &[SurfaceInstall],
    originals: &Originals,
) -> Result<bool> {
    let named: BTreeSet<&String> =
        installs.iter().filter_map(|install| install.root_manifest.as_ref()).collect();
    let mut added = Vec::new();
    for name in named {
        if surfaces.iter().any(|surface| surface.manifest_name == *name) {
            continue;
        }
        added.extend(surfaces::read(project, path::parent(name))?);
    }
    surfaces::substitute(&mut added, originals)?;
    let are_any = !added.is_empty();
    surfaces.extend(added);
    surfaces.sort_by(|one, other| one.dir.cmp(&other.dir));
    Ok(are_any)
}

/// The surfaces that are not packages of a workspace that lies inside the project.
fn outside_of(workspace: &Workspace, project: &Project, surfaces: Vec<Surface>) -> Vec<Surface> {
    if workspace.root == project.root || !workspace.root.starts_with(&project.root) {
        return surfaces;
    }
    surfaces.into_iter().filter(|surface| !surface.manifest_path.starts_with(&workspace.root)).collect()
}

impl Observed {
    /// Whether there is nothing to pack.
    pub(crate) fn is_empty(&self) -> bool {
        self.needed.closure.packages.is_empty() && !self.project.is_offline
    }

    /// Refuses what is certain to fail.
    pub(crate) fn refuse(&self) -> Result<()> {
        if self.refusals.is_empty() {
            Ok(())
        } else {
            Err(Error::all(ErrorKind::Refused, self.refusals.clone()))
        }
    }

    /// Packs what the surfaces need.
    pub(crate) fn pack<F: TarballSink>(&self, sinks: &Sinks<'_, F>) -> Result<(PackedTarballs, Encoded<F>)> {
        let closure = &self.needed.closure;
        let packages = self.contents_by_name();
        let closures = closure.surfaces.iter().map(|needs| &needs.closure);
        let linkings = self.linkings();
        let surfaces: Vec<_> = linkings.iter().map(Option::as_ref).zip(closures).collect();
        linked::pack(&packages, &surfaces, &self.project.scope, sinks)
    }

    /// Those of the closure, by name.
    pub(super) fn contents_by_name(&self) -> BTreeMap<&str, &Contents> {
        self.needed.closure.packages.iter().map(String::as_str).zip(&self.contents).collect()
    }

    /// By surface.
    fn linkings(&self) -> Vec<Option<Linking>> {
        let Needed { surfaces, closure, installs, .. } = &self.needed;
        let surfaces = surfaces.iter().zip(&closure.surfaces).zip(installs);
        surfaces.map(|((_, needs), install)| install.linking(needs)).collect()
    }

    /// The plan, once the tarballs' names are known; `tarballs` are all of them.
    pub(crate) fn plan(
        &self,
        source: Decision,
        packed: &PackedTarballs,
        tarballs: Vec<Tarball>,
    ) -> Result<PreparePlan> {
        let Needed { surfaces, closure, installs, workspace, .. } = &self.needed;
        let mut plan = PreparePlan::untouched(&self.project, source);
        plan.workspace = workspace.as_ref().map(|workspace| workspace.root.clone());
        plan.tarballs = tarballs;
        plan.built.clone_from(&self.built);
        plan.refusals.clone_from(&self.refusals);
        let linkings = self.linkings();
        for (number, (((surface, needs), install), linking)) in
            surfaces.iter().zip(&closure.surfaces).zip(installs).zip(&linkings).enumerate()
        {
            let offline = packed.offline_of(number);
            if needs.closure.is_empty() && !self.project.is_offline {
                continue;
            }
            let tarballs = offline.map_or_else(|| packed.of(linking.as_ref()), |offline| &offline.ours);
            let (manager, reader) = (&install.around.detected, &install.reader);
            let third_parties = offline.map(|offline| &offline.third_parties);
            let rewritten =
                rewritten(surface, manager, reader, needs, tarballs, third_parties, &install.layout)?;
            if let Some(settings) = &install.settings
                && !rewritten.workspace.is_empty()
            {
                let WorkspaceOverrides { set, removed } = &rewritten.workspace;
                plan.files.extend(files::settings_change(settings, set, removed)?);
            }
            if let (Some(settings), Some(offline)) = (&install.settings, offline) {
                offline::allow_builds(&mut plan.files, settings, reader, &install.layout, offline)?;
            }
            let builds = install.around.builds.iter().map(|(build, _)| Arc::clone(build));
            let mut builds: Vec<_> = builds.collect();
            builds.dedup_by(|one, other| Arc::ptr_eq(one, other));
            plan.builds.insert(surface.manifest_name.clone(), builds);
            let is_needed = |tarball: &&Tarball| needs.closure.contains(&tarball.name);
            let others = offline.map_or(&[][..], |offline| &offline.others);
            let needed = tarballs.iter().filter(is_needed).chain(others);
            let needed = needed.map(|tarball| tarball.filename.clone()).collect();
            plan.resolved.extend(offline.map(|one| (surface.manifest_name.clone(), one.resolved.clone())));
            plan.third_parties.extend(others.iter().map(|tarball| tarball.filename.clone()));
            plan.needs.insert(surface.manifest_name.clone(), needed);
            plan.rewrites.push(rewritten);
        }
        Ok(plan)
    }
}
