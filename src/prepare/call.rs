//! `docker-prep prepare`: pack what the surfaces need, then rewrite their manifests.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use super::linked::PackedTarballs;
use super::observed::{Needed, Observed};
use super::offline;
use super::packing::{ProgressCounter, Sinks};
use super::plan::PreparePlan;
use crate::build::{BuildMode, BuildOutput, Looking};
use crate::cache::Outputs;
use crate::cancel::CancelToken;
use crate::deps_dir::{Cache, DepsDir, Placed, StagedTarball, apply as deps_dir};
use crate::error::{Error, ErrorKind, Result};
use crate::lockfile::{LockfileTarball, command as lockfile};
use crate::npm::{Encoded, NamesOnly, Tarball, TarballSink};
use crate::prepare::source;
use crate::project::{
    FileKind, Originals, PackageSource, Project, ProjectPath, ProjectPicture, Requested, Surface,
    read as project, scope, surfaces,
};
use crate::report::{Event, Report, warn};
use crate::source::Decision;
use crate::text::quoted;
use crate::threads::Threads;
use crate::transaction::{
    Backup, DepsDirNote, FileState, Lock, Now, Phase, Prepared, ProjectState, Transaction, lock,
    read as state, tree,
};

use crate::rewrite::FileChange;

/// How to prepare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PrepareOptions {
    /// Restore first where the project is prepared already.
    pub(crate) force: bool,
    /// Leave what was done when an error or a signal ends it.
    pub(crate) keep: bool,
    /// A version that the workspace does not have is an error.
    pub(crate) strict: bool,
    /// A missing file that a manifest names is a warning.
    pub(crate) allow_unbuilt: bool,
    /// Tell the tarballs' checksums too.
    pub(crate) checksums: bool,
    /// Have a lockfile made for each prepared surface.
    pub(crate) lockfile: bool,
    /// Have what has changed built first.
    pub(crate) build: Option<BuildOutput>,
}

/// The new text of the `pnpm-workspace.yaml` beside a surface, if it gets one.
pub(super) fn settings<'a>(files: &'a [FileChange], surface: &Surface) -> Option<&'a str> {
    let beside = |file: &&FileChange| {
        file.kind == FileKind::Settings && file.path.parent() == surface.manifest_path.parent()
    };
    files.iter().find(beside).map(|file| file.after.as_str())
}

/// What `prepare` would do; changes nothing. With `force`, a prepared project is planned from its originals.
///
/// # Errors
/// All that `prepare` would meet with before it changes anything.
pub(crate) fn plan(
    requested: &Requested,
    options: &PrepareOptions,
    command: Option<&[OsString]>,
    cancel: &CancelToken,
    report: Report<'_>,
) -> Result<PreparePlan> {
    let call = Call::for_command(requested, options, command, cancel, report)?;
    call.plan(&call.project.deps_path())
}

/// Prepares the project, and tells the plan that it carried out.
///
/// # Errors
/// [`ErrorKind::Refused`] where it is prepared already; [`ErrorKind::Packing`] naming every package that cannot be packed; that
/// of `tell`, whom nobody may have heard. The tree is then as it was, unless [`PrepareOptions::keep`].
pub(crate) fn run(
    requested: &Requested,
    options: &PrepareOptions,
    cancel: &CancelToken,
    report: Report<'_>,
    tell: &dyn Fn(&PreparePlan) -> Result<()>,
) -> Result<()> {
    let call = Call::new(requested, options, cancel, report)?;
    let lock = call.lock()?;
    let (plan, prepared) = call.prepare(&lock, Phase::Prepared, None)?;
    match (tell(&plan), prepared) {
        (Err(error), Some(prepared)) if options.keep => {
            prepared.keep();
            return Err(error.hint("the project is left prepared; to put it back, type: docker-prep restore"));
        }
        (Err(error), Some(prepared)) => return Err(prepared.undo(error)),
        (told, prepared) => {
            keep(prepared);
            told?;
        }
    }
    lock.release()
}

/// A command of `run` by its first words: behind those may stand what is nobody's business.
fn named(command: &[OsString]) -> String {
    first_words(command).into_iter().fold("run".to_owned(), |named, word| format!("{named} {word}"))
}

