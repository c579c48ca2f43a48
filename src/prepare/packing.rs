//! The part that `pack` and `prepare` share: from members of a workspace to encoded tarballs.

mod syncing;

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::cache::Memory;
use crate::cancel::CancelToken;
use crate::deps_dir::OwnOutput;
use crate::error::{Error, ErrorKind, Problem, Result, io_cause};
use crate::npm::contents::{BUILD_HINT, Unbuilt};
use crate::npm::{
    Contents, EncodeError, Encoded, Member, Scope, Seal, Tarball, TarballSink, Workspace, WorkspaceContext,
    contents, encode,
};
use crate::report::{Event, Notice, Progress, Report, warn};
use crate::rewrite::MemberIndex;
use crate::threads::Threads;

/// The members of the given names, each once, sorted.
///
/// # Errors
/// [`ErrorKind::Packing`] naming every one that the workspace lacks or has twice.
pub(crate) fn named_members<'a>(
    workspace: &'a Workspace,
    names: &BTreeSet<String>,
) -> Result<Vec<&'a Member>> {
    let index = MemberIndex::new(workspace);
    all_or_problems(names.iter().map(|name| index.get(name)))
}

/// All that went well, or else every problem, each once.
fn all_or_problems<T>(results: impl IntoIterator<Item = Result<T, Problem>>) -> Result<Vec<T>> {
    let (mut done, mut problems) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(one) => done.push(one),
            Err(problem) => problems.push(problem),
        }
    }
    problems.dedup();
    if problems.is_empty() { Ok(done) } else { Err(Error::all(ErrorKind::Packing, problems)) }
}

/// Every member in scope, sorted by name.
///
/// The root, and private members without a name or version, were never meant to be packed: they are passed over with
/// a notice, as `pnpm -r pack` does. So is every member that lacks one where the scope is everything, and members may
/// share a name there: other people's workspaces are full of examples and fixtures.
///
/// # Errors
/// [`ErrorKind::Packing`] for members of a scope of names that lack a name or share one.
pub(crate) fn all_members<'a>(
    workspace: &'a Workspace,
    scope: &Scope,
    report: Report<'_>,
) -> Result<Vec<&'a Member>> {
    let mut by_name: BTreeMap<(&str, &str), &Member> = BTreeMap::new();
    let mut problems = Vec::new();
    for member in workspace.members.iter().filter(|member| !member.relative.starts_with("..")) {
        let may_lack = scope.is_everything() || member.relative.is_empty() || member.manifest.is_private();
        match member.manifest.name() {
            None if may_lack => report(Event::Notice(Notice::Nameless { folder: &member.relative })),
            None => problems.push(
                Problem::new(format!("{}: has no name", member.dir.join(member.manifest_file).display()))
                    .hint("give it a `name`, make it `private`, or take its folder out of the workspace"),
            ),
            Some(name) if !scope.contains(name) => {}
            Some(name) if may_lack && member.manifest.version().is_none() => {
                report(Event::Notice(Notice::Versionless { name }));
            }
            Some(name) => {
                by_name.insert((name, &member.relative), member);
            }
        }
    }
    let members: Vec<&Member> = by_name.into_values().collect();
    for pair in members.windows(2).filter(|pair| pair[0].manifest.name() == pair[1].manifest.name()) {
        let name = pair[0].manifest.name().unwrap_or_default();
        if scope.is_everything() {
            let folders = [&*pair[0].relative, &*pair[1].relative];
            report(Event::Notice(Notice::SameName { name, folders }));
        } else {
            let message = format!(
                "{name}: two members of the workspace have this name: {} and {}",
                folder(pair[0]),
                folder(pair[1])
            );
            problems.push(
                Problem::new(message).hint("rename one of them, or take its folder out of the workspace"),
            );
        }
    }
    if problems.is_empty() { Ok(members) } else { Err(Error::all(ErrorKind::Packing, problems)) }
}

fn folder(member: &Member) -> &str {
    if member.relative.is_empty() { "the workspace's root" } else { &member.relative }
}

/// Which members are packed, and where to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedMembers<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) members: &'a [&'a Member],
    /// The folder that the tarballs go to: it may lie in a package, and is no part of it.
    pub(crate) output: &'a Path,
}

