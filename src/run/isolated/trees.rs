//! A command of docker, whose build contexts are trees of ours; or a script that is told where they are.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::process::Stdio;

use super::{Isolated, IsolatedDryRun, IsolatedOutcome, MadeTree, RunStep};
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::image::{BuildContext, CommandPicture};
use crate::isolated::{
    ChosenWay, IsolatedPlan, LeftOut, RedirectPlaces, Redirected, TreeMaker, TreeOutcome, WhyLeftOut,
    context_variable, differences, owners_files, put, redirect, resolve,
};
use crate::prepare::PreparePlan;
use crate::process::{Ended, child};
use crate::report::warn;
use crate::text::quoted;
use crate::transaction::Lock;

/// What a command takes the place of contexts from.
struct Planned {
    picture: CommandPicture,
    isolated: IsolatedPlan,
    redirected: Redirected,
}

impl Isolated<'_> {
    /// Makes the trees, sees that docker would build them, lets go of the project, and runs the command.
    pub(super) fn with_trees(
        &self,
        plan: &PreparePlan,
        lock: Lock,
        stdout: Stdio,
        show: &dyn Fn(RunStep<'_>),
    ) -> Result<(Ended, IsolatedOutcome)> {
        let project = &self.call.project;
        let planned = self.plan_trees(plan)?;
        let owners = owners_files(project)?;
        let (home, threads, cancel) = (&self.home, self.call.threads, self.cancel);
        let maker = TreeMaker { project, home, owners: &owners, threads, cancel };
        let made = maker.make(&planned.isolated)?;
        for (name, outcome) in &made {
            warn(self.report, &left_out(name, outcome));
        }
        if !self.options.prepare.keep {
            maker.remove_others(&self.names_of_all(&planned))?;
        }
        lock.release()?;
        let Redirected { words, over, .. } = &planned.redirected;
        if let Some(over) = over {
            put(&home.over(), format!("{over:#}\n").as_bytes(), 0o644)?;
        }
        self.hold_against_docker(&planned)?;
        let outcome = self.outcome(&planned.isolated, &made);
        show(RunStep::Isolated(plan, &outcome));
        let ended = child::run(words, &project.root, &self.variables_of(&planned), stdout, cancel);
        if let Ok(ended) = ended {
            show(RunStep::Ended(ended));
        }
        Ok((ended?, outcome))
    }

    /// What a dry run shows.
    pub(super) fn would_make_trees(&self, plan: PreparePlan) -> Result<IsolatedDryRun> {
        let planned = self.plan_trees(&plan)?;
        let outcome = self.outcome(&planned.isolated, &BTreeMap::new());
        let Redirected { words, over, .. } = planned.redirected;
        Ok(IsolatedDryRun { plan, outcome, over, words })
    }

    /// The builds that need something of ours, and the command that takes them elsewhere.
    fn plan_trees(&self, plan: &PreparePlan) -> Result<Planned> {
        let known = &self.call.picture.picture;
        let picture = match &self.way {
            ChosenWay::Docker(_) => known.command.clone().unwrap_or_default(),
            ChosenWay::Variables | ChosenWay::Namespace => known.all(),
        };
        self.refuse_contexts_outside(&picture)?;
        let mut isolated = IsolatedPlan::of(plan, &picture);
        isolated.without_network = self.call.project.is_offline;
        let words = &self.options.command;
        let unchanged = || Redirected { words: words.clone(), ..Redirected::default() };
        if isolated.builds.is_empty() && is_known(known.command.as_ref()) {
            return Ok(Planned { picture, isolated: IsolatedPlan::default(), redirected: unchanged() });
        }
        if isolated.builds.is_empty() {
            let manifests: Vec<&str> = isolated.left_out.iter().map(String::as_str).collect();
            let message = format!(
                "--isolated: no image build of this command is seen to take {}",
                manifests.join(", ")
            );
            return Err(Error::new(ErrorKind::Environment, message).hint(
                "see what is understood of it: docker-prep show   (in place: docker-prep run -- COMMAND)",
            ));
        }
        let left_out = isolated.left_out.iter().map(|manifest| {
            Problem::new(format!("{manifest}: no image build of this command takes it: it is not rewritten"))
        });
        warn(self.report, &left_out.collect::<Vec<_>>());
        let places = RedirectPlaces {
            root: &self.call.project.root,
            trees: self.home.folder(),
            over: &self.home.over(),
        };
        let redirected = match &self.way {
            ChosenWay::Docker(docker) => redirect(docker, words, &isolated, &picture, places),
            ChosenWay::Variables | ChosenWay::Namespace => unchanged(),
        };
        Ok(Planned { picture, isolated, redirected })
    }

    /// A context that is no folder of the project is passed through, unless its Dockerfile copies the deps dir.
    fn refuse_contexts_outside(&self, picture: &CommandPicture) -> Result<()> {
        let (project, sources) = (&self.call.project, &self.call.picture.sources);
        let folder = project.deps_dir.rsplit('/').next().unwrap_or(&project.deps_dir);
        let problems = picture.builds.iter().filter_map(|(name, commanded)| {
            let definition = &commanded.definition;
            let BuildContext::Elsewhere(context) = &definition.context else { return None };
            let counts = commanded.build.as_ref().is_none_or(|build| build.counts);
            sources.dockerfile_of(definition).filter(|text| counts && text.contains(folder))?;
            let name = if name.is_empty() { "the build" } else { name };
            Some(Problem::new(format!(
                "--isolated: {name}: its context {context} is no folder of the project, and its Dockerfile takes {folder}"
            )))
        });
        let problems: Vec<Problem> = problems.collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::all(ErrorKind::Environment, problems)
            .hint("build it from a folder of the project, or without docker-prep"))
    }

    /// Has docker say what it would build.
    fn hold_against_docker(&self, planned: &Planned) -> Result<()> {
        let Some(resolved) = &planned.redirected.resolved else { return Ok(()) };
        let mut environment = self.requested.environment.texts();
        let text = |word: &OsString| word.to_string_lossy().into_owned();
        environment
            .extend(planned.redirected.variables.iter().map(|(name, value)| (text(name), text(value))));
        let (kind, found) = resolve(resolved, &self.call.project.root, &environment).map_err(|why| {
            let typed: Vec<String> =
                resolved.words().iter().map(|word| quoted(word.as_encoded_bytes())).collect();
            Error::new(
                ErrorKind::Environment,
                format!("--isolated: docker does not say what it would build: {why}"),
            )
            .hint(format!("to see why, type: {}", typed.join(" ")))
        })?;
        let problems = differences(kind, &found, &planned.isolated, &planned.picture, self.home.folder());
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::all(ErrorKind::Environment, problems)
            .hint("nothing was built; in place it can be: docker-prep run -- COMMAND"))
    }

    /// The names of the trees of all builds of the project, whatever the command is.
    fn names_of_all(&self, planned: &Planned) -> BTreeSet<String> {
        let all = self.call.picture.picture.all();
        let of_all = all.builds.keys().map(|name| IsolatedPlan::folder_name(name));
        planned.isolated.trees.keys().cloned().chain(of_all).collect()
    }

    fn variables_of(&self, planned: &Planned) -> Vec<(OsString, OsString)> {
        let contexts = planned.isolated.builds.iter().filter_map(|build| {
            let name = if build.service.is_empty() { build.tree.as_deref()? } else { &build.service };
            Some((context_variable(name), self.home.folder().join(build.tree.as_ref()?)))
        });
        // A build that needs nothing keeps its own context.
        let own = planned.picture.builds.iter().filter_map(|(name, commanded)| {
            match &commanded.definition.context {
                BuildContext::Project(dir) if !name.is_empty() => {
                    Some((context_variable(name), self.call.project.root.join(dir)))
                }
                _ => None,
            }
        });
        let mut variables = self.variables(own.chain(contexts));
        variables.extend(planned.redirected.variables.iter().cloned());
        variables
    }

    fn outcome(&self, plan: &IsolatedPlan, made: &BTreeMap<String, TreeOutcome>) -> IsolatedOutcome {
        let trees = plan.trees.iter().map(|(name, tree)| {
            let takes = plan.builds.iter().filter(|build| {
                build.tree.as_ref() == Some(name) || build.named.values().any(|named| named == name)
            });
            MadeTree {
                builds: takes.map(|build| build.service.clone()).collect(),
                folder: self.home.folder().join(name),
                context: tree.context.clone(),
                tarballs: tree.tarballs.len(),
                files: made.get(name).map(|outcome| (outcome.files, outcome.copied)),
            }
        });
        IsolatedOutcome { way: self.way.name(), trees: trees.collect(), ..IsolatedOutcome::default() }
    }
}

/// Whether it is known of all that a command builds what it takes: then it may take nothing of ours.
fn is_known(command: Option<&CommandPicture>) -> bool {
    command.is_some_and(|command| {
        command.builds.values().all(|commanded| {
            commanded.build.is_some() || matches!(commanded.definition.context, BuildContext::Elsewhere(_))
        })
    })
}

/// What of a context is not in its tree, the first ones of it.
fn left_out(name: &str, outcome: &TreeOutcome) -> Vec<Problem> {
    let problem = |left: &LeftOut| {
        let what = match left.why {
            WhyLeftOut::Fifo => "a FIFO",
            WhyLeftOut::Socket => "a socket",
            WhyLeftOut::Device => "a device",
            WhyLeftOut::OutsideOfContext => "below a link that leads out of the context",
        };
        Problem::new(format!("{}: is {what}, and not in the tree of {name}", left.path.display()))
    };
    let mut problems: Vec<Problem> = outcome.left_out.iter().map(problem).collect();
    let more = outcome.left_out_count - problems.len();
    if more > 0 {
        problems.push(Problem::new(format!("{more} more of that kind are not in the tree of {name}")));
    }
    problems
}
