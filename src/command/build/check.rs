//! Whether packages were built from the sources that lie there, as far as records of their builds tell.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::has_script;
use super::site::Site;
use crate::apply::build::label;
use crate::command::{Event, Report};
use crate::error::Problem;
use crate::model::build::Record;
use crate::model::digest::Digest;
use crate::model::workspace::{Member, Workspace};
use crate::observe::build as observe;
use crate::observe::cache::Builds;
use crate::plan::build::order;

/// Says which of some members, and of all that they need, lie there built from other sources. Nothing but the file
/// system's word is asked for while nothing was touched since.
pub(super) fn check(workspace: &Workspace, members: &[&Member], known: &Builds<'_>, report: Report<'_>) {
    let order = order(workspace, members);
    let recorded: Vec<(usize, Record)> = order
        .needs
        .keys()
        .filter(|member| has_script(&workspace.members[**member]))
        .filter_map(|member| Some((*member, known.record(&workspace.members[*member])?)))
        .collect();
    let folders = observe::Folders::new(workspace);
    let untouched =
        recorded.par_iter().all(|(member, record)| observe::stamp(&folders, *member) == record.stamp);
    if untouched {
        return;
    }
    let site = Site::new(workspace, order, Some(known), Digest::of(b""), report);
    let (mut stale, mut changed) = (BTreeSet::new(), BTreeSet::new());
    for (member, record) in &recorded {
        let name = label(&workspace.members[*member]);
        match (site.has_same_sources(*member, record), site.is_as_left(*member, record)) {
            (false, true) => stale.insert(name),
            (true, false) => changed.insert(name),
            // Nothing was touched; or it was built by somebody else meanwhile, from who knows what.
            (true, true) | (false, false) => continue,
        };
    }
    for (names, what) in [
        (stale, "built from other sources than those that lie there"),
        (changed, "is not what its last --build left, though its sources are the same"),
    ] {
        if !names.is_empty() {
            let names: Vec<&str> = names.into_iter().collect();
            let problem = Problem::new(format!("{}: {what}", names.join(", ")));
            report(Event::Warning(&problem.hint("to have it built first, add --build")));
        }
    }
}
