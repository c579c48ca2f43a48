//! `docker-prep guard`: whether what is about to be committed, or was, holds a rewrite.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use crate::error::{Error, ErrorKind, Hint, Problem, Result};
use crate::guard;
use crate::guard::read::{Commit, Git, Intended, Listing, Mode, Objects, Target, TreeEntry};
use crate::guard::repair::{Here, RepairCommand};
use crate::guard::{
    BadSettings, BadSettingsCause, Finding, FindingKind, GuardSettings, GuardedFile, NamedDepsDirs,
    SettingsChange, SettingsFile, VersionRule, repair, shown,
};
use crate::guard::{placed, read as observe};
use crate::project::{CONFIG_FILE, HookEnvironment, Requested, unmet_version, with_origin};
use crate::rewrite::tarball_reference as reference;
use crate::text::quoted;

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
    /// How many files `guard-ignore` leaves out that would be judged.
    pub(crate) left_out: usize,
    /// Settings that what is judged changes, each with the first commit that does; none for the index. They are not
    /// followed yet.
    pub(crate) changes: Vec<(SettingsChange, Option<String>)>,
    /// What could not be read, and why, where something was found all the same.
    pub(crate) unread: Vec<(Vec<u8>, &'static str)>,
    /// Who has to end first, since it has the project prepared and restores it.
    pub(crate) at_work: Option<String>,
    /// What puts it right, copy-ready.
    pub(crate) repair: Vec<RepairCommand>,
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

/// Judges, and changes nothing. Settings are those of the last commit for the index, those where a range begins for the
/// range, and a commit's own for that commit, unless `settings_from` names a revision.
///
/// # Errors
/// [`ErrorKind::Environment`] for whatever keeps it from judging: nothing passes that could not be read.
pub(crate) fn run(
    requested: &Requested,
    scope: &GuardScope,
    settings_from: Option<&str>,
) -> Result<GuardOutcome> {
    let git = Git::find(requested.project.as_deref(), &HookEnvironment::read())
        .map_err(|error| requested.named_by.of_project(error))?;
    let by = requested.named_by.deps_dir;
    let deps_dir = requested.deps_dir.as_deref().map(|dir| deps_dir(&git, dir, by)).transpose()?;
    judge(&git, deps_dir, scope, settings_from)
}

/// The same for a folder's own repository, whatever hook calls this process.
///
/// # Errors
/// As [`run`], and [`ErrorKind::Usage`] for a folder that is not there.
pub(crate) fn run_in(folder: &Path, scope: &GuardScope) -> Result<GuardOutcome> {
    judge(&Git::of(folder)?, None, scope, None)
}

fn judge(
    git: &Git,
    deps_dir: Option<String>,
    scope: &GuardScope,
    settings_from: Option<&str>,
) -> Result<GuardOutcome> {
    // It takes longest, so it begins first.
    let staged =
        if *scope == GuardScope::Index { Some(Listing::start(git, Intended::Listed)?) } else { None };
    let mut judge = TreeJudge::new(git, Objects::open(git)?, deps_dir);
    let commits = match scope {
        GuardScope::Index => Vec::new(),
        GuardScope::Head => vec![observe::head(git)?],
        GuardScope::Range(range) => observe::range(git, range)?,
    };
    let base = match (settings_from, scope) {
        (Some(name), _) => Some(observe::revision(git, name)?),
        (None, GuardScope::Range(range)) => {
            observe::base(git, range)?.map(|name| observe::revision(git, &name)).transpose()?
        }
        _ => None,
    };
    judge.followed = match (base, scope) {
        (Some(base), _) => {
            let entries = observe::tree(git, &base)?;
            Followed::Fixed(judge.settings_texts(&candidates(&entries), &entries)?)
        }
        (None, GuardScope::Index) => Followed::LastCommit,
        (None, GuardScope::Head) => Followed::Own,
        (None, GuardScope::Range(_)) => Followed::Fixed(Vec::new()),
    };
    match staged {
        Some(staged) => {
            let found = judge.staged(staged)?;
            judge.keep(found, None);
        }
        None => {
            let git_dir = git.path("--absolute-git-dir")?;
            judge.named.prepared = observe::prepared_deps_dirs(&git_dir);
        }
    }
    judge.commits(&commits)?;
    judge.finish(commits.len())
}

/// A deps dir that was asked for, from the tree's top.
fn deps_dir(git: &Git, dir: &Path, by: &str) -> Result<String> {
    let wrong = || {
        let message = format!("{}: the deps dir lies outside the project", dir.display());
        Error::new(ErrorKind::Usage, with_origin(by, &message))
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

/// The settings of a `docker-prep.toml`, with its path from the tree's top.
type SettingsText = (Vec<u8>, Vec<u8>);

/// Whose settings say what is left out.
enum Followed {
    /// Those of the judged tree.
    Own,
    /// Those of the last commit.
    LastCommit,
    /// Those of one tree, whatever is judged.
    Fixed(Vec<SettingsText>),
}

/// What was seen of a file: what it holds that must not be committed, and why that cannot be told.
type Judged = (Vec<Finding>, Option<&'static str>);

/// Judges trees, and remembers what it has seen.
struct TreeJudge<'g> {
    objects: Objects,
    named: NamedDepsDirs,
    followed: Followed,
    settings: GuardSettings,
    /// The texts of the `docker-prep.toml`s that the settings are from.
    settings_of: Option<(Vec<SettingsText>, VersionRule)>,
    /// What is asked of the settings of the tree that is judged.
    rule: VersionRule,
    git: &'g Git,
    /// What files hold, under these settings.
    seen: HashMap<(Vec<u8>, String), Judged>,
    /// Where links lead, by their objects' names.
    links: HashMap<String, Vec<u8>>,
    /// What was found up to now.
    found: BTreeMap<Finding, CommittedFinding>,
    left_out: BTreeSet<Vec<u8>>,
    /// Those of the tree that was judged last.
    unread: BTreeMap<Vec<u8>, &'static str>,
    changes: BTreeMap<SettingsChange, Option<String>>,
}

impl<'g> TreeJudge<'g> {
    fn new(git: &'g Git, objects: Objects, deps_dir: Option<String>) -> Self {
        Self {
            objects,
            named: NamedDepsDirs { asked: deps_dir, prepared: Vec::new() },
            followed: Followed::Own,
            settings: GuardSettings::default(),
            settings_of: None,
            rule: VersionRule::default(),
            git,
            seen: HashMap::new(),
            links: HashMap::new(),
            found: BTreeMap::new(),
            left_out: BTreeSet::new(),
            unread: BTreeMap::new(),
            changes: BTreeMap::new(),
        }
    }

    /// What is staged that must not be committed.
    fn staged(&mut self, listing: Listing<'_>) -> Result<Vec<Finding>> {
        let (entries, git_dir) = listing.entries()?;
        self.named.prepared = observe::prepared_deps_dirs(&git_dir);
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
        self.left_out.clear();
        self.unread.clear();
        self.changes.clear();
        self.tree(&Listing::start(self.git, Intended::LeftOut)?.entries()?.0)
    }

    fn commits(&mut self, commits: &[Commit]) -> Result<()> {
        let mut before: Option<(&str, Vec<Finding>)> = None;
        for (at, commit) in commits.iter().enumerate() {
            // The last one says which version the project is meant for today.
            let is_last = at + 1 == commits.len();
            self.rule = if is_last { VersionRule::MustBeMet } else { VersionRule::UnderstoodIsEnough };
            let found = match before.take() {
                Some((tree, found)) if tree == commit.tree && !is_last => found,
                _ => self.tree(&observe::tree(self.git, commit)?)?,
            };
            self.keep(found.clone(), Some(&commit.name));
            before = Some((&commit.tree, found));
        }
        Ok(())
    }

    fn keep(&mut self, findings: Vec<Finding>, commit: Option<&str>) {
        for finding in findings {
            let deps_dir = match finding.kind {
                FindingKind::DepsDir => placed::folder(&self.settings, &finding.path),
                _ => self.settings.deps_dir_in(&finding.path, &finding.value),
            };
            let new = CommittedFinding { finding: finding.clone(), deps_dir, commits: Vec::new() };
            self.found.entry(finding).or_insert(new).commits.extend(commit.map(str::to_owned));
        }
        for change in self.settings.changes() {
            self.changes.entry(change.clone()).or_insert_with(|| commit.map(str::to_owned));
        }
    }

    /// What came out. What could not be read is an error where nothing was found.
    fn finish(self, commits: usize) -> Result<GuardOutcome> {
        if self.found.is_empty() && !self.unread.is_empty() {
            return Err(not_judged(&self.unread));
        }
        let mut repair = if self.found.is_empty() { Vec::new() } else { self.repair() };
        let restores = repair.iter().any(RepairCommand::is_restore);
        let at_work =
            restores.then(|| observe::at_work(&self.git.path("--absolute-git-dir").ok()?)).flatten();
        if at_work.is_some() {
            repair.retain(|command| !command.is_restore());
        }
        Ok(GuardOutcome {
            at_work,
            findings: self.found.into_values().collect(),
            commits,
            left_out: self.left_out.len(),
            changes: self.changes.into_iter().collect(),
            unread: self.unread.into_iter().collect(),
            repair,
        })
    }

    fn repair(&self) -> Vec<RepairCommand> {
        let dir = self.git.dir().map(|dir| dir.as_os_str().as_encoded_bytes().to_vec());
        let here = Here { dir, prefix: observe::prefix(self.git) };
        let is_prepared = !self.named.prepared.is_empty();
        let remedies = observe::remedies(self.git, &self.settings, self.found.keys(), is_prepared);
        repair::commands(&self.settings, &self.found.keys().collect::<Vec<_>>(), &remedies, &here)
    }

    /// Everything in a tree that must not be committed.
    fn tree(&mut self, entries: &[TreeEntry]) -> Result<Vec<Finding>> {
        let candidates = candidates(entries);
        self.read_settings(&candidates, entries)?;
        let mut found = self.misplaced(entries, &candidates);
        let is_read = |candidate: &&GuardCandidate<'_>| {
            !matches!(candidate.file, GuardedFile::Settings | GuardedFile::Backup)
                && !self.settings.leaves_out(&candidate.entry.path)
        };
        let (links, files): (Vec<_>, Vec<_>) =
            candidates.iter().filter(is_read).partition(|candidate| candidate.entry.mode == Mode::Link);
        self.leave_out(&candidates);
        let behind = self.behind(&links, entries, &mut found)?;
        self.links_into_deps_dirs(entries, &mut found)?;
        found.extend(self.contents(files.into_iter().chain(&behind).collect())?);
        found.sort();
        found.dedup();
        if found.is_empty() {
            undecided(&candidates)?
        }
        Ok(found)
    }

    /// Notes what would be judged and is not.
    fn leave_out(&mut self, candidates: &[GuardCandidate<'_>]) {
        let settings = &self.settings;
        let left_out = candidates
            .iter()
            .filter(|candidate| candidate.file != GuardedFile::Settings)
            .map(|candidate| &candidate.entry.path)
            .filter(|path| settings.leaves_out(path));
        self.left_out.extend(left_out.cloned());
    }

    /// Each `docker-prep.toml` of a tree.
    fn settings_texts(
        &mut self,
        candidates: &[GuardCandidate<'_>],
        entries: &[TreeEntry],
    ) -> Result<Vec<SettingsText>> {
        let files = candidates.iter().filter(|candidate| candidate.file == GuardedFile::Settings);
        let mut texts = Vec::new();
        for entry in files.map(|candidate| candidate.entry) {
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
            texts.push((entry.path.clone(), self.read(file)?));
        }
        Ok(texts)
    }

    /// Reads the settings of a tree, and those that are followed.
    fn read_settings(&mut self, candidates: &[GuardCandidate<'_>], entries: &[TreeEntry]) -> Result<()> {
        let judged = self.settings_texts(candidates, entries)?;
        if self.settings_of.as_ref().is_some_and(|(of, rule)| (of, *rule) == (&judged, self.rule)) {
            return Ok(());
        }
        let base = match &self.followed {
            Followed::Own => judged.clone(),
            Followed::Fixed(texts) => texts.clone(),
            Followed::LastCommit => self.committed_settings(entries, &judged)?,
        };
        let settings = GuardSettings::since(&files(&base), &files(&judged), &self.named, self.rule)
            .map_err(|bad| self.bad_settings(&bad))?;
        let is_same = self.settings_of.as_ref().is_some_and(|(of, _)| *of == judged);
        self.settings = settings;
        self.settings_of = Some((judged, self.rule));
        if !is_same {
            self.seen.clear();
        }
        Ok(())
    }

    /// The last commit's `docker-prep.toml`s: those that the judged tree has too, and the one at the top. Of one that is
    /// a link the file behind it, where that is the same link.
    fn committed_settings(
        &mut self,
        entries: &[TreeEntry],
        judged: &[SettingsText],
    ) -> Result<Vec<SettingsText>> {
        let mut base = Vec::new();
        for (path, _) in judged {
            let mut file = path.clone();
            let link = entries.iter().find(|entry| entry.path == *path && entry.mode == Mode::Link);
            if let Some(link) = link {
                let target = self.read(link)?;
                let Target::Entry(entry) = self.follow(link, entries)? else { continue };
                if self.objects.committed(path)? != Some(target) {
                    continue;
                }
                file = entry.path.clone();
            }
            if let Some(text) = self.objects.committed(&file)? {
                base.push((path.clone(), text));
            }
        }
        let top = CONFIG_FILE.as_bytes();
        if !judged.iter().any(|(path, _)| path == top)
            && let Some(text) = self.objects.committed(top)?
        {
            base.push((top.to_vec(), text));
        }
        Ok(base)
    }

    /// What must not be there, whatever it holds: backups, and what lies in a deps dir or was packed for one.
    fn misplaced(&mut self, entries: &[TreeEntry], candidates: &[GuardCandidate<'_>]) -> Vec<Finding> {
        let lower = |path: &[u8]| path.to_ascii_lowercase();
        let read = candidates.iter().filter(|candidate| candidate.file != GuardedFile::Backup);
        let beside: HashSet<Vec<u8>> = read.map(|candidate| lower(&candidate.entry.path)).collect();
        let of_something = |path: &[u8]| guard::backed_up(path).is_none_or(|of| beside.contains(&lower(of)));
        let backups = candidates
            .iter()
            .filter(|candidate| candidate.file == GuardedFile::Backup && of_something(&candidate.entry.path))
            .map(|candidate| (candidate.entry, FindingKind::Backup));
        let is_there = |entry: &&TreeEntry| entry.stage != 1;
        let marked = placed::marked_folders(entries);
        let in_deps_dir = entries
            .iter()
            .filter(is_there)
            .filter(|entry| {
                self.settings.in_deps_dir(&entry.path, entry.mode == Mode::File)
                    || placed::is_packed(&entry.path)
                    || placed::is_below(&marked, &entry.path)
            })
            .map(|entry| (entry, FindingKind::DepsDir));
        let misplaced = backups.chain(in_deps_dir);
        let (left_out, found): (Vec<_>, Vec<_>) =
            misplaced.partition(|(entry, _)| self.settings.leaves_out(&entry.path));
        let left_out = left_out.into_iter().map(|(entry, _)| entry.path.clone());
        self.left_out.extend(left_out);
        found.into_iter().map(|(entry, kind)| Finding::of_file(&entry.path, kind)).collect()
    }

    /// Links of any name that lead into a deps dir: what is reached through them is in it too.
    fn links_into_deps_dirs(&mut self, entries: &[TreeEntry], found: &mut Vec<Finding>) -> Result<()> {
        let links: Vec<&TreeEntry> =
            entries.iter().filter(|entry| entry.mode == Mode::Link && entry.stage != 1).collect();
        let mut objects = HashSet::new();
        let new: Vec<&TreeEntry> = links
            .iter()
            .filter(|link| !self.links.contains_key(&link.object) && objects.insert(&link.object))
            .copied()
            .collect();
        let known = &mut self.links;
        self.objects.read(&new, &mut |at, target| {
            known.insert(new[at].object.clone(), target.to_vec());
        })?;
        for link in links {
            let Some(target) = self.links.get(&link.object) else { continue };
            let target = reference::parts(&String::from_utf8_lossy(target));
            let leads_in =
                self.settings.leads_into_deps_dir(&link.path, &target) || reference::is_our_tarball(&target);
            if leads_in && !self.settings.leaves_out(&link.path) {
                let value = target.join("/");
                found.retain(|finding| finding.path != link.path || finding.kind != FindingKind::Link);
                found.push(Finding { value, ..Finding::of_file(&link.path, FindingKind::Link) });
            }
        }
        Ok(())
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
                found.push(Finding::of_file(&link.entry.path, FindingKind::Link));
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
            let found = guard::judge(settings, *file, &entry.path, bytes);
            seen.insert(key(new[at]), (found, guard::refusal(*file, bytes)));
        })?;
        let mut all = Vec::new();
        for candidate in candidates {
            let Some((found, refusal)) = self.seen.get(&key(candidate)) else { continue };
            all.extend(found.iter().cloned());
            if let Some(why) = refusal {
                self.unread.insert(candidate.entry.path.clone(), why);
            }
        }
        Ok(all)
    }
    fn bad_settings(&self, bad: &BadSettings) -> Error {
        let file = shown(&bad.path);
        let problem = match &bad.cause {
            BadSettingsCause::Unmet(unmet) => {
                let top = self.git.path("--show-toplevel").ok();
                let root = top.and_then(|top| Some(top.join(&file).parent()?.to_path_buf()));
                unmet_version(root.as_deref(), &file, unmet)
            }
            BadSettingsCause::Wrong(problem) if bad.path.is_empty() => {
                return Error::new(ErrorKind::Usage, problem.message.clone())
                    .hint("name a folder inside the project, from its root, such as .docker-deps");
            }
            BadSettingsCause::Wrong(Problem { message, hint, .. }) => {
                let mended = hint.iter().map(String::as_str);
                let lines = mended.chain(["nothing was judged: put the file right, and stage it"]);
                Problem::new(format!("{file}: {message}")).hint(Hint::lines(lines))
            }
        };
        Error::all(ErrorKind::Environment, vec![problem])
    }
}

fn files(texts: &[SettingsText]) -> Vec<SettingsFile<'_>> {
    texts.iter().map(|(path, text)| (path.as_slice(), text.as_slice())).collect()
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
            .hint(format!("decide it, then: git add -- {}", quoted(&entry.path)));
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    Error::all(ErrorKind::Environment, problems)
}

/// What nobody can read is judged by nobody, and does not pass.
fn not_judged(unread: &BTreeMap<Vec<u8>, &'static str>) -> Error {
    let problem = |(path, why): (&Vec<u8>, &&str)| {
        Problem::new(format!("{}: {why}, so nobody can tell what it holds", shown(path))).hint(
            "commit the file itself as text, or leave it out: guard-ignore in docker-prep.toml, committed before",
        )
    };
    Error::all(ErrorKind::Environment, unread.iter().map(problem).collect())
}
