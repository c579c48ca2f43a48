//! Whether packages were built from the sources that lie there, as far as records of their builds tell.

use std::collections::{BTreeMap, BTreeSet};

use super::has_script;
use super::site::{is_as_left, needed};
use crate::build::apply::label;
use crate::build::plan::Order;
use crate::build::read::{BuildSources, Folders};
use crate::build::{entry_folders, read as observe};
use crate::cache::{BuildRecord, BuildRecords, Store, digest};
use crate::error::Problem;
use crate::npm::Workspace;
use crate::report::{Event, Report};
use crate::text::Digest;
use crate::threads::Threads;

/// Says which members lie there built from other sources. Of a member in which nothing was touched since its record was
/// made, all that the record says is believed; only the others are read. Those that turn out to be the same are given to
/// `store` with what the file system says of them now.
pub(super) fn check(
    workspace: &Workspace,
    order: &Order,
    known: &BuildRecords<'_>,
    store: Option<&Store<'_>>,
    threads: Threads,
    report: Report<'_>,
) {
    let record = |member: &usize| Some((*member, known.record(&workspace.members[*member])?));
    let records: BTreeMap<usize, BuildRecord> = order.needs.keys().filter_map(record).collect();
    let folders = Folders::new(workspace);
    let touch = |(member, record): &(&usize, &BuildRecord)| {
        let stamp = observe::stamp(&folders, **member);
        (stamp != record.stamp).then_some((**member, stamp))
    };
    let all: Vec<_> = records.iter().collect();
    let touched: BTreeMap<usize, Digest> = threads.map(&all, touch).into_iter().flatten().collect();
    // Of what a build was made of there may be no record: it was never built, or not to the end.
    let used = records.keys().flat_map(|member| &order.needs[member]).copied();
    let unknown: BTreeSet<usize> = used.filter(|member| !records.contains_key(member)).collect();
    if touched.is_empty() && unknown.is_empty() {
        return;
    }
    let comparison = Comparison::new(workspace, order, records, touched, &unknown, threads);
    if let Some(store) = store {
        comparison.renew(store);
    }
    comparison.tell(report);
}

/// What records say, beside what lies there now.
struct Comparison<'a> {
    workspace: &'a Workspace,
    order: &'a Order,
    records: BTreeMap<usize, BuildRecord>,
    /// Those in which something was touched, each with its stamp.
    touched: BTreeMap<usize, Digest>,
    /// The sources of those, and of those without a record that others need.
    now: BTreeMap<usize, Digest>,
    /// Those of which what they left cannot be told from sources.
    doubtful: BTreeSet<usize>,
    /// Those that are not what their build left.
    rewritten: BTreeSet<usize>,
}

impl<'a> Comparison<'a> {
    fn new(
        workspace: &'a Workspace,
        order: &'a Order,
        records: BTreeMap<usize, BuildRecord>,
        touched: BTreeMap<usize, Digest>,
        unknown: &BTreeSet<usize>,
        threads: Threads,
    ) -> Self {
        let sources =
            BuildSources::own(workspace, &touched.keys().chain(unknown).copied().collect(), threads);
        let own = |member: &usize| digest(&sources.without_outputs(*member, records.get(member)));
        let now = sources.own.keys().map(|member| (*member, own(member))).collect();
        let is_doubtful = |number: &usize| {
            let member = &workspace.members[*number];
            let folders = entry_folders(&member.manifest);
            let is_built = |path: &String| path.split_once('/').is_some_and(|(dir, _)| folders.contains(dir));
            has_script(member)
                && (sources.unknown_to_git.contains(number) || sources.own[number].keys().any(is_built))
        };
        let doubtful = unknown.iter().copied().filter(is_doubtful).collect();
        let is_rewritten =
            |member: &usize| !is_as_left(&workspace.members[*member], &records[member], threads);
        let rewritten = touched.keys().copied().filter(is_rewritten).collect();
        Self { workspace, order, records, touched, now, doubtful, rewritten }
    }

    fn own(&self, member: usize) -> Option<&Digest> {
        self.now.get(&member).or_else(|| Some(&self.records.get(&member)?.inputs.own))
    }

    /// Files that were touched, and are what they were, need not be read again to know that.
    fn renew(&self, store: &Store<'_>) {
        for (member, stamp) in &self.touched {
            let record = &self.records[member];
            if self.own(*member) == Some(&record.inputs.own) && !self.rewritten.contains(member) {
                store.keep_build(&self.workspace.root, &record.stamped(stamp));
            }
        }
    }

    fn tell(&self, report: Report<'_>) {
        let (mut stale, mut changed) = (BTreeSet::new(), BTreeSet::new());
        for (number, record) in &self.records {
            let member = &self.workspace.members[*number];
            if !has_script(member) || !self.order.needs[number].is_disjoint(&self.doubtful) {
                continue;
            }
            let needed = needed(self.workspace, self.order, *number, |other| self.own(other));
            let has_same_sources =
                self.own(*number) == Some(&record.inputs.own) && needed == record.inputs.needed;
            match (has_same_sources, self.rewritten.contains(number)) {
                (false, false) => stale.insert(label(member)),
                (true, true) => changed.insert(label(member)),
                // Nothing was changed; or it was built by somebody else meanwhile, from who knows what.
                (true, false) | (false, true) => continue,
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
}
