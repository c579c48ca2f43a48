//! `docker-prep guard`: whether what is about to be committed, or was, holds a rewrite.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use crate::error::{Error, ErrorKind, Problem, Result};
use crate::guard;
use crate::guard::read::{Commit, Git, Intended, Listing, Mode, Objects, Target, TreeEntry};
use crate::guard::repair::Here;
use crate::guard::{BadSettings, Finding, GuardSettings, GuardedFile, read as observe, repair, shown};
use crate::project::{HookEnvironment, Requested};
use crate::rewrite::tarball_reference as reference;

/// What is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GuardScope {
    /// The tree that a commit would create now.
    Index,
    /// The last commit.
    Head,
    /// Each commit of a range.
    Range(String),
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct GuardOutcome {
    /// Each thing once, by path and line.
    pub(crate) findings: Vec<CommittedFinding>,
    /// How many commits were judged; none for the index.
    pub(crate) commits: usize,
    /// What puts it right, copy-ready.
    pub(crate) repair: Vec<String>,
}

/// A finding, and which commits hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommittedFinding {
    /// What it is.
    pub(crate) finding: Finding,
    /// The deps dir that it points into or lies in.
    pub(crate) deps_dir: String,
    /// The commits' names, the oldest first; none for the index.
    pub(crate) commits: Vec<String>,
}

/// Judges, and changes nothing.
///
/// # Errors
/// [`ErrorKind::Environment`] for whatever keeps it from judging: nothing passes that could not be read.
pub(crate) fn run(requested: &Requested, scope: &GuardScope) -> Result<GuardOutcome> {
    let git = Git::find(requested.project.as_deref(), &HookEnvironment::read())?;
    let deps_dir = requested.deps_dir.as_deref().map(|dir| deps_dir(&git, dir)).transpose()?;
    judge(&git, deps_dir, scope)
}

/// The same for a folder's own repository, whatever hook calls this process.
///
/// # Errors
/// As [`run`], and [`ErrorKind::Usage`] for a folder that is not there.
pub(crate) fn run_in(folder: &Path, scope: &GuardScope) -> Result<GuardOutcome> {
    judge(&Git::of(folder)?, None, scope)
}

fn judge(git: &Git, deps_dir: Option<String>, scope: &GuardScope) -> Result<GuardOutcome> {
    // It takes longest, so it begins first.
    let staged =
        if *scope == GuardScope::Index { Some(Listing::start(git, Intended::Listed)?) } else { None };
    let mut judge = TreeJudge::new(Objects::open(git)?, deps_dir);
    if let Some(staged) = staged {
        let found = judge.staged(git, staged)?;
        judge.keep(found, None);
    }
    let commits = match scope {
        GuardScope::Index => Vec::new(),
        GuardScope::Head => vec![observe::head(git)?],
        GuardScope::Range(range) => observe::range(git, range)?,
    };
    judge.commits(git, &commits)?;
    let repair = if judge.found.is_empty() { Vec::new() } else { judge.repair(git) };
    Ok(GuardOutcome { findings: judge.found.into_values().collect(), commits: commits.len(), repair })
}

/// A deps dir that was asked for, from the tree's top.
fn deps_dir(git: &Git, dir: &Path) -> Result<String> {
    let wrong = || {
        Error::new(ErrorKind::Usage, format!("{}: the deps dir lies outside the project", dir.display()))
            .hint("name a folder inside the project, from its root, such as .docker-deps")
    };
    let inside = if dir.is_absolute() {
        let top = git.path("--show-toplevel")?;
        dir.strip_prefix(top).map_err(|_| wrong())?.to_path_buf()
    } else {
        dir.to_path_buf()
    };
    inside.to_str().map(str::to_owned).ok_or_else(wrong)
}

/// A file that is read, and what for.
struct GuardCandidate<'e> {
    entry: &'e TreeEntry,
    file: GuardedFile,
}

/// Judges trees, and remembers what it has seen.
struct TreeJudge {
    objects: Objects,
    deps_dir: Option<String>,
    settings: GuardSettings,
    /// The `docker-prep.toml`s that the settings are from, each with its object's name.
    settings_of: Vec<(Vec<u8>, String)>,
    /// What files hold, under these settings.
    seen: HashMap<(Vec<u8>, String), Vec<Finding>>,
    /// What was found up to now.
    found: BTreeMap<Finding, CommittedFinding>,
}

impl TreeJudge {
    fn new(objects: Objects, deps_dir: Option<String>) -> Self {
        let settings = GuardSettings::default();
        // No file has this name: the first tree's settings are read whatever they are.
        let settings_of = vec![(Vec::new(), String::new())];
        Self { objects, deps_dir, settings, settings_of, seen: HashMap::new(), found: BTreeMap::new() }
    }

