//! A command that sees the packed packages while no file of the project is touched.

mod namespace;
mod trees;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use super::{RunOptions, RunOutcome, RunStep};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::image::DockerCommand;
use crate::isolated::{
    ChosenWay, CommandSeen, IsolatedHome, choose, names_variables, namespace_kind, of_snap, remove_all,
};
use crate::prepare::{Call, PreparePlan};
use crate::process::child;
use crate::project::{IsolatedWay, Project, Requested, read as project};
use crate::report::{Event, Notice, Report};
use crate::transaction::{Lock, file};

/// What stood for the project.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct IsolatedOutcome {
    /// `context` or `namespace`.
    pub(crate) way: &'static str,
    /// The trees, by their names.
    pub(crate) trees: Vec<MadeTree>,
    /// The files that others do not see, from the root, where the command has mounts of its own.
    pub(crate) mounted: Vec<String>,
    /// What the command has written to those.
    pub(crate) written: Vec<WrittenFile>,
}

/// A file that the command alone has seen, and has written to. The project's own is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrittenFile {
    /// From the project's root.
    pub(crate) name: String,
    /// What it was shown.
    pub(crate) before: Vec<u8>,
    /// What it left.
    pub(crate) after: Vec<u8>,
    /// Where that is kept.
    pub(crate) kept: PathBuf,
}

/// A tree that stands for a build context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MadeTree {
    /// The services or targets that take it.
    pub(crate) builds: BTreeSet<String>,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// The folder that it stands for, from the root.
    pub(crate) context: String,
    /// How many tarballs are in it.
    pub(crate) tarballs: usize,
    /// How many files are in it, and how many of them were not there before; nothing where it is not made yet.
    pub(crate) files: Option<(usize, usize)>,
}

/// What an isolated run would do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IsolatedDryRun {
    pub(crate) plan: PreparePlan,
    pub(crate) outcome: IsolatedOutcome,
    /// The file of compose that would come last.
    pub(crate) over: Option<Value>,
    /// The words that would be run.
    pub(crate) words: Vec<OsString>,
}

/// Shows a command the packed packages, runs it at the project's root, and leaves nothing to be restored.
///
/// # Errors
/// As [`run`](super::run); [`ErrorKind::Environment`] where the command cannot be shown anything, or docker would not
/// build what it is shown; [`ErrorKind::Refused`] where another isolated run is at work, or a file was replaced meanwhile.
#[expect(clippy::too_many_arguments, reason = "what a run is given, and the call that it has made of it")]
pub(super) fn run(
    call: Call<'_>,
    requested: &Requested,
    options: &RunOptions,
    way: IsolatedWay,
    stdout: Stdio,
    cancel: &CancelToken,
    report: Report<'_>,
    show: &dyn Fn(RunStep<'_>),
) -> Result<RunOutcome> {
    let isolated = Isolated::begin(call, requested, options, way, cancel, report)?;
    if isolated.call.project.is_offline && !matches!(isolated.way, ChosenWay::Docker(_)) {
        report(Event::Notice(Notice::NetworkStays));
    }
    let running = Lock::acquire(&isolated.home.run())?;
    // While files are read nobody else is to rewrite them; then the trees are by themselves.
    let lock = isolated.call.lock()?;
    let plan = isolated.pack()?;
    if plan.rewrites.is_empty() {
        lock.release()?;
        show(RunStep::Prepared(&plan));
        let ended = child::run(&options.command, &isolated.call.project.root, &[], stdout, cancel);
        running.release()?;
        // Where nothing was ever packed, nothing is left.
        file::remove_empty_folder(isolated.home.folder())?;
        file::remove_empty_folder(&isolated.call.project.state_dir)?;
        cancel.check()?;
        return Ok(RunOutcome { plan, ended: ended?, restored: None, isolated: None });
    }
    let done = match &isolated.way {
        ChosenWay::Namespace => isolated.in_namespace(&plan, lock, stdout, show),
        ChosenWay::Docker(_) | ChosenWay::Variables => isolated.with_trees(&plan, lock, stdout, show),
    };
    let released = running.release();
    let (ended, outcome) = done?;
    released?;
    cancel.check()?;
    Ok(RunOutcome { plan, ended, restored: None, isolated: Some(outcome) })
}

/// What a dry run of the same would show; changes nothing.
///
/// # Errors
/// All that the run would meet with before it begins its command, but for what docker says of it.
pub(crate) fn plan(
    requested: &Requested,
    options: &RunOptions,
    cancel: &CancelToken,
    report: Report<'_>,
) -> Result<Option<IsolatedDryRun>> {
    let way = match options.isolated {
        Some(said) => said,
        None => project::find(requested)?.config.isolated.unwrap_or_default(),
    };
    if way == IsolatedWay::Off {
        return Ok(None);
    }
    let call = Call::for_command(requested, &options.prepare, Some(&options.command), cancel, report)?;
    let isolated = Isolated::begin(call, requested, options, way, cancel, report)?;
    let plan = isolated.would_pack()?;
    let dry = match &isolated.way {
        _ if plan.rewrites.is_empty() => {
            let (outcome, words) = (IsolatedOutcome::default(), options.command.clone());
            IsolatedDryRun { plan, outcome, over: None, words }
        }
        ChosenWay::Namespace => isolated.would_mount(plan)?,
        ChosenWay::Docker(_) | ChosenWay::Variables => isolated.would_make_trees(plan)?,
    };
    Ok(Some(dry))
}

/// A call, and the way that it takes.
struct Isolated<'a> {
    call: Call<'a>,
    home: IsolatedHome,
    way: ChosenWay,
    requested: &'a Requested,
    options: &'a RunOptions,
    cancel: &'a CancelToken,
    report: Report<'a>,
}

