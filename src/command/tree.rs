//! What `prepare`, `restore` and `status` share: the state of the tree, and how a rewrite is taken back.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Event, Notice, Report, damaged};
use crate::apply::lock::{self, Holder, Lock};
use crate::apply::restore::{self, Outcome};
use crate::error::{Error, Kind, Problem, Result};
use crate::model::beside::Beside;
use crate::model::edit::{self, Change, Undo};
use crate::model::journal::{FileKind, Head, Phase, ProjectPath, SETTINGS};
use crate::model::json::Document;
use crate::model::surface::Surface;
use crate::model::tree_state::{Observed, Standing};
use crate::model::yaml::edit as yaml;
use crate::observe::project::Project;
use crate::observe::state;
use crate::observe::surfaces;
use crate::plan::restore::{Leftover, Means};
use crate::plan::{self, rewrite};

/// Puts the project back with everything that is known of manifests.
pub(super) fn put_back(project: &Project, lock: &Lock, force: bool) -> Result<Outcome> {
    let dirs = deps_dirs(project)?;
    let points_into = |kind: FileKind, bytes: &[u8]| holds_ours(kind, bytes, &dirs);
    let committed = |path: &ProjectPath, text: &str, record: &Value| committed(project, path, text, record);
    let means = Means { undo: &undo, points_into: Some(&points_into), committed: Some(&committed) };
    restore::restore(lock, &project.root, &means, force)
}

/// The deps dir that is meant now, and the one that the state names, which may be anything.
fn deps_dirs(project: &Project) -> Result<Vec<String>> {
    let standing = state::read(&project.state_dir, &project.root, &[])?.standing;
    let recorded = standing.observed().map(|observed| observed.head.deps_dir.as_str().to_owned());
    Ok(recorded.into_iter().chain([project.deps_dir.clone()]).collect())
}

/// Whether anything of a rewrite is in a file, be it as it should be or not.
fn holds_ours(kind: FileKind, bytes: &[u8], deps_dirs: &[String]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let manifest = |dir: &String| match Document::parse(&text) {
        Ok(_) => rewrite::holds_a_tarball(&text, dir),
        Err(_) => text.contains(&format!("{dir}/")),
    };
    deps_dirs.iter().any(|dir| match kind {
        FileKind::Manifest => manifest(dir),
        FileKind::Settings => settings_hold_ours(&text, dir),
        FileKind::Lockfile => rewrite::names_a_tarball_in(&text, dir),
    })
}

/// Whether an override leads to one of our tarballs. Where the overrides cannot be read, whether anything does.
fn settings_hold_ours(text: &str, deps_dir: &str) -> bool {
    match yaml::read_overrides(text) {
        Ok(overrides) => overrides.iter().any(|(_, value)| rewrite::names_a_tarball_in(value, deps_dir)),
        Err(_) => rewrite::names_a_tarball_in(text, deps_dir),
    }
}

/// Settings without the overrides that lead to tarballs: each as it is in the last commit, or gone. `None` where nothing
/// is left, and the last commit knows no such file.
pub(super) fn stripped_settings(project: &Project, file: &Beside) -> Result<Option<String>> {
    let failed = |why: String| {
        Error::new(Kind::Refused, format!("{}: {why}", file.name)).hint("correct the file by hand")
    };
    let text = file.text.as_deref().unwrap_or_default();
    let path = ProjectPath::try_from(file.name.clone()).map_err(failed)?;
    // What git cannot read may be the better one.
    state::committed(&project.root, &path)?;
    // A commit that holds the rewrite too says nothing.
    let head = head_text(project, &path).ok();
    let head = head.filter(|head| !settings_hold_ours(head, &project.deps_dir));
    let ours = yaml::read_overrides(text).map_err(|error| failed(error.to_string()))?;
    let ours = ours.into_iter().filter(|(_, value)| rewrite::names_a_tarball_in(value, &project.deps_dir));
    let selectors: Vec<String> = ours.map(|(selector, _)| selector).collect();
    let text = settings_with(text, head.as_deref().unwrap_or_default(), &selectors).map_err(failed)?;
    let is_empty = || {
        let map = crate::model::yaml::parse(&text).ok();
        !text.contains('#')
            && map.is_some_and(|map| map.as_object().is_none_or(|map| map.values().all(Value::is_null)))
    };
    Ok(if head.is_none() && is_empty() { None } else { Some(text) })
}