    /// What is staged that must not be committed.
    fn staged(&mut self, git: &Git, listing: Listing<'_>) -> Result<Vec<Finding>> {
        let entries = listing.entries()?;
        let empty: HashSet<&[u8]> =
            entries.iter().filter(|entry| entry.is_empty()).map(|entry| entry.path.as_slice()).collect();
        // An empty file that nobody reads, and that no link may lead to, matters only where it must not be.
        let may_be_read = !empty.is_empty()
            && candidates(&entries).iter().any(|c| c.entry.mode == Mode::Link || c.entry.is_empty());
        if !may_be_read {
            let found = self.tree(&entries)?;
            if !found.iter().any(|finding| empty.contains(finding.path.as_slice())) {
                return Ok(found);
            }
        }
        self.tree(&Listing::start(git, Intended::LeftOut)?.entries()?)
    }

    fn commits(&mut self, git: &Git, commits: &[Commit]) -> Result<()> {
        let mut before: Option<(&str, Vec<Finding>)> = None;
        for commit in commits {
            let found = match before.take() {
                Some((tree, found)) if tree == commit.tree => found,
                _ => self.tree(&observe::tree(git, commit)?)?,
            };
            self.keep(found.clone(), Some(&commit.name));
            before = Some((&commit.tree, found));
        }
        Ok(())
    }

    fn keep(&mut self, findings: Vec<Finding>, commit: Option<&str>) {
        for finding in findings {
            let deps_dir = self.settings.project(&finding.path).deps_dir();
            let new = CommittedFinding { finding: finding.clone(), deps_dir, commits: Vec::new() };
            self.found.entry(finding).or_insert(new).commits.extend(commit.map(str::to_owned));
        }
    }

    fn repair(&self, git: &Git) -> Vec<String> {
        let dir = git.dir().map(|dir| dir.as_os_str().as_encoded_bytes().to_vec());
        let here = Here { dir, prefix: observe::prefix(git) };
        repair::commands(&self.settings, &self.found.keys().collect::<Vec<_>>(), &here)
    }