fn first_words(command: &[OsString]) -> Vec<String> {
    const MOST: usize = 3;
    let words = command.iter().map(|word| word.to_string_lossy().into_owned());
    let is_plain = |word: &String| !word.starts_with('-') && !word.contains(['=', ':', '@']);
    words.take_while(is_plain).take(MOST).collect()
}

/// The call of `run` that restores first, with the first words of its command.
fn forced(command: &[OsString]) -> String {
    let first = first_words(command);
    let more = if first.len() < command.len() { " …" } else { "" };
    let words: Vec<String> = first.iter().map(|word| quoted(word.as_bytes())).collect();
    format!("docker-prep run --force -- {}{more}", words.join(" "))
}

/// Leaves the project prepared.
pub(crate) fn keep(prepared: Option<Prepared<'_>>) {
    if let Some(prepared) = prepared {
        prepared.keep();
    }
}

/// A project, and what is asked for: all that a dry run and a real one share.
pub(crate) struct Call<'a> {
    pub(crate) project: Project,
    /// Of its image builds.
    pub(crate) picture: ProjectPicture,
    /// What the program was called for, as people would say it.
    command: String,
    /// The call as it is typed to restore a prepared project first.
    forced: String,
    pub(super) requested: &'a Requested,
    options: &'a PrepareOptions,
    /// Whether a prepared project is read as it will be once it is restored, though it stays prepared.
    reads_originals: bool,
    pub(super) cancel: &'a CancelToken,
    pub(crate) threads: Threads,
    pub(super) report: Report<'a>,
}

impl<'a> Call<'a> {
    /// Finds the project.
    pub(crate) fn new(
        requested: &'a Requested,
        options: &'a PrepareOptions,
        cancel: &'a CancelToken,
        report: Report<'a>,
    ) -> Result<Self> {
        Self::for_command(requested, options, None, cancel, report)
    }

    /// The same before a command is run, whose image builds are those that count.
    pub(crate) fn for_command(
        requested: &'a Requested,
        options: &'a PrepareOptions,
        command: Option<&[OsString]>,
        cancel: &'a CancelToken,
        report: Report<'a>,
    ) -> Result<Self> {
        let project = project::find(requested)?;
        let picture = ProjectPicture::read(&project, &requested.environment, command);
        Ok(Self {
            project,
            picture,
            command: command.map_or_else(|| "prepare".to_owned(), named),
            forced: command.map_or_else(|| "docker-prep prepare --force".to_owned(), forced),
            requested,
            options,
            reads_originals: false,
            cancel,
            threads: Threads::new(requested.threads),
            report,
        })
    }

    /// Reads the surfaces, refuses what is in the way, and decides where packages come from. A project that will be put
    /// back first is read as it will be then.
    fn choose(&self) -> Result<(Decision, Option<Needed>)> {
        let Self { project, picture, requested, options, report, .. } = self;
        let mut found = surfaces::find(project, requested, picture)?;
        let standing = state::read(&project.state_dir, &project.root, &[])?.standing;
        let mut originals = Originals::new();
        match standing.observed() {
            Some(observed) if options.force || self.reads_originals || tree::repairs_itself(&standing) => {
                originals = state::originals(&project.state_dir, &project.root, observed);
                surfaces::substitute(&mut found.surfaces, &originals)?;
            }
            _ => tree::refuse_unless_clean(project, &standing, &self.forced)?,
        }
        let moved_back =
            if options.force { tree::leftovers(project, &found.surfaces) } else { BTreeMap::new() };
        surfaces::substitute(&mut found.surfaces, &moved_back)?;
        let stays = |surface: &&Surface| !moved_back.contains_key(&surface.manifest_path);
        let others: Vec<Surface> = found.surfaces.iter().filter(stays).cloned().collect();
        tree::refuse_leftovers(project, &others, &standing)?;
        deps_dir::look(&project.deps_path())?;
        warn(*report, &found.notices);
        if !found.surfaces.is_empty() {
            picture.tell_unknown(*report);
        }
        let has_several_globs = project.scope_by.is_some() && project.scope.globs().nth(1).is_some();
        if found.surfaces.is_empty() || has_several_globs {
            warn(*report, &scope::check(project, requested, picture)?);
        }
        let chosen = source::choose(
            project,
            picture,
            found.surfaces,
            &originals,
            requested,
            options,
            self.cancel,
            *report,
        )?;
        if project.is_offline && chosen.needed.is_none() {
            let message =
                format!("--offline: packages in scope come from the registry ({})", chosen.decision.reason);
            let hint = "leave out --offline, or take them from the workspace: --source workspace";
            return Err(Error::new(ErrorKind::Usage, message).hint(hint));
        }
        Ok((chosen.decision, chosen.needed))
    }