/// Whether a file beside a manifest is one that prepare wrote, or is made of what it wrote.
pub(super) fn is_rewritten(project: &Project, file: &Beside) -> bool {
    let text = file.text.as_deref().unwrap_or_default();
    holds_ours(file.kind, text.as_bytes(), std::slice::from_ref(&project.deps_dir))
}

/// The same for bytes of any such file: of a manifest, whether it points into the deps dir at all.
pub(super) fn is_ours(project: &Project, kind: FileKind, bytes: &[u8]) -> bool {
    match kind {
        FileKind::Manifest => points_into(project, bytes),
        _ => holds_ours(kind, bytes, std::slice::from_ref(&project.deps_dir)),
    }
}

/// Whether a manifest's bytes hold a reference into the deps dir.
pub(super) fn points_into(project: &Project, bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !rewrite::points_into(text, &project.deps_dir).is_empty())
}

fn undo(kind: FileKind, text: &str, record: &Value) -> Result<String, String> {
    match kind {
        FileKind::Manifest => {
            edit::undo(text, &undo_record::<Undo>(record)?).map_err(|conflict| conflict.to_string())
        }
        FileKind::Settings => yaml::undo(text, &undo_record(record)?),
        FileKind::Lockfile => Err("a lockfile is replaced as a whole".to_owned()),
    }
}

fn undo_record<T: DeserializeOwned>(record: &Value) -> Result<Vec<T>, String> {
    serde_json::from_value(record.clone())
        .map_err(|error| format!("the record of the rewrite is damaged: {error}"))
}

/// The text with each key that the tool changed as it is in `HEAD`; of a lockfile, the one of `HEAD`.
fn committed(project: &Project, path: &ProjectPath, text: &str, record: &Value) -> Result<String, String> {
    let head = head_text(project, path)?;
    match FileKind::of(path.file_name()).unwrap_or(FileKind::Manifest) {
        FileKind::Manifest => {
            let record = undo_record::<Undo>(record)?;
            let keys = record.iter().map(|undo| undo.path().to_vec()).collect::<Vec<_>>();
            as_committed(text, &head, &keys)
        }
        FileKind::Settings => {
            let record = undo_record::<yaml::Undo>(record)?;
            let selectors: Vec<_> = record.iter().map(|undo| undo.selector().to_owned()).collect();
            settings_with(text, &head, &selectors)
        }
        FileKind::Lockfile => Ok(head),
    }
}

/// The text with the named overrides as another text has them: there or not.
fn settings_with(text: &str, head: &str, selectors: &[String]) -> Result<String, String> {
    let failed = |error: yaml::EditError| error.to_string();
    let head = yaml::read_overrides(head).map_err(failed)?;
    let sets: Vec<_> = head.into_iter().filter(|(selector, _)| selectors.contains(selector)).collect();
    let is_set = |selector: &String| sets.iter().any(|(set, _)| set == selector);
    let removes: Vec<_> = selectors.iter().filter(|selector| !is_set(selector)).cloned().collect();
    yaml::apply(Some(text), &sets, &removes).map(|edited| edited.text).map_err(failed)
}

/// A file of the last commit.
pub(super) fn head_text(project: &Project, path: &ProjectPath) -> Result<String, String> {
    let bytes = state::committed(&project.root, path)
        .map_err(|error| error.to_string())?
        .ok_or_else(|| format!("{path} is not in the last commit"))?;
    String::from_utf8(bytes).map_err(|_| format!("{path} is not UTF-8 in the last commit"))
}

/// The text with the named keys as another text has them: there or not.
pub(super) fn as_committed(text: &str, head: &str, keys: &[Vec<String>]) -> Result<String, String> {
    let document = Document::parse(head).map_err(|error| error.to_string())?;
    let mut changes = Vec::new();
    for path in keys {
        changes.push(match document.find(path) {
            Some(node) => {
                let value = document.to_value(node).map_err(|error| error.to_string())?;
                Change::Set { path: path.clone(), value }
            }
            None => rule_around(&document, path).unwrap_or_else(|| Change::Remove { path: path.clone() }),
        });
    }
    edit::apply(text, &changes).map(|edited| edited.text).map_err(|error| error.to_string())
}