    /// Everything in a tree that must not be committed.
    fn tree(&mut self, entries: &[TreeEntry]) -> Result<Vec<Finding>> {
        let candidates = candidates(entries);
        self.read_settings(&candidates, entries)?;
        let mut found = self.misplaced(entries, &candidates);
        let is_read = |candidate: &&GuardCandidate<'_>| {
            matches!(
                candidate.file,
                GuardedFile::Manifest(_) | GuardedFile::Workspace | GuardedFile::Lockfile(_)
            ) && !self.settings.leaves_out(&candidate.entry.path)
        };
        let (links, files): (Vec<_>, Vec<_>) =
            candidates.iter().filter(is_read).partition(|candidate| candidate.entry.mode == Mode::Link);
        let behind = self.behind(&links, entries, &mut found)?;
        found.extend(self.contents(files.into_iter().chain(&behind).collect())?);
        found.sort();
        found.dedup();
        if found.is_empty() {
            undecided(&candidates)?
        }
        Ok(found)
    }

    /// Reads each `docker-prep.toml` of the tree itself.
    fn read_settings(&mut self, candidates: &[GuardCandidate<'_>], entries: &[TreeEntry]) -> Result<()> {
        let files: Vec<&TreeEntry> =
            candidates.iter().filter(|c| c.file == GuardedFile::Settings).map(|c| c.entry).collect();
        let of: Vec<_> = files.iter().map(|entry| (entry.path.clone(), entry.object.clone())).collect();
        if of == self.settings_of {
            return Ok(());
        }
        let mut texts = Vec::new();
        for entry in files {
            let file =
                if entry.mode == Mode::Link { self.follow(entry, entries)? } else { Target::Entry(entry) };
            let Target::Entry(file) = file else {
                return Err(Error::new(
                    ErrorKind::Environment,
                    format!("{}: a link out of what is committed", shown(&entry.path)),
                )
                .hint("commit the settings themselves: docker-prep.toml"));
            };
            if file.stage > 0 {
                return Err(not_merged(&[file]));
            }
            texts.push((entry.path.as_slice(), self.read(file)?));
        }
        let texts: Vec<(&[u8], &[u8])> = texts.iter().map(|(path, text)| (*path, text.as_slice())).collect();
        self.settings =
            GuardSettings::read(&texts, self.deps_dir.as_deref()).map_err(|bad| bad_settings(&bad))?;
        self.settings_of = of;
        self.seen.clear();
        Ok(())
    }

    /// What must not be there, whatever it holds: backups, and what lies in a deps dir.
    fn misplaced(&self, entries: &[TreeEntry], candidates: &[GuardCandidate<'_>]) -> Vec<Finding> {
        let lower = |path: &[u8]| path.to_ascii_lowercase();
        let read = candidates.iter().filter(|candidate| candidate.file != GuardedFile::Backup);
        let beside: HashSet<Vec<u8>> = read.map(|candidate| lower(&candidate.entry.path)).collect();
        let of_something = |path: &[u8]| guard::backed_up(path).is_none_or(|of| beside.contains(&lower(of)));
        let backups = candidates
            .iter()
            .filter(|candidate| candidate.file == GuardedFile::Backup && of_something(&candidate.entry.path))
            .map(|candidate| (candidate.entry, guard::FindingKind::Backup));
        let is_there = |entry: &&TreeEntry| entry.stage != 1;
        let in_deps_dir = entries
            .iter()
            .filter(is_there)
            .filter(|entry| self.settings.in_deps_dir(&entry.path, entry.mode == Mode::File))
            .map(|entry| (entry, guard::FindingKind::DepsDir));
        backups
            .chain(in_deps_dir)
            .filter(|(entry, _)| !self.settings.leaves_out(&entry.path))
            .map(|(entry, kind)| Finding::of_file(&entry.path, kind))
            .collect()
    }

    /// The files behind links that stand where manifests and lockfiles do: rewriting follows such links.
    fn behind<'e>(
        &mut self,
        links: &[&GuardCandidate<'_>],
        entries: &'e [TreeEntry],
        found: &mut Vec<Finding>,
    ) -> Result<Vec<GuardCandidate<'e>>> {
        let mut behind = Vec::new();
        for link in links {
            let into_deps_dir = match self.follow(link.entry, entries)? {
                Target::Entry(entry) if self.settings.in_deps_dir(&entry.path, true) => true,
                Target::Entry(entry) => {
                    behind.push(GuardCandidate { entry, file: link.file });
                    false
                }
                Target::Elsewhere => {
                    let target = self.read(link.entry)?;
                    let target = reference::parts(&String::from_utf8_lossy(&target));
                    self.settings.leads_into_deps_dir(&link.entry.path, &target)
                }
            };
            if into_deps_dir {
                found.push(Finding::of_file(&link.entry.path, guard::FindingKind::Link));
            }
        }
        Ok(behind)
    }

    fn follow<'e>(&mut self, link: &TreeEntry, entries: &'e [TreeEntry]) -> Result<Target<'e>> {
        let entries: HashMap<&[u8], &TreeEntry> =
            entries.iter().map(|entry| (entry.path.as_slice(), entry)).collect();
        observe::follow(&entries, link, &mut |entry| self.read(entry))
    }

    fn read(&mut self, entry: &TreeEntry) -> Result<Vec<u8>> {
        let mut read = Vec::new();
        self.objects.read(&[entry], &mut |_, bytes| read = bytes.to_vec())?;
        Ok(read)
    }

    /// What files hold that must not be committed; each content is judged once.
    fn contents(&mut self, candidates: Vec<&GuardCandidate<'_>>) -> Result<Vec<Finding>> {
        let key =
            |candidate: &GuardCandidate<'_>| (candidate.entry.path.clone(), candidate.entry.object.clone());
        let new: Vec<&GuardCandidate<'_>> =
            candidates.iter().filter(|candidate| !self.seen.contains_key(&key(candidate))).copied().collect();
        let entries: Vec<&TreeEntry> = new.iter().map(|candidate| candidate.entry).collect();
        let (settings, seen) = (&self.settings, &mut self.seen);
        self.objects.read(&entries, &mut |at, bytes| {
            let GuardCandidate { entry, file } = new[at];
            seen.insert(key(new[at]), guard::judge(settings, *file, &entry.path, bytes));
        })?;
        Ok(candidates
            .iter()
            .filter_map(|candidate| self.seen.get(&key(candidate)))
            .flatten()
            .cloned()
            .collect())
    }
}

/// The files that are read, and the backups. Of an unmerged file the common ancestor is on nobody's side.
fn candidates(entries: &[TreeEntry]) -> Vec<GuardCandidate<'_>> {
    entries
        .iter()
        .filter(|entry| entry.mode != Mode::Submodule && entry.stage != 1)
        .filter_map(|entry| Some(GuardCandidate { entry, file: guard::file(&entry.path)? }))
        .collect()
}

/// Where nothing was found, a file that both sides of a merge changed is still anybody's guess.
fn undecided(candidates: &[GuardCandidate<'_>]) -> Result<()> {
    let unmerged: Vec<&TreeEntry> = candidates
        .iter()
        .filter(|candidate| candidate.entry.stage > 0 && candidate.file != GuardedFile::Backup)
        .map(|candidate| candidate.entry)
        .collect();
    if unmerged.is_empty() { Ok(()) } else { Err(not_merged(&unmerged)) }
}

fn not_merged(entries: &[&TreeEntry]) -> Error {
    let mut problems = Vec::new();
    for entry in entries {
        let path = shown(&entry.path);
        let problem = Problem::new(format!("{path}: not merged yet, so nobody knows what will be committed"))
            .hint(format!("decide it, then: git add -- {}", repair::quoted(&entry.path)));
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    Error::all(ErrorKind::Environment, problems)
}

fn bad_settings(bad: &BadSettings) -> Error {
    if bad.path.is_empty() {
        return Error::new(ErrorKind::Usage, bad.cause.clone())
            .hint("name a folder inside the project, from its root, such as .docker-deps");
    }
    Error::new(ErrorKind::Environment, format!("{}: {}", shown(&bad.path), bad.cause))
        .hint("nothing was judged: put the file right, and stage it")
}