    /// Looks into the packages that are needed; a real run has them built first where that is asked for.
    fn look_into(&self, needed: Needed, cache: &Cache<'_>, is_dry: bool) -> Result<Observed> {
        let looking = Looking {
            cache: cache.place(),
            what: BuildMode::new(self.options.build, is_dry),
            environment: &self.requested.environment,
            threads: self.threads,
            cancel: self.cancel,
        };
        needed.observe(&self.project, self.options, &looking, self.report)
    }

    pub(super) fn sinks<'s, F>(
        &'s self,
        observed: &'s Observed,
        open: F,
        folder: Option<&'s Path>,
        tally: &'s ProgressCounter<'s>,
    ) -> Sinks<'s, F> {
        let (memory, checksums) = (&observed.memory, self.options.checksums);
        Sinks { cancel: self.cancel, threads: self.threads, folder, memory, checksums, tally, open }
    }
}

/// The part that holds the project's lock, so that nobody else changes it meanwhile.
impl Call<'_> {
    /// Takes the lock.
    pub(crate) fn lock(&self) -> Result<Lock> {
        Lock::acquire(&self.project.state_dir)
    }

    /// Prepares the project; nothing is rewritten where no surface needs a package. `until` is what the journal says
    /// then. Where a plan was promised, nothing else is written than what it says.
    pub(crate) fn prepare<'lock>(
        &self,
        lock: &'lock Lock,
        until: Phase,
        promised: Option<&PreparePlan>,
    ) -> Result<(PreparePlan, Option<Prepared<'lock>>)> {
        let Self { project, requested, options, report, .. } = self;
        refuse_build_of_plain_folder(project, options)?;
        let put_back = || tree::make_clean(project, lock, options.force, &self.forced, *report);
        // What cannot be prepared anew stays prepared: that is found out before anything is restored.
        let stays_at_first = options.force && self.comes_back_as_it_was()?;
        if !stays_at_first {
            put_back()?;
        }
        let (decision, needed) = self.choose()?;
        source::summarize(&decision, &requested.environment, *report);
        let cache = Cache::of(requested, self.threads, *report);
        let observed = needed.map(|needed| self.look_into(needed, &cache, false)).transpose()?;
        observed.as_ref().map_or(Ok(()), Observed::refuse)?;
        if stays_at_first {
            put_back()?;
        }
        if options.force {
            let surfaces = surfaces::find(project, requested, &self.picture)?.surfaces;
            tree::move_leftovers_back(project, lock, &surfaces, *report)?;
        }
        let Some(observed) = observed else {
            let plan = PreparePlan::untouched(project, decision);
            plan.refuse_unless(promised)?;
            lock.leave_note(&plan.source.to_json())?;
            return Ok((plan, None));
        };
        if observed.is_empty() {
            let plan = observed.plan(decision, &PackedTarballs::default(), Vec::new())?;
            plan.refuse_unless(promised)?;
            return Ok((plan, None));
        }
        let (plan, prepared) = self.apply(lock, &observed, decision, &cache, until, promised)?;
        Ok((plan, Some(prepared)))
    }

    /// Whether the project is prepared, and restoring it will give the originals and nothing else: there is no edit to
    /// be kept, and no lockfile that tells of another package manager than the original ones.
    fn comes_back_as_it_was(&self) -> Result<bool> {
        let Project { state_dir, root, .. } = &self.project;
        let standing = state::read(state_dir, root, &[])?.standing;
        let ProjectState::Prepared(observed) = &standing else { return Ok(false) };
        let is_known = |file: &FileState| {
            matches!(file.now, Now::Original | Now::Rewritten)
                && file.backup != Backup::Foreign
                && FileKind::of(file.entry.path.file_name()) != Some(FileKind::Lockfile)
        };
        let originals = state::originals(state_dir, root, observed);
        Ok(observed.files.iter().all(is_known) && originals.len() == observed.files.len())
    }

    fn apply<'lock>(
        &self,
        lock: &'lock Lock,
        observed: &Observed,
        decision: Decision,
        cache: &Cache<'_>,
        until: Phase,
        promised: Option<&PreparePlan>,
    ) -> Result<(PreparePlan, Prepared<'lock>)> {
        let Self { project, options, cancel, .. } = self;
        let outputs = Arc::new(cache.outputs(&project.deps_path()));
        let deps = DepsDir::open(&project.root, &project.deps_path(), &project.state_dir)?;
        let mut deps = deps.knowing(Arc::clone(&outputs));
        let (mut plan, temps) = self.pack(observed, decision, cache, &deps)?;
        plan.refuse_unless(promised)?;
        let path = ProjectPath::try_from(project.deps_dir.clone())
            .map_err(|why| Error::new(ErrorKind::Usage, why))?;
        let note = DepsDirNote { path, existed: deps.existed() };
        let was_open = plan.source.asked == PackageSource::Auto;
        let transaction = Transaction::begin(lock, &project.root, note, plan.changes()?)?
            .noting(&self.command, was_open.then(|| plan.source.clone()))
            .on(if project.is_in_git { state::history::head(&project.root) } else { None });
        self.put(&mut plan, temps, &mut deps)?;
        let prepared = match transaction.apply(until, options.keep, &|| cancel.check()) {
            Ok(prepared) => prepared,
            Err(error) => {
                if options.keep {
                    deps.keep();
                }
                return Err(error);
            }
        };
        plan.stale = deps.sweep(&plan.filenames())?;
        cancel.check()?;
        deps.keep();
        self.remember(&plan, observed, cache, &project.deps_path(), &outputs);
        Ok((plan, prepared))
    }
}