/// The rule that was a text where npm's now holds others.
fn rule_around(document: &Document, path: &[String]) -> Option<Change> {
    let path = (1..path.len()).map(|length| &path[..length]).find(|path| {
        let node = document.find(path);
        node.is_some_and(|node| document.string(node).is_some())
    })?;
    Some(Change::Set { path: path.to_vec(), value: document.string(document.find(path)?)?.into() })
}

/// Overrides, and maps of them, that are empty now and were not go, and `pnpm` with them.
pub(super) fn drop_emptied(before: &str, text: &str) -> Result<String, edit::EditError> {
    let mut text = text.to_owned();
    let had = Document::parse(before)?;
    let mut filled: Vec<Vec<String>> = Vec::new();
    let mut open: Vec<Vec<String>> =
        ["pnpm", "overrides", "resolutions"].map(|key| vec![key.to_owned()]).into();
    while let Some(path) = open.pop() {
        let Some(node) = had.find(&path).filter(|node| !had.members(*node).is_empty()) else { continue };
        let keys = had.members(node).iter().filter_map(|member| member.key.as_ref());
        open.extend(keys.map(|key| path.iter().chain([key]).cloned().collect()));
        filled.push(path);
    }
    // What lies inside others goes first.
    for path in filled.into_iter().rev() {
        let document = Document::parse(&text)?;
        let is_empty = document
            .find(&path)
            .is_some_and(|node| document.raw(node).starts_with('{') && document.members(node).is_empty());
        if is_empty {
            text = edit::apply(&text, &[Change::Remove { path }])?.text;
        }
    }
    Ok(text)
}

/// Sees to it that nothing is prepared: repairs after a kill where nobody has edited since, restores where that is
/// asked for, and else refuses.
pub(super) fn make_clean(project: &Project, lock: &Lock, force: bool, report: Report<'_>) -> Result<()> {
    let standing = state::read(&project.state_dir, &project.root, &[])?.standing;
    if let Standing::Interrupted(observed) = &standing
        && repairs_itself(&standing)
    {
        report(Event::Notice(Notice::RepairsKilled(observed)));
        return put_back(project, lock, false).map(drop);
    }
    if force && standing.observed().is_some() {
        return put_back(project, lock, false).map(|outcome| tell(&outcome, report));
    }
    refuse_unless_clean(project, &standing)
}

/// A process was killed in the middle, and what it left is known to the last byte.
pub(super) fn repairs_itself(standing: &Standing) -> bool {
    matches!(standing, Standing::Interrupted(observed) if observed.untouched())
}

/// Refuses a project that is prepared, or that a killed process left.
pub(super) fn refuse_unless_clean(project: &Project, standing: &Standing) -> Result<()> {
    let (message, hint) = match standing {
        Standing::Clean => return Ok(()),
        Standing::Prepared(observed) => (
            prepared(observed),
            "put it back with `docker-prep restore`, or do that and prepare anew with `docker-prep prepare --force`",
        ),
        Standing::Interrupted(observed) => (
            format!("{}, and a file was edited since", interrupted(observed)),
            "put it back: docker-prep restore",
        ),
        Standing::Damaged { cause } => (
            format!("{}: the state cannot be read: {cause}", project.state_dir.display()),
            "see what can be done: docker-prep restore",
        ),
    };
    Err(Error::new(Kind::Refused, message).hint(hint))
}

/// Another process is at it.
pub(super) fn busy(holder: &Holder) -> Error {
    let who = holder.pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
    let since = holder.started.map(|started| format!(" since {}", lock::age(started))).unwrap_or_default();
    Error::new(Kind::Refused, format!("{who} works on this project{since}"))
        .hint("wait for its end, then type it again")
}

/// One line on a prepared project.
fn prepared(observed: &Observed) -> String {
    let age = lock::age(observed.head.started);
    format!("the project is prepared already, by process {}, {age} ago", observed.head.pid)
}

