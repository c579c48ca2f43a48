//! `docker-prep run`: a command that sees the packed packages, in a project that is prepared and restored around it, or in
//! one of which no file is touched.

mod in_place;
mod isolated;
mod network;

use std::ffi::OsString;
use std::process::Stdio;

pub(crate) use self::isolated::{
    IsolatedDryRun, IsolatedOutcome, MadeTree, plan as plan_isolated, remove_trees,
};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::prepare::{Call, PrepareOptions, PreparePlan};
use crate::process::Ended;
use crate::project::{IsolatedWay, Requested};
use crate::report::Report;
use crate::transaction::RestoreOutcome;

/// What to run, and how to prepare for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunOptions {
    /// How to prepare. With [`keep`](PrepareOptions::keep), a command that fails leaves the project prepared.
    pub(crate) prepare: PrepareOptions,
    /// The program and its arguments.
    pub(crate) command: Vec<OsString>,
    /// Whether no file of the project is to be touched, and how; what the project's settings say where nothing is said.
    pub(crate) isolated: Option<IsolatedWay>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunOutcome {
    /// What was prepared.
    pub(crate) plan: PreparePlan,
    /// How the command ended.
    pub(crate) ended: Ended,
    /// What was put back; `None` where nothing was rewritten, or it was left prepared.
    pub(crate) restored: Option<RestoreOutcome>,
    /// What stood for the project, where no file of it was touched.
    pub(crate) isolated: Option<IsolatedOutcome>,
}

/// How far it is, for whoever shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RunStep<'a> {
    /// The project is prepared, and the command begins.
    Prepared(&'a PreparePlan),
    /// What stands for the project is there, and the command begins.
    Isolated(&'a PreparePlan, &'a IsolatedOutcome),
    /// The command has ended.
    Ended(Ended),
    /// The project is restored.
    Restored(&'a RestoreOutcome),
}

/// Runs the command at the project's root, with the packed packages. `stdout` is the command's.
///
/// # Errors
/// As `prepare`, before the command is begun. Then [`ErrorKind::NotRun`](crate::error::ErrorKind::NotRun) for a command
/// that cannot be started, [`ErrorKind::Interrupted`](crate::error::ErrorKind::Interrupted) where it was not waited for,
/// or where a signal came after its end; always restored. Where restoring fails, those errors too.
pub(crate) fn run(
    requested: &Requested,
    options: &RunOptions,
    stdout: Stdio,
    cancel: &CancelToken,
    report: Report<'_>,
    show: &dyn Fn(RunStep<'_>),
) -> Result<RunOutcome> {
    let call = Call::for_command(requested, &options.prepare, Some(&options.command), cancel, report)?;
    if call.project.is_offline {
        network::tell(&call, requested, report);
    }
    match options.isolated.or(call.project.config.isolated).unwrap_or_default() {
        IsolatedWay::Off => in_place::run(&call, requested, options, stdout, cancel, report, show),
        way => isolated::run(call, requested, options, way, stdout, cancel, report, show),
    }
}