/// What packing for a prepared project and for an isolated build has in common.
impl Call<'_> {
    /// Packs into a folder, where nothing has its name yet, and plans, with the lockfiles that were asked for.
    fn pack(
        &self,
        observed: &Observed,
        decision: Decision,
        cache: &Cache<'_>,
        deps: &DepsDir,
    ) -> Result<(PreparePlan, Vec<StagedTarball>)> {
        let Self { project, requested, options, cancel, report, .. } = self;
        let open = cache.shelf(|| deps.stage(), |tarball: &Tarball| deps.there(tarball));
        let tally = ProgressCounter::new(*report);
        let sinks = self.sinks(observed, open, Some(deps.path()), &tally);
        let (packed, staged) = self.packed(observed, &decision, cache, &sinks, false)?;
        let (tarballs, temps): (Vec<_>, Vec<_>) = staged.into_iter().unzip();
        let mut plan = observed.plan(decision, &packed, tarballs)?;
        if options.lockfile {
            // Before anything is rewritten: what fails leaves the project as it is.
            let staged = plan.tarballs.iter().zip(&temps);
            let staged: Vec<LockfileTarball> = staged
                .map(|(tarball, temp): (&Tarball, &StagedTarball)| LockfileTarball {
                    name: tarball.name.clone(),
                    filename: tarball.filename.clone(),
                    path: temp.path().to_path_buf(),
                })
                .collect();
            let environment = &requested.environment;
            for rewritten in &plan.rewrites {
                let surface = &rewritten.surface;
                let settings = settings(&plan.files, surface);
                let made =
                    lockfile::made(project, rewritten, settings, &staged, environment, cancel, *report)?;
                plan.files.extend(made.change(project, surface)?);
                plan.lockfiles.insert(surface.dir.clone(), made);
            }
        }
        Ok((plan, temps))
    }

    /// Packs what is needed: ours, or where no network is to be asked all of it.
    fn packed<F: TarballSink>(
        &self,
        observed: &Observed,
        decision: &Decision,
        cache: &Cache<'_>,
        sinks: &Sinks<'_, F>,
        is_dry: bool,
    ) -> Result<(PackedTarballs, Encoded<F>)> {
        if self.project.is_offline {
            offline::pack(self, observed, decision, cache, sinks, is_dry)
        } else {
            observed.pack(sinks)
        }
    }

    /// Gives the tarballs of a plan their names.
    fn put(&self, plan: &mut PreparePlan, temps: Vec<StagedTarball>, deps: &mut DepsDir) -> Result<()> {
        for (tarball, temp) in plan.tarballs.iter().zip(temps) {
            let unchanged = deps.put(temp, tarball)? == Placed::AlreadyThere;
            if unchanged {
                plan.there.insert(tarball.filename.clone());
            }
            (self.report)(Event::Packed { tarball, unchanged });
        }
        deps.sync()
    }

    /// Has the cache keep what was learned, and the tarballs that are new in a folder.
    fn remember(
        &self,
        plan: &PreparePlan,
        observed: &Observed,
        cache: &Cache<'_>,
        folder: &Path,
        outputs: &Outputs,
    ) {
        let is_new = |tarball: &&Tarball| !plan.there.contains(&tarball.filename);
        let written: Vec<_> = plan.tarballs.iter().filter(is_new).collect();
        if let Some(workspace) = &plan.workspace {
            cache.keep(workspace, &observed.memory, folder, outputs, &written);
        }
    }

    /// The plan, with what it would find in a folder of tarballs; changes nothing.
    ///
    /// # Errors
    /// All that `prepare` would meet with before it changes anything.
    pub(crate) fn plan(&self, folder: &Path) -> Result<PreparePlan> {
        let Self { project, requested, options, threads, report, .. } = self;
        if let Some(holder) = lock::holder(&project.state_dir)? {
            return Err(lock::refusal(&project.state_dir, &holder));
        }
        refuse_build_of_plain_folder(project, options)?;
        let (decision, needed) = self.choose()?;
        let Some(needed) = needed else { return Ok(PreparePlan::untouched(project, decision)) };
        let cache = Cache::of(requested, *threads, *report);
        let observed = self.look_into(needed, &cache, true)?;
        let tally = ProgressCounter::new(*report);
        let sinks = self.sinks(&observed, NamesOnly, None, &tally);
        let (packed, encoded) = self.packed(&observed, &decision, &cache, &sinks, true)?;
        let tarballs = encoded.into_iter().map(|(tarball, ())| tarball).collect();
        let mut plan = observed.plan(decision, &packed, tarballs)?;
        if options.lockfile {
            for rewritten in &plan.rewrites {
                let surface = &rewritten.surface;
                let planned = lockfile::planned(project, surface, &rewritten.manager)?;
                plan.lockfiles.insert(surface.dir.clone(), planned);
            }
        }
        (plan.there, plan.stale) = deps_dir::preview(folder, &plan.tarballs, &cache.outputs(folder))?;
        Ok(plan)
    }

    /// The same call, to whom a prepared project is what it will be once it is restored.
    pub(crate) fn reading_originals(mut self) -> Self {
        self.reads_originals = true;
        self
    }

    /// Packs into a folder of ours, which is made where it is missing, and plans; no file of the project is changed.
    ///
    /// # Errors
    /// All that `prepare` would meet with.
    pub(crate) fn pack_beside(&self, folder: &Path) -> Result<PreparePlan> {
        let Self { project, requested, options, report, cancel, .. } = self;
        refuse_build_of_plain_folder(project, options)?;
        let (decision, needed) = self.choose()?;
        source::summarize(&decision, &requested.environment, *report);
        let Some(needed) = needed else { return Ok(PreparePlan::untouched(project, decision)) };
        let cache = Cache::of(requested, self.threads, *report);
        let observed = self.look_into(needed, &cache, false)?;
        observed.refuse()?;
        if observed.is_empty() {
            return observed.plan(decision, &PackedTarballs::default(), Vec::new());
        }
        let outputs = Arc::new(cache.outputs(folder));
        let mut deps = DepsDir::beside(folder)?.knowing(Arc::clone(&outputs));
        let (mut plan, temps) = self.pack(&observed, decision, &cache, &deps)?;
        self.put(&mut plan, temps, &mut deps)?;
        deps.sweep(&plan.filenames())?;
        cancel.check()?;
        deps.keep();
        self.remember(&plan, &observed, &cache, folder, &outputs);
        Ok(plan)
    }
}

/// A folder of packages has nothing that builds them.
fn refuse_build_of_plain_folder(project: &Project, options: &PrepareOptions) -> Result<()> {
    if options.build.is_none() || project.source.source != PackageSource::Vendor {
        return Ok(());
    }
    let message = format!(
        "--build: packages of a plain folder are not built (--source vendor, by {})",
        project.source.by
    );
    Err(Error::new(ErrorKind::Usage, message)
        .hint("leave out --build, or take them from a workspace: --source workspace"))
}