/// What goes into the tarball of each member. Packages that are `optional` may lack files that their manifests name.
///
/// # Errors
/// [`ErrorKind::Packing`] naming every package that cannot be packed, and why.
pub(crate) fn contents(
    PackedMembers { workspace, members, output }: PackedMembers<'_>,
    optional: &BTreeSet<String>,
    allow_unbuilt: bool,
    memory: &Memory,
    threads: Threads,
    report: Report<'_>,
) -> Result<Vec<Contents>> {
    let output = OwnOutput::of(output);
    let take_out = |dir: &Path, files: &mut Vec<String>| output.take_out(dir, files);
    let around = WorkspaceContext::new(workspace).without(&take_out);
    let contents = |member: &&Member| contents::remembered(&around, member, memory);
    let read = threads.map(members, contents);
    let mut all = Vec::with_capacity(read.len());
    let (mut problems, mut unbuilt, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for contents in read {
        match contents {
            Ok(contents) => {
                warnings.extend_from_slice(&contents.warnings);
                let is_optional = contents.manifest.name().is_some_and(|name| optional.contains(name));
                match contents::unbuilt(&contents, is_optional) {
                    Some(Unbuilt { problem, is_error: true }) if !allow_unbuilt => {
                        unbuilt.push(problem.hint(BUILD_HINT));
                    }
                    found => warnings.extend(found.map(|found| found.problem)),
                }
                all.push(contents);
            }
            Err(found) => problems.extend(found),
        }
    }
    warn(report, &warnings);
    problems.extend(unbuilt);
    if problems.is_empty() { Ok(all) } else { Err(Error::all(ErrorKind::Packing, problems)) }
}

/// Where tarballs are written to, and what stops it.
pub(crate) struct Sinks<'a, F> {
    pub(crate) cancel: &'a CancelToken,
    /// Who shares the work.
    pub(crate) threads: Threads,
    /// The folder that they are written into, for messages.
    pub(crate) folder: Option<&'a Path>,
    /// What is known of tarballs that were made before.
    pub(crate) memory: &'a Memory,
    /// Whether the checksums are wanted that nothing is named by.
    pub(crate) checksums: bool,
    /// How far it is.
    pub(crate) tally: &'a ProgressCounter<'a>,
    /// Opens a sink for one tarball.
    pub(crate) open: F,
}

/// How far packing is, told as it goes.
pub(crate) struct ProgressCounter<'a> {
    report: Option<Report<'a>>,
    packages: AtomicUsize,
    packed: AtomicUsize,
    bytes: AtomicU64,
    done: AtomicU64,
    work: AtomicU64,
}

impl<'a> ProgressCounter<'a> {
    /// At the begin.
    pub(crate) fn new(report: Report<'a>) -> Self {
        Self { report: Some(report), ..Self::silent() }
    }

    /// One that tells nobody.
    pub(crate) fn silent() -> Self {
        let count = || AtomicUsize::new(0);
        let size = || AtomicU64::new(0);
        let (packages, packed) = (count(), count());
        Self { report: None, packages, packed, bytes: size(), done: size(), work: size() }
    }

    /// All that will be packed: known before the first one is, so that nothing is added to what is left.
    pub(super) fn expect(&self, weights: impl IntoIterator<Item = u64>) {
        for weight in weights {
            self.packages.fetch_add(1, Ordering::Relaxed);
            self.work.fetch_add(weight, Ordering::Relaxed);
        }
    }

    /// A package was packed.
    fn packed(&self, weight: u64) {
        self.done.fetch_add(weight, Ordering::Relaxed);
        self.tell(1, 0);
    }

    /// A package was there already, which takes no time and so tells nothing of the pace.
    fn was_there(&self, weight: u64, bytes: u64) {
        self.work.fetch_sub(weight, Ordering::Relaxed);
        self.tell(1, bytes);
    }

    /// Some bytes of a package were packed.
    fn written(&self, bytes: u64) {
        self.tell(0, bytes);
    }

    fn tell(&self, packed: usize, bytes: u64) {
        let Some(report) = self.report else { return };
        report(Event::Packing(Progress {
            packed: self.packed.fetch_add(packed, Ordering::Relaxed) + packed,
            packages: self.packages.load(Ordering::Relaxed),
            bytes: self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes,
            done: self.done.load(Ordering::Relaxed),
            work: self.work.load(Ordering::Relaxed),
        }));
    }
}

/// What a tarball can be made of.
pub(crate) trait Packable: Sync {
    /// How much work that is, to be held against others.
    fn weight(&self) -> u64;

    /// The tarball that was made of the same before.
    fn known(&self, seal: Option<&Seal>, memory: &Memory, checksums: bool) -> Option<Tarball>;

