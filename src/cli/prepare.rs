//! What `prepare` prints.

use std::ffi::OsString;

use serde_json::json;

use super::args::PrepareArgs;
use super::document::describe;
use super::lines::Lines;
use super::next::next;
use super::report::Reporter;
use super::run::words;
use super::text::{count, count_of, packed_of, table};
use super::{build, lockfile, offline, show};
use crate::build::BuildState;
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::image::Detected;
use crate::prepare::{PrepareOptions, PreparePlan, call as prepare};
use crate::project::{FileKind, Requested};
use crate::rewrite::{OverrideStyle, Rewritten};

pub(super) fn run(
    requested: &Requested,
    args: &PrepareArgs,
    cancel: &CancelToken,
    reporter: &Reporter,
) -> Result<()> {
    let options = options(args, reporter);
    if args.dry_run {
        return show_plan(requested, &options, None, cancel, reporter);
    }
    prepare::run(requested, &options, cancel, &|event| reporter.event(event), &|plan| {
        if reporter.wants_json() {
            let mut document = json!({"ok": true});
            describe(&mut document, plan, false);
            reporter.document(document);
            // Who asked for the document does not know without it that the project is prepared.
            return reporter.lost().map_or(Ok(()), Err);
        }
        tell(plan, reporter);
        if !plan.rewrites.is_empty() {
            let here = std::env::current_dir().ok();
            reporter.tell(&next(plan, here.as_deref(), &reporter.fitting("docker-prep restore")));
        }
        Ok(())
    })
}

pub(super) fn options(args: &PrepareArgs, reporter: &Reporter) -> PrepareOptions {
    let PrepareArgs { dry_run: _, force, keep, strict, allow_unbuilt, build, lockfile, .. } = *args;
    let build = build.then(|| reporter.output_of_builds());
    let checksums = reporter.wants_json();
    PrepareOptions { force, keep, strict, allow_unbuilt, checksums, lockfile, build }
}

/// Tells what was prepared.
pub(super) fn tell(plan: &PreparePlan, reporter: &Reporter) {
    if plan.source.is_registry() {
        return;
    }
    if plan.rewrites.is_empty() {
        return reporter.tell(&nothing_to_do(plan));
    }
    reporter.tell(&format!(
        "packed {} into {}/ ({})",
        packed_of(plan),
        plan.deps_dir,
        reporter.summary(&plan.tarballs),
    ));
    if !plan.stale.is_empty() {
        reporter.tell(&format!("removed {}, no longer needed", count(plan.stale.len(), "tarball")));
    }
    for rewritten in &plan.rewrites {
        reporter.detail(&described(rewritten));
        let mut parts = vec![
            count_of(rewritten.dependencies, "dependency", "dependencies"),
            count(rewritten.overrides, "override"),
        ];
        if rewritten.peers > 0 {
            parts.push(count(rewritten.peers, "added peer"));
        }
        reporter.tell(&format!("rewrote {}: {}", rewritten.surface.manifest_name, parts.join(", ")));
        if let Some(resolved) = plan.resolved.get(&rewritten.surface.manifest_name) {
            offline::lines(resolved).iter().for_each(|line| reporter.tell(line));
        }
        if let Some(lockfile) = plan.lockfiles.get(&rewritten.surface.dir) {
            lockfile::lines(lockfile).iter().for_each(|line| reporter.tell(line));
        }
    }
    // What is said of lockfiles says it.
    for file in plan.files.iter().filter(|file| file.kind != FileKind::Lockfile) {
        reporter.tell(&format!("wrote {}", file.name));
    }
}

