//! Packages in the order in which they are built, and what is known of each.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::{BuildMode, has_script};
use crate::build::apply::{Builder, RunningBuilds, label};
use crate::build::plan::{Order, dependencies};
use crate::build::read::{BuildSources, Folders, Stats};
use crate::build::{BuildOutput, BuildState, BuiltPackage, entry_folders, read as observe};
use crate::cache::{BuildRecord, DigestBuilder, FileIds, Inputs, Store, digest, read as cache};
use crate::error::{Error, ErrorKind, Result};
use crate::npm::{ContentSource, Member, Workspace, contents};
use crate::report::{Event, Notice, Report};
use crate::text::Digest;
use crate::threads::Threads;

/// What is read of the workspace, and what became of its packages.
pub(super) struct BuildSite<'a> {
    workspace: &'a Workspace,
    folders: Folders<'a>,
    order: Order,
    /// Where records are kept, if there is such a place.
    store: Option<&'a Store<'a>>,
    sources: BuildSources,
    records: BTreeMap<usize, BuildRecord>,
    /// As they were before anything was read; where records are kept.
    stamps: BTreeMap<usize, Digest>,
    own: BTreeMap<usize, Digest>,
    shared: Digest,
    tools: Digest,
    threads: Threads,
    report: Report<'a>,
    pub(super) built: Vec<BuiltPackage>,
}

/// A package that is being built.
struct BuildWork {
    group: usize,
    /// What lay there before.
    before: BTreeMap<String, Stats>,
}

/// What a build left.
struct Left {
    outputs: FileIds,
    stamp: Digest,
}

impl<'a> BuildSite<'a> {
    /// Reads sources and records.
    pub(super) fn new(
        workspace: &'a Workspace,
        order: Order,
        known: Option<&cache::BuildRecords<'_>>,
        store: Option<&'a Store<'a>>,
        tools: Digest,
        threads: Threads,
        report: Report<'a>,
    ) -> Self {
        let wanted: BTreeSet<usize> = order.needs.keys().copied().collect();
        let record = |member: &usize| Some((*member, known?.record(&workspace.members[*member])?));
        let records: BTreeMap<usize, BuildRecord> = wanted.iter().filter_map(record).collect();
        let folders = Folders::new(workspace);
        let stamped: Vec<usize> = wanted.iter().copied().filter(|_| store.is_some()).collect();
        let stamps = threads.map(&stamped, |member| (*member, observe::stamp(&folders, *member)));
        let stamps = stamps.into_iter().collect();
        let sources = BuildSources::read(workspace, &wanted, threads);
        let own = |member: usize| digest(&sources.without_outputs(member, records.get(&member)));
        let own = wanted.iter().map(|member| (*member, own(*member))).collect();
        let shared = digest(&sources.shared);
        Self {
            workspace,
            folders,
            order,
            store,
            sources,
            records,
            stamps,
            own,
            shared,
            tools,
            threads,
            report,
            built: Vec::new(),
        }
    }

    /// Builds what has changed, each package behind those that it needs; or says what would be built.
    pub(super) fn run(&mut self, builder: &mut Builder<'_>, what: BuildMode) -> Result<()> {
        let cores = Threads::new(None).count();
        let limit = if what == BuildMode::Build(BuildOutput::Live) { 1 } else { cores };
        let mut behind = self.order.behind.clone();
        let mut ready: BTreeSet<usize> =
            (0..behind.len()).filter(|group| behind[*group].is_empty()).collect();
        let mut waiting: VecDeque<usize> = VecDeque::new();
        let mut builds: Option<RunningBuilds<'_>> = None;
        let mut at_work: BTreeMap<usize, BuildWork> = BTreeMap::new();
        let mut left: BTreeMap<usize, Left> = BTreeMap::new();
        let mut builder = Some(builder);
        loop {
            while let Some(group) = ready.pop_first() {
                if self.is_current(group) {
                    self.tell(group, BuildState::Unchanged);
                    self.renew(group);
                    self.note(group);
                } else if what == BuildMode::Plan {
                    if let Some(member) = self.scripts(group).first() {
                        self.make_ready(*member, builder.take())?;
                    }
                    self.tell(group, BuildState::Planned);
                } else {
                    waiting.extend(self.scripts(group).first());
                    continue;
                }
                done(group, &mut behind, &mut ready);
            }
            while at_work.len() < limit
                && let Some(member) = waiting.pop_front()
            {
                if let Some(builder) = self.make_ready(member, builder.take())? {
                    builds = Some(builder.begin()?);
                }
                let Some(builds) = &mut builds else { break };
                at_work.insert(member, self.start(member, builds)?);
            }
            let Some(builds) = builds.as_mut().filter(|_| !at_work.is_empty()) else { return Ok(()) };
            let (member, took) = builds.wait()?;
            let Some(work) = at_work.remove(&member) else { continue };
            self.add(member, BuildState::Built, took);
            left.extend(self.left(member, &work).map(|one| (member, one)));
            let scripts = self.scripts(work.group);
            if let Some(next) = scripts.iter().skip_while(|one| **one != member).nth(1) {
                waiting.push_front(*next);
                continue;
            }
            for member in scripts {
                self.write_down(member, left.remove(&member));
            }
            self.note(work.group);
            done(work.group, &mut behind, &mut ready);
        }
    }

