//! `--build`: packages are built before they are packed, those that have changed. Without it, whether what is packed was
//! built from what lies there.

mod check;
mod site;

use std::collections::BTreeSet;

use self::check::check;
use self::site::BuildSite;
use crate::build::apply::Builder;
use crate::build::plan::order;
use crate::build::{BuildOutput, BuiltPackage, SCRIPT};
use crate::cache::{BuildRecords, DigestBuilder, Store};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::npm::{Member, Workspace};
use crate::project::{CacheFolder, Environment, package_manager};
use crate::report::{Event, Notice, Report, warn};
use crate::threads::Threads;

/// What is done about builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BuildMode {
    /// Have them built.
    Build(BuildOutput),
    /// Say what would be built.
    Plan,
    /// Say what was built from other sources; and remember that files that were touched are what they were.
    Check { remember: bool },
    /// That has been done.
    Nothing,
}

impl BuildMode {
    /// As the flags say.
    pub(crate) fn new(asked: Option<BuildOutput>, dry_run: bool) -> Self {
        match asked {
            None => Self::Check { remember: !dry_run },
            Some(_) if dry_run => Self::Plan,
            Some(output) => Self::Build(output),
        }
    }
}

/// What looking into packages takes.
#[derive(Clone, Copy)]
pub(crate) struct Looking<'a> {
    /// Where is remembered what they hold.
    pub(crate) cache: Option<&'a CacheFolder>,
    /// What is built first.
    pub(crate) what: BuildMode,
    /// The variables that builds see.
    pub(crate) environment: &'a Environment,
    /// Who shares the work.
    pub(crate) threads: Threads,
    /// What ends the builds.
    pub(crate) cancel: &'a CancelToken,
}

/// Has some members built, and all that they need; or says what is known of that. `None` where nothing was asked for.
/// Without a cache nothing is known of former builds, and everything is built.
///
/// # Errors
/// [`ErrorKind::Packing`]: a build failed. [`ErrorKind::Environment`]: the package manager is not there, or nothing is installed.
/// [`ErrorKind::Interrupted`]: the signal that came.
pub(crate) fn first(
    workspace: &Workspace,
    members: &[&Member],
    looking: &Looking<'_>,
    report: Report<'_>,
) -> Result<Option<Vec<BuiltPackage>>> {
    let Looking { cache, what, environment, threads, cancel } = *looking;
    if what == BuildMode::Nothing {
        return Ok(None);
    }
    let known = BuildRecords::of(cache, &workspace.root);
    if matches!(what, BuildMode::Check { .. }) && known.is_none() {
        return Ok(None);
    }
    let order = order(workspace, members);
    if let (BuildMode::Check { remember }, Some(known)) = (what, &known) {
        let store = cache.filter(|_| remember).map(Store::new);
        check(workspace, &order, known, store.as_ref(), threads, report);
        return Ok(None);
    }
    let wanted: BTreeSet<usize> = order.needs.keys().copied().collect();
    if !wanted.iter().any(|member| has_script(&workspace.members[*member])) {
        report(Event::Notice(Notice::NothingToBuild));
        return Ok(Some(Vec::new()));
    }
    let (manager, doubts) = package_manager::of_workspace(workspace);
    warn(report, &doubts);
    let output = if let BuildMode::Build(output) = what { output } else { BuildOutput::Kept };
    let mut builder = Builder::new(workspace, &manager, output, environment, cancel)?;
    let tools = DigestBuilder::of([("tools", &*builder.tools()?)]);
    let store = cache.filter(|_| what != BuildMode::Plan).map(Store::new);
    let mut site = BuildSite::new(workspace, order, known.as_ref(), store.as_ref(), tools, threads, report);
    cancel.check()?;
    site.run(&mut builder, what)?;
    if let Some(store) = &store {
        store.prune();
    }
    Ok(Some(site.built))
}

fn has_script(member: &Member) -> bool {
    let script = member.manifest.0.get("scripts").and_then(|scripts| scripts.get(SCRIPT));
    script.and_then(serde_json::Value::as_str).is_some_and(|script| !script.is_empty())
}