/// Runs `prepare --dry-run`, or that of `run` with its command.
pub(super) fn show_plan(
    requested: &Requested,
    options: &PrepareOptions,
    command: Option<&[OsString]>,
    cancel: &CancelToken,
    reporter: &Reporter,
) -> Result<()> {
    if reporter.wants_more() && !reporter.wants_json() {
        // What cannot be read is told by the plan.
        if let Ok(shown) = show::show(requested, command, &|_| {}) {
            reporter.data(&show::text(&shown));
        }
    }
    let plan = prepare::plan(requested, options, command, cancel, &|event| reporter.event(event))?;
    // What is refused is shown even so: the refusal says what an image build lacks.
    let refused = if plan.refusals.is_empty() {
        Ok(())
    } else {
        Err(Error::all(ErrorKind::Refused, plan.refusals.clone()))
    };
    if reporter.wants_json() {
        refused?;
        let mut document = json!({"ok": true, "dryRun": true});
        describe(&mut document, &plan, true);
        if let Some(command) = command {
            document["command"] = words(command).into();
        }
        reporter.document(document);
        return Ok(());
    }
    // That packages come from the registry is said already.
    if !plan.source.is_registry() && plan.rewrites.is_empty() {
        reporter.tell(&nothing_to_do(&plan));
    }
    reporter.data(&planned(&plan, command));
    refused
}

fn planned(plan: &PreparePlan, command: Option<&[OsString]>) -> Lines {
    let mut out = Lines::default();
    if !plan.source.is_registry() && !plan.rewrites.is_empty() {
        let built = plan.built.iter().flatten().filter(|built| built.state == BuildState::Planned);
        built.for_each(|built| out.add(build::line(built)));
        out.add(would_pack(plan, Some(&plan.deps_dir)));
    }
    out.append(&table(&plan.own_tarballs()));
    for name in &plan.stale {
        out.add(format!("would remove {}/{name}", plan.deps_dir));
    }
    for rewritten in &plan.rewrites {
        let name = &rewritten.surface.manifest_name;
        out.add(described(rewritten));
        out.add(format!("would rewrite {name}"));
        out.add_diff(&rewritten.diff());
        if let Some(resolved) = plan.resolved.get(name) {
            offline::lines(resolved).iter().for_each(|line| out.add(line));
        }
        if let Some(lockfile) = plan.lockfiles.get(&rewritten.surface.dir) {
            lockfile::lines(lockfile).iter().for_each(|line| out.add(line));
        }
    }
    for file in &plan.files {
        out.add(format!("would write {}", file.name));
        out.add_diff(&file.diff());
    }
    if let Some(command) = command {
        out.add(format!("would run {}", words(command).join(" ")));
    }
    // Once more, where what came between has moved it out of sight.
    if !plan.rewrites.is_empty() {
        let written = plan.rewrites.len() + plan.files.len();
        let packed = would_pack(plan, Some(&plan.deps_dir));
        out.add(format!("{packed} and write {}", count(written, "file")));
    }
    out
}

/// `into`: a folder of the project.
pub(super) fn would_pack(plan: &PreparePlan, into: Option<&str>) -> String {
    let into = into.map(|folder| format!(" into {folder}/")).unwrap_or_default();
    format!("would pack {}{into}", packed_of(plan))
}

/// What installs the surface, why it is taken for that, and how its packages find each other, on one line.
pub(super) fn described(rewritten: &Rewritten) -> String {
    let Detected { manager, reason } = &rewritten.manager;
    let way = match rewritten.way {
        OverrideStyle::PnpmOverrides | OverrideStyle::NpmOverrides | OverrideStyle::BunOverrides => {
            "overrides in package.json"
        }
        OverrideStyle::WorkspaceOverrides => "overrides in pnpm-workspace.yaml",
        OverrideStyle::Tarballs => "tarballs that name each other",
        OverrideStyle::Resolutions => "resolutions in package.json",
    };
    format!("{}: {manager} ({reason}): {way}", rewritten.surface.label())
}

fn nothing_to_do(plan: &PreparePlan) -> String {
    format!(
        "nothing to do: no surface of {} needs a packed package in scope {}",
        plan.project.display(),
        plan.scope
    )
}