    /// Those members of a group that are built.
    fn scripts(&self, group: usize) -> Vec<usize> {
        let members = self.order.groups[group].iter().copied();
        members.filter(|member| has_script(&self.workspace.members[*member])).collect()
    }

    fn tell(&mut self, group: usize, state: BuildState) {
        for member in self.scripts(group) {
            self.add(member, state, Duration::ZERO);
        }
    }

    fn add(&mut self, member: usize, state: BuildState, took: Duration) {
        let name = label(&self.workspace.members[member]).to_owned();
        let built = BuiltPackage { name, state, took };
        match state {
            BuildState::Built => (self.report)(Event::Built { name: &built.name, took: Some(took) }),
            BuildState::Unchanged => (self.report)(Event::Built { name: &built.name, took: None }),
            BuildState::Planned => {}
        }
        self.built.push(built);
    }

    fn inputs(&self, member: usize) -> Inputs {
        Inputs {
            own: self.own.get(&member).cloned().unwrap_or_else(|| Digest::of(b"")),
            needed: needed(self.workspace, &self.order, member, |other| self.own.get(&other)),
            shared: self.shared.clone(),
            tools: self.tools.clone(),
        }
    }

    /// Whether every member of a group is what its last build left, of the same inputs.
    fn is_current(&self, group: usize) -> bool {
        self.scripts(group).into_iter().all(|member| {
            self.records.get(&member).is_some_and(|record| {
                record.inputs == self.inputs(member)
                    && is_as_left(&self.workspace.members[member], record, self.threads)
            })
        })
    }

    /// Files that were touched, and are what they were, need not be read again to know that.
    fn renew(&self, group: usize) {
        for member in self.scripts(group) {
            if let Some(record) = self.records.get(&member) {
                self.keep(member, |stamp| record.stamped(stamp));
            }
        }
    }

    /// What has no build script may be what others were built of: its sources are remembered too.
    fn note(&self, group: usize) {
        for member in &self.order.groups[group] {
            let here = &self.workspace.members[*member];
            if !has_script(here) {
                self.keep(*member, |stamp| {
                    BuildRecord::new(&here.relative, self.inputs(*member), &FileIds::new(), stamp.clone())
                });
            }
        }
    }

    /// Keeps a record with the stamp of before anything was read, unless it is there already.
    fn keep(&self, member: usize, record: impl FnOnce(&Digest) -> BuildRecord) {
        let (Some(store), Some(stamp)) = (self.store, self.stamps.get(&member)) else { return };
        let (root, record) = (&self.workspace.root, record(stamp));
        if self.records.get(&member) == Some(&record) {
            store.touch_build(root, &record.package);
        } else {
            store.keep_build(root, &record);
        }
    }

    /// Makes sure that a member can be built; and of the package manager, where `builder` has not been used yet.
    fn make_ready<'b, 'c>(
        &self,
        member: usize,
        builder: Option<&'b mut Builder<'c>>,
    ) -> Result<Option<&'b mut Builder<'c>>> {
        self.refuse_uninstalled(member)?;
        let Some(builder) = builder else { return Ok(None) };
        if let Some(doubt) = builder.ready()? {
            (self.report)(Event::Warning(&doubt));
        }
        Ok(Some(builder))
    }

    fn refuse_uninstalled(&self, member: usize) -> Result<()> {
        let Workspace { root, members, .. } = self.workspace;
        let member = &members[member];
        let at_root = members.iter().find(|member| member.relative.is_empty());
        let needs = |member: &Member| dependencies(&member.manifest).next().is_some();
        if !(needs(member) || at_root.is_some_and(needs)) || observe::is_installed(self.workspace, member) {
            return Ok(());
        }
        let (manager, _) = crate::project::of_workspace(self.workspace);
        let (name, root) = (manager.manager.name.as_str(), root.display());
        let message = format!("{}: cannot be built: {root} has no node_modules", label(member));
        Err(Error::new(ErrorKind::Environment, message).hint(format!("type: cd {root} && {name} install")))
    }

