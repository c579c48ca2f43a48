//! What `run` prints.

use std::ffi::OsString;

use serde_json::json;

use super::args::RunArgs;
use super::document::describe;
use super::report::Reporter;
use super::{isolated, prepare, restore, variables};
use crate::cancel::CancelToken;
use crate::error::{Result, signal_name};
use crate::process::Ended;
use crate::project::{IsolatedWay, Requested};
use crate::run;
use crate::run::{IsolatedDryRun, RunOptions, RunOutcome, RunStep};

/// Runs the command; its exit code is that of the command that it ran.
pub(super) fn run(
    requested: &Requested,
    args: RunArgs,
    cancel: &CancelToken,
    reporter: &Reporter,
) -> Result<u8> {
    let isolated = match args.isolated {
        Some(way) => Some(way),
        None => super::parsed(variables::ISOLATED, IsolatedWay::parse)?,
    };
    let prepare = prepare::options(&args.prepare, reporter);
    let options = RunOptions { prepare, command: args.command, isolated };
    if args.prepare.dry_run {
        match run::plan_isolated(requested, &options, cancel, &|event| reporter.event(event))? {
            Some(dry) => show_isolated_plan(&options.command, &dry, reporter),
            None => {
                prepare::show_plan(requested, &options.prepare, Some(&options.command), cancel, reporter)?
            }
        }
        return Ok(0);
    }
    let stdout = reporter.stdout_of_command();
    let tell = |step: RunStep<'_>| match step {
        // One document at the end has it all.
        RunStep::Prepared(plan) if !reporter.wants_json() => prepare::tell(plan, reporter),
        RunStep::Restored(outcome) if !reporter.wants_json() => restore::tell(outcome, reporter),
        RunStep::Isolated(plan, outcome) if !reporter.wants_json() => isolated::tell(plan, outcome, reporter),
        RunStep::Ended(ended) => tell_end(ended, reporter),
        RunStep::Prepared(_) | RunStep::Isolated(..) | RunStep::Restored(_) => {}
    };
    let outcome = run::run(requested, &options, stdout, cancel, &|event| reporter.event(event), &tell)?;
    if let Some(isolated) = &outcome.isolated {
        isolated::tell_written(isolated, reporter);
    }
    if reporter.wants_json() {
        show(&options.command, &outcome, reporter);
    }
    Ok(outcome.ended.exit_code())
}

fn show(command: &[OsString], outcome: &RunOutcome, reporter: &Reporter) {
    let code = outcome.ended.exit_code();
    let mut document = json!({"ok": code == 0, "exitCode": code, "command": words(command)});
    if let Ended::Killed(signal) = outcome.ended {
        document["signal"] = signal_name(signal).into();
    }
    describe(&mut document, &outcome.plan, false);
    document["restored"] = outcome.restored.as_ref().map(restore::to_json).into();
    document["isolated"] = outcome.isolated.as_ref().map(isolated::to_json).into();
    reporter.document(document);
}

fn show_isolated_plan(command: &[OsString], dry: &IsolatedDryRun, reporter: &Reporter) {
    if !reporter.wants_json() {
        return reporter.data(&isolated::planned(dry));
    }
    let mut document = json!({"ok": true, "dryRun": true, "command": words(command)});
    describe(&mut document, &dry.plan, true);
    document["isolated"] = isolated::to_json(&dry.outcome);
    document["isolated"]["override"] = dry.over.clone().into();
    document["isolated"]["command"] = words(&dry.words).into();
    reporter.document(document);
}

/// Tells how the command ended, unless it ended well.
fn tell_end(ended: Ended, reporter: &Reporter) {
    match ended {
        Ended::Exited(0) => {}
        Ended::Exited(code) => reporter.tell(&format!("the command ended with exit code {code}")),
        Ended::Killed(signal) => reporter.tell(&format!("the command was ended by {}", signal_name(signal))),
    }
}

/// The command as text.
pub(super) fn words(command: &[OsString]) -> Vec<String> {
    command.iter().map(|word| word.to_string_lossy().into_owned()).collect()
}