    /// Makes it, and remembers that.
    fn encode<W: Write>(
        &self,
        seal: Option<&Seal>,
        checksums: bool,
        threads: Threads,
        sink: W,
    ) -> std::result::Result<(Tarball, W), EncodeError>;

    /// Remembers the tarball that was made.
    fn learn(&self, seal: Option<&Seal>, memory: &Memory, tarball: &Tarball);
}

impl<C: Borrow<Contents> + Sync> Packable for C {
    fn weight(&self) -> u64 {
        self.borrow().weight()
    }

    fn known(&self, seal: Option<&Seal>, memory: &Memory, checksums: bool) -> Option<Tarball> {
        memory.packed(self.borrow(), seal, checksums)
    }

    fn encode<W: Write>(
        &self,
        seal: Option<&Seal>,
        checksums: bool,
        threads: Threads,
        sink: W,
    ) -> std::result::Result<(Tarball, W), EncodeError> {
        encode(self.borrow(), seal, checksums, threads, sink)
    }

    fn learn(&self, seal: Option<&Seal>, memory: &Memory, tarball: &Tarball) {
        memory.learn_packed(self.borrow(), seal, tarball);
    }
}

/// A package to encode.
pub(crate) struct PackingJob<C> {
    pub(crate) package: C,
    pub(crate) seal: Option<Seal>,
}

/// Encodes each package into a sink of its own, on as many threads as there are cores; in the given order.
///
/// # Errors
/// [`ErrorKind::Packing`] for files that cannot be read and for a full disk, and the signal that came meanwhile.
pub(crate) fn encode_all<F: TarballSink>(contents: &[&Contents], sinks: &Sinks<'_, F>) -> Result<Encoded<F>> {
    let jobs: Vec<_> =
        contents.iter().map(|contents| PackingJob { package: *contents, seal: None }).collect();
    encode_jobs(&jobs, sinks)
}

/// [`encode_all`] of packages that may have a seal.
pub(crate) fn encode_jobs<C, F>(jobs: &[PackingJob<C>], sinks: &Sinks<'_, F>) -> Result<Encoded<F>>
where
    C: Packable,
    F: TarballSink,
{
    let cancel = sinks.cancel;
    let sink_error = |error: &io::Error| {
        let into = sinks.folder.map(|folder| format!(" into {}", folder.display())).unwrap_or_default();
        Problem::new(format!("cannot write a tarball{into}: {}", io_cause(error)))
            .hint("make room there, or make the folder writable, then run it again")
    };
    let encode = |PackingJob { package, seal }: &PackingJob<C>| {
        let seal = seal.as_ref();
        if let Some(tarball) = package.known(seal, sinks.memory, sinks.checksums)
            && let Some(full) = sinks.open.reuse(&tarball)
        {
            sinks.tally.was_there(package.weight(), tarball.size);
            return Ok((tarball, full));
        }
        let sink = sinks.open.open().map_err(|error| sink_error(&error))?;
        let sink = Interruptible { sink, cancel, tally: sinks.tally };
        let encoded =
            package.encode(seal, sinks.checksums, sinks.threads, sink).map_err(|error| match error {
                EncodeError::Package(problem) => problem,
                EncodeError::Sink(error) => sink_error(&error),
            });
        let (tarball, Interruptible { sink, .. }) = encoded?;
        let full = sinks.open.close(sink).map_err(|error| sink_error(&error))?;
        package.learn(seal, sinks.memory, &tarball);
        sinks.tally.packed(package.weight());
        Ok((tarball, full))
    };
    // The largest first, one after the other: so no core is left alone with much at the end.
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    order.sort_by_key(|place| Reverse(jobs[*place].package.weight()));
    let may_be_lost = |(_, full): &(Tarball, F::Full)| F::may_be_lost(full);
    let sync = |(_, full): &(Tarball, F::Full)| sinks.open.sync(full).map_err(|error| sink_error(&error));
    let encoded = syncing::each(sinks.threads, &order, |place| encode(&jobs[place]), may_be_lost, sync);
    cancel.check()?;
    all_or_problems(encoded)
}

/// A sink that fails as soon as the call is cancelled, so that a large package does not hold up Ctrl-C.
struct Interruptible<'a, W> {
    sink: W,
    cancel: &'a CancelToken,
    tally: &'a ProgressCounter<'a>,
}

impl<W: Write> Write for Interruptible<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("interrupted"));
        }
        let written = self.sink.write(bytes)?;
        self.tally.written(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