    fn start(&mut self, member: usize, builds: &mut RunningBuilds<'_>) -> Result<BuildWork> {
        let group = self.order.groups.iter().position(|group| group.contains(&member)).unwrap_or_default();
        let before = self.ground(member);
        // What it left is about to change, whether this build ends well or not.
        if let (Some(store), Some(record)) = (self.store, self.records.get(&member)) {
            store.forget_build(&self.workspace.root, &record.package);
        }
        builds.start(member)?;
        Ok(BuildWork { group, before })
    }

    /// What git ignores in a member's folder.
    fn ground(&self, member: usize) -> BTreeMap<String, Stats> {
        if self.sources.unknown_to_git.contains(&member) {
            return BTreeMap::new();
        }
        observe::ignored(&self.folders, member)
    }

    /// What a build left; `None` where it cannot be told what it was made of.
    fn left(&mut self, member: usize, work: &BuildWork) -> Option<Left> {
        let here = &self.workspace.members[member];
        let stamp = observe::stamp(&self.folders, member);
        let record = self.records.get(&member);
        let before = self.sources.without_outputs(member, record);
        let mut now = BuildSources::own(self.workspace, &BTreeSet::from([member]), self.threads);
        let mut now = now.own.remove(&member).unwrap_or_default();
        let ground = self.ground(member);
        let former = record.map(|record| record.outputs.as_slice()).unwrap_or_default();
        let is_there = |path: &&String| ground.contains_key(*path) || now.contains_key(*path);
        let mut outputs: BTreeSet<String> = former.iter().filter(is_there).cloned().collect();
        let is_written = |path: &&String| work.before.get(*path) != ground.get(*path);
        let packed = self.packed(member);
        outputs.extend(ground.keys().filter(|path| is_written(path) || packed.contains(*path)).cloned());

        // What git sees besides: built files that are committed or not ignored, or somebody's edit meanwhile.
        let is_unknown = self.sources.unknown_to_git.contains(&member);
        let folders = entry_folders(&here.manifest);
        let mut edited = None;
        for path in before.keys().chain(now.keys()).filter(|path| before.get(*path) != now.get(*path)) {
            let in_folder = path.split_once('/').is_some_and(|(folder, _)| folders.contains(folder));
            if in_folder || is_unknown && !before.contains_key(path) {
                outputs.extend(Some(path).filter(is_there).cloned());
            } else if !outputs.contains(path) {
                edited = Some(path.clone());
            }
        }
        now.retain(|path, _| !outputs.contains(path));
        self.own.insert(member, digest(&now));
        if let Some(path) = edited {
            let package = label(here);
            (self.report)(Event::Notice(Notice::EditedWhileBuilt { package, file: &path }));
            return None;
        }
        Some(Left { outputs: observe::outputs(&here.dir, &outputs, self.threads), stamp })
    }

    /// The files that would be packed, from the member's folder.
    fn packed(&self, member: usize) -> BTreeSet<String> {
        let member = &self.workspace.members[member];
        // What keeps it from being packed is said when it is.
        let Ok(contents) = contents::contents(self.workspace, member) else { return BTreeSet::new() };
        let paths = contents.entries.iter().filter_map(|entry| match &entry.source {
            ContentSource::OnDisk(path) => path.strip_prefix(&member.dir).ok()?.to_str().map(str::to_owned),
            ContentSource::Generated(_) => None,
        });
        paths.collect()
    }

    fn write_down(&self, member: usize, left: Option<Left>) {
        let (Some(store), Some(left)) = (self.store, left) else { return };
        let relative = &self.workspace.members[member].relative;
        let record = BuildRecord::new(relative, self.inputs(member), &left.outputs, left.stamp);
        store.keep_build(&self.workspace.root, &record);
    }
}

/// The digest of the sources of all that a member needs, of which `own` knows each one's.
pub(super) fn needed<'o>(
    workspace: &Workspace,
    order: &Order,
    member: usize,
    own: impl Fn(usize) -> Option<&'o Digest>,
) -> Digest {
    let mut needed = DigestBuilder::default();
    for other in order.needs.get(&member).into_iter().flatten() {
        if let Some(own) = own(*other) {
            needed.add(workspace.members[*other].relative.as_bytes(), own.as_str().as_bytes());
        }
    }
    needed.finish()
}

/// Whether what a build left lies there.
pub(super) fn is_as_left(member: &Member, record: &BuildRecord, threads: Threads) -> bool {
    record.left == digest(&observe::outputs(&member.dir, &record.outputs, threads))
}

/// What waits for a group waits no longer.
fn done(group: usize, behind: &mut [BTreeSet<usize>], ready: &mut BTreeSet<usize>) {
    for (other, waits_for) in behind.iter_mut().enumerate() {
        if waits_for.remove(&group) && waits_for.is_empty() {
            ready.insert(other);
        }
    }
}
