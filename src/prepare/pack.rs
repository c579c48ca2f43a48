//! `docker-prep pack`: packages to tarballs, and nothing else.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use crate::build::{BuildMode, BuildOutput, Looking, command as build};
use crate::cancel::CancelToken;
use crate::deps_dir::{Cache, OutDir, Placed};
use crate::error::Result;
use crate::npm::Tarball;
use crate::prepare::packing;
use crate::prepare::packing::{PackedMembers, ProgressCounter, Sinks};
use crate::project::{Itself, ProjectPicture, Requested, local, read as project, surfaces, workspace};
use crate::report::{Event, Report, warn};
use crate::rewrite::{InstallTarget, closure};
use crate::threads::Threads;

/// What to pack, and where to.
#[derive(Clone, Debug, Default)]
pub(crate) struct PackOptions {
    /// These packages.
    pub(crate) packages: Vec<String>,
    /// Every package in scope.
    pub(crate) all: bool,
    /// The folder that gets the tarballs; made if it is not there.
    pub(crate) out: PathBuf,
    /// A missing file that a manifest names is a warning.
    pub(crate) allow_unbuilt: bool,
    /// Tell the tarballs' checksums too.
    pub(crate) checksums: bool,
    /// Have what has changed built first.
    pub(crate) build: Option<BuildOutput>,
}

/// Packs, and returns what was packed, by name.
///
/// # Errors
/// [`crate::error::ErrorKind::Packing`] naming every package that cannot be packed: then nothing is packed.
pub(crate) fn run(
    requested: &Requested,
    options: &PackOptions,
    cancel: &CancelToken,
    report: Report<'_>,
) -> Result<Vec<Tarball>> {
    let threads = Threads::new(requested.threads);
    let project = project::find(requested)?;
    let closure_only = !options.all && options.packages.is_empty();
    let itself = if closure_only { Itself::Never } else { Itself::IfItHolds(&options.packages) };
    let workspace = workspace::find(&project, requested, itself)?;
    let mut optional = BTreeSet::new();
    let members = if options.all {
        packing::all_members(&workspace, &project.scope, report)?
    } else if closure_only {
        let surfaces = surfaces::find(
            &project,
            requested,
            &ProjectPicture::read(&project, &requested.environment, None),
        )?;
        warn(report, &surfaces.notices);
        let reader = InstallTarget::pinned();
        let read: Vec<_> = surfaces.surfaces.iter().map(|surface| (surface, &reader)).collect();
        let local = local::find(&project, Some(&workspace), &surfaces.surfaces);
        let closure = closure::plan(&workspace, &project.scope, &read, &local)?;
        warn(report, &closure.warnings);
        warn(report, &closure.mismatches);
        optional = closure.optional();
        packing::named_members(&workspace, &closure.packages)?
    } else {
        packing::named_members(&workspace, &options.packages.iter().cloned().collect())?
    };
    let cache = Cache::of(requested, threads, report);
    let what = BuildMode::new(options.build, false);
    let looking =
        Looking { cache: cache.place(), what, environment: &requested.environment, threads, cancel };
    build::first(&workspace, &members, &looking, report)?;
    let memory = cache.memory(&workspace.root);
    let allow_unbuilt = options.allow_unbuilt;
    let packed = PackedMembers { workspace: &workspace, members: &members, output: &options.out };
    let contents = packing::contents(packed, &optional, allow_unbuilt, &memory, threads, report)?;
    let outputs = cache.outputs(&options.out);
    let mut out = OutDir::create(&options.out, &outputs)?;
    let there = |tarball: &Tarball| out.there(tarball);
    let open = cache.shelf(|| out.stage(), there);
    let tally = &ProgressCounter::new(report);
    let (folder, checksums) = (Some(out.path()), options.checksums);
    tally.expect(contents.iter().map(|contents| contents.weight()));
    let sinks = Sinks { cancel, threads, folder, memory: &memory, checksums, tally, open };
    let staged = packing::encode_all(&contents.iter().collect::<Vec<_>>(), &sinks)?;
    let (mut tarballs, mut written) = (Vec::<Tarball>::with_capacity(staged.len()), Vec::new());
    let mut names = HashSet::new();
    for (tarball, temp) in staged {
        // Two members that are the same to the last byte are one tarball.
        if !names.insert(tarball.filename.clone()) {
            continue;
        }
        let placed = out.place(temp, &tarball)?;
        report(Event::Packed { tarball: &tarball, unchanged: placed == Placed::AlreadyThere });
        if placed == Placed::Written {
            written.push(tarballs.len());
        }
        tarballs.push(tarball);
    }
    out.keep()?;
    let written: Vec<_> = written.into_iter().map(|place: usize| &tarballs[place]).collect();
    cache.keep(&workspace.root, &memory, &options.out, &outputs, &written);
    Ok(tarballs)
}