/// One line on a project that a killed process left.
pub(crate) fn interrupted(observed: &Observed) -> String {
    let Head { pid, started, phase, .. } = observed.head;
    let doing = match phase {
        Phase::Preparing => "prepared the project",
        Phase::Prepared | Phase::Running => "ran a command on the prepared project",
        Phase::Restoring => "restored the project",
    };
    format!(
        "process {pid}, begun {} ago, was killed, or could not go on, while it {doing}",
        lock::age(started)
    )
}

fn tell(outcome: &Outcome, report: Report<'_>) {
    if let Outcome::Restored(files) = outcome {
        for file in files {
            report(Event::Notice(Notice::FileRestored(file)));
        }
    }
}

/// Moves backups that the old docker-prep.sh left back over the surfaces' manifests; says whether there were any.
pub(super) fn move_leftovers_back(
    project: &Project,
    lock: &Lock,
    surfaces: &[Surface],
    report: Report<'_>,
) -> Result<bool> {
    let manifests: Vec<PathBuf> = surfaces.iter().map(|surface| surface.manifest_path.clone()).collect();
    let moved = damaged::move_back(project, lock, &manifests, report)?;
    Ok(moved.iter().any(|moved| moved.decision == Leftover::MoveBack))
}

/// The backups that [`move_leftovers_back`] would move, by manifest: what a dry run plans from.
pub(super) fn leftovers(project: &Project, surfaces: &[Surface]) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let rewritten = |kind: FileKind, bytes: &[u8]| is_ours(project, kind, bytes);
    surfaces
        .iter()
        .filter_map(|surface| {
            let backup = state::read_backup(&surface.manifest_path)?;
            let decision =
                plan::restore::leftover(FileKind::Manifest, surface.text.as_bytes(), &backup, &rewritten);
            (decision == Leftover::MoveBack).then(|| (surface.manifest_path.clone(), Some(backup)))
        })
        .collect()
}

/// Refuses a manifest that was rewritten without a state that tells by whom, and a backup that is not ours.
pub(super) fn refuse_leftovers(project: &Project, surfaces: &[Surface], standing: &Standing) -> Result<()> {
    let mut problems = Vec::new();
    let ours: Vec<&str> =
        standing.observed().iter().flat_map(|seen| &seen.files).map(|file| file.path.as_str()).collect();
    for surface in surfaces {
        let manifest = &surface.manifest_name;
        let backup = format!("{manifest}.bak");
        let rewritten = points_into(project, surface.text.as_bytes());
        let has_backup = state::backup_of(&surface.manifest_path).symlink_metadata().is_ok();
        if has_backup && !ours.contains(&manifest.as_str()) {
            let problem = Problem::new(format!("{backup}: a backup lies there that no state names"));
            problems.push(if rewritten {
                problem.hint("if docker-prep.sh left it, put it back: docker-prep restore")
            } else {
                problem.hint(format!("move it away: mv {backup} {backup}.mine"))
            });
        } else if rewritten {
            problems.push(unknown_original(project, manifest));
        }
        // It would be taken for the original; one that cannot be read, by whoever needs it.
        if let Ok(settings) = surfaces::beside(project, surface, SETTINGS)
            && is_rewritten(project, &settings)
            && !ours.contains(&settings.name.as_str())
        {
            problems.push(unknown_file(project, &settings));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::all(Kind::Refused, problems)) }
}

/// A file beside a manifest is rewritten, and nobody knows what it was.
pub(super) fn unknown_file(project: &Project, file: &Beside) -> Problem {
    let (name, dir) = (&file.name, &project.deps_dir);
    Problem::new(format!("{name}: points into {dir}/, and nothing is known of what was there before"))
        .hint(format!("take the committed one: git checkout -- {name}   (or, if there was none: rm {name})"))
}

/// A manifest is rewritten, and nobody knows what it was.
pub(super) fn unknown_original(project: &Project, manifest: &str) -> Problem {
    let dir = &project.deps_dir;
    Problem::new(format!("{manifest}: points into {dir}/ already, and nothing is known of its original")).hint(
        format!(
            "take the committed one: git checkout -- {manifest}   (or take the references out: docker-prep --strip-overrides)"
        ),
    )
}
