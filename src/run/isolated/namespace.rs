//! A command with mounts of its own, in which rewritten files lie over those of the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::{Isolated, IsolatedDryRun, IsolatedOutcome, RunStep, WrittenFile};
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::image::BuildContext;
use crate::isolated::{
    Binding, CannotBind, CannotBindCause, ChosenWay, NamespaceCall, Watched, Written, context_variable,
    make_folder, mode_of, owners_files, put,
};
use crate::prepare::{Call, PreparePlan};
use crate::process::{Ended, child};
use crate::project::{FileKind, Link, Requested};
use crate::transaction::{Lock, file};

impl Isolated<'_> {
    /// What [`pack`](Self::pack) would pack; changes nothing.
    pub(super) fn would_pack(&self) -> Result<PreparePlan> {
        self.without_new_settings(|call| call.plan(&self.home.tarballs()))
    }

    /// Packs. Where the settings that overrides would need are not there, so that no mount can cover them, tarballs name
    /// each other instead.
    pub(super) fn pack(&self) -> Result<PreparePlan> {
        self.without_new_settings(|call| call.pack_beside(&self.home.tarballs()))
    }

    /// What is planned, or what is planned for tarballs that name each other, where settings would be made under mounts.
    fn without_new_settings(&self, plan: impl Fn(&Call<'_>) -> Result<PreparePlan>) -> Result<PreparePlan> {
        let planned = plan(&self.call)?;
        let made = planned.files.iter().find(|file| file.before.is_none());
        let (ChosenWay::Namespace, Some(made)) = (&self.way, made) else { return Ok(planned) };
        let asked = self.requested.link.or(self.call.project.config.link);
        if made.kind == FileKind::Settings && asked.is_none_or(|link| link == Link::Auto) {
            let Self { options, cancel, report, .. } = self;
            let requested = Requested { link: Some(Link::Tarballs), ..self.requested.clone() };
            let command = Some(&*options.command);
            let call = Call::for_command(&requested, &options.prepare, command, cancel, *report)?;
            return plan(&call.reading_originals());
        }
        let message = format!(
            "--isolated=namespace: {}: is not there, and only what is there can be covered by a mount",
            made.name
        );
        let hint = match made.kind {
            FileKind::Settings => "let tarballs name each other: --link tarballs",
            _ => "leave out --lockfile, or make an empty file of that name",
        };
        Err(Error::new(ErrorKind::Environment, message).hint(hint))
    }

    /// Covers the files that are rewritten, and runs the command. The project stays locked meanwhile: a file that is
    /// replaced would be seen by the command.
    pub(super) fn in_namespace(
        &self,
        plan: &PreparePlan,
        lock: Lock,
        stdout: Stdio,
        show: &dyn Fn(RunStep<'_>),
    ) -> Result<(Ended, IsolatedOutcome)> {
        let project = &self.call.project;
        let covered = self.covered(plan)?;
        let mounts = self.home.mounts();
        let mut bindings = Vec::new();
        for (name, text) in &covered {
            let (source, target) = (mounts.join(name), project.root.join(name));
            put(&source, text, mode_of(&target))?;
            bindings.push(Binding { source, target });
        }
        let deps_dir = project.deps_path();
        let is_made = make_folder(&deps_dir)?;
        bindings.push(Binding { source: self.home.tarballs(), target: deps_dir.clone() });
        let done = self.under_mounts(plan, bindings, covered.into_keys().collect(), stdout, show);
        if is_made {
            file::remove_empty_folder(&deps_dir)?;
        }
        let released = lock.release();
        done.and_then(|done| released.map(|()| done))
    }

    fn under_mounts(
        &self,
        plan: &PreparePlan,
        bindings: Vec<Binding>,
        mounted: Vec<String>,
        stdout: Stdio,
        show: &dyn Fn(RunStep<'_>),
    ) -> Result<(Ended, IsolatedOutcome)> {
        let root = &self.call.project.root;
        let watched = Watched::look(&bindings).map_err(|why| cannot_bind(&why))?;
        let call = NamespaceCall::new(bindings, &self.home.instructions(), &self.options.command)?;
        let mut outcome = IsolatedOutcome { way: self.way.name(), mounted, ..IsolatedOutcome::default() };
        show(RunStep::Isolated(plan, &outcome));
        // In its mounts the project itself is what is to be built.
        let all = self.call.picture.picture.all();
        let contexts =
            all.builds.iter().filter_map(|(name, commanded)| match &commanded.definition.context {
                BuildContext::Project(dir) => Some((context_variable(name), root.join(dir))),
                BuildContext::Elsewhere(_) => None,
            });
        let variables = self.variables(contexts);
        let ended = child::run(&call.words(), root, &variables, stdout, self.cancel);
        let ended = call.end(ended);
        if let Ok(ended) = ended {
            show(RunStep::Ended(ended));
        }
        let changes = watched.compare()?;
        for Written { target, before, after } in changes.written {
            let name = target.strip_prefix(root).unwrap_or(&target);
            let kept = self.home.written().join(name);
            put(&kept, &after, 0o644)?;
            outcome.written.push(WrittenFile { name: name.display().to_string(), before, after, kept });
        }
        let ended = ended?;
        refuse_replaced(root, &changes.replaced)?;
        Ok((ended, outcome))
    }

    /// What a dry run shows.
    pub(super) fn would_mount(&self, plan: PreparePlan) -> Result<IsolatedDryRun> {
        let mounted = self.covered(&plan)?.into_keys().collect();
        let outcome = IsolatedOutcome { way: self.way.name(), mounted, ..IsolatedOutcome::default() };
        Ok(IsolatedDryRun { plan, outcome, over: None, words: self.options.command.clone() })
    }

    /// The texts that lie over files of the project, by their paths from the root: what is rewritten, and of a prepared
    /// project what its owner wrote.
    fn covered(&self, plan: &PreparePlan) -> Result<BTreeMap<String, Vec<u8>>> {
        let project = &self.call.project;
        let mut covered = BTreeMap::new();
        for (path, bytes) in owners_files(project)?.originals {
            let Some(name) = path.strip_prefix(&project.root).ok().and_then(Path::to_str) else { continue };
            match bytes {
                Some(bytes) => drop(covered.insert(name.to_owned(), bytes)),
                None if plan.files.iter().any(|file| file.name == name) => {}
                None => {
                    let message = format!("{name}: was made by prepare, and no mount can take it away");
                    return Err(Error::new(ErrorKind::Refused, message)
                        .hint("put the project back first: docker-prep restore"));
                }
            }
        }
        let manifests = plan.rewrites.iter();
        covered
            .extend(manifests.map(|one| (one.surface.manifest_name.clone(), one.text.clone().into_bytes())));
        covered.extend(plan.files.iter().map(|file| (file.name.clone(), file.after.clone().into_bytes())));
        Ok(covered)
    }
}

fn cannot_bind(why: &CannotBind) -> Error {
    let target = why.target.display();
    let cause = match &why.cause {
        CannotBindCause::Missing => "is not there".to_owned(),
        CannotBindCause::OtherKind => "is neither a file nor a folder, or the other of both".to_owned(),
        CannotBindCause::Unreadable(cause) => format!("cannot be looked at: {cause}"),
    };
    Error::new(
        ErrorKind::Environment,
        format!("--isolated=namespace: {target}: {cause}, and so no mount can cover it"),
    )
    .hint("build by docker itself, as in: docker-prep run --isolated -- docker compose build")
}

/// From then on the command has seen what its owner wrote.
fn refuse_replaced(root: &Path, replaced: &[PathBuf]) -> Result<()> {
    if replaced.is_empty() {
        return Ok(());
    }
    let problem = |path: &PathBuf| {
        let name = path.strip_prefix(root).unwrap_or(path).display();
        Problem::new(format!(
            "{name}: was replaced while the command ran: from then on the command has seen that, and no packed packages"
        ))
    };
    Err(Error::all(ErrorKind::Refused, replaced.iter().map(problem).collect())
        .hint("what was built meanwhile may be wrong: run it again, and edit no manifest while it runs"))
}