impl<'a> Isolated<'a> {
    /// Chooses the way.
    fn begin(
        call: Call<'a>,
        requested: &'a Requested,
        options: &'a RunOptions,
        asked: IsolatedWay,
        cancel: &'a CancelToken,
        report: Report<'a>,
    ) -> Result<Self> {
        let call = call.reading_originals();
        let root = &call.project.root;
        let words = texts(&options.command);
        let path = requested.environment.get("PATH");
        let program = words.first().map(String::as_str).unwrap_or_default();
        // To find out about namespaces takes as long as to begin a process.
        let is_docker = asked != IsolatedWay::Namespace && DockerCommand::of(&words).is_some();
        let seen = if is_docker {
            CommandSeen { snap: of_snap(program, path), ..CommandSeen::default() }
        } else {
            CommandSeen {
                names_variables: names_variables(&words, root),
                no_namespace: namespace_kind(root, &options.command, path).err(),
                ..CommandSeen::default()
            }
        };
        let way = choose(asked, &words, &seen)?;
        let home = IsolatedHome::of(&call.project.state_dir);
        Ok(Self { call, home, way, requested, options, cancel, report })
    }

    /// The variables that tell a script where to build.
    fn variables(&self, contexts: impl Iterator<Item = (String, PathBuf)>) -> Vec<(OsString, OsString)> {
        let deps_dir = ("DOCKER_PREP_DEPS_DIR".into(), self.call.project.deps_dir.clone().into());
        let contexts = contexts.map(|(name, folder)| (name.into(), folder.into_os_string()));
        contexts.chain([deps_dir]).collect()
    }
}

/// The words as text.
fn texts(words: &[OsString]) -> Vec<String> {
    words.iter().map(|word| word.to_string_lossy()).map(Cow::into_owned).collect()
}

/// Removes what isolated runs of a project keep; the folder, where there was one.
///
/// # Errors
/// [`ErrorKind::Refused`](crate::error::ErrorKind::Refused) where one is at work; the disk's.
pub(crate) fn remove_trees(project: &Project) -> Result<Option<PathBuf>> {
    let home = IsolatedHome::of(&project.state_dir);
    if file::missing_folders(home.folder()).iter().any(|missing| missing == home.folder()) {
        return Ok(None);
    }
    let running = Lock::acquire(&home.run())?;
    remove_all(home.folder())?;
    running.release()?;
    file::remove_empty_folder(&project.state_dir)?;
    let folder = home.folder().strip_prefix(&project.root).unwrap_or(home.folder());
    Ok(Some(folder.to_owned()))
}
