//! What `prepare`, `restore` and `status` say of the state of the tree, and whether prepare may begin in it.

use crate::transaction::read::beside as beside_files;
use std::collections::BTreeMap;
use std::path::PathBuf;

use super::damaged;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::project::{Beside, FileKind, Project, ProjectPath, SETTINGS, Surface};
use crate::report::{Event, Notice, Report};
use crate::rewrite::ours;
use crate::transaction::apply::lock;
use crate::transaction::apply::lock::Lock;
use crate::transaction::journal::Phase;
use crate::transaction::plan::{Leftover, leftover};
use crate::transaction::read as state;
use crate::transaction::read::history;
use crate::transaction::restore::put_back;
use crate::transaction::tree_state::{ObservedJournal, ProjectState};

/// Sees to it that nothing is prepared: repairs after a kill where nobody has edited since, restores where that is
/// asked for, and else refuses.
pub(crate) fn make_clean(
    project: &Project,
    lock: &Lock,
    force: bool,
    forced: &str,
    report: Report<'_>,
) -> Result<()> {
    let standing = state::read(&project.state_dir, &project.root, &[])?.standing;
    if let ProjectState::Interrupted(observed) = &standing
        && repairs_itself(&standing)
    {
        report(Event::Notice(Notice::RepairsKilled { killed: &interrupted(observed) }));
        return put_back(project, lock, &standing, false).map(drop);
    }
    if force && standing.observed().is_some() {
        for file in put_back(project, lock, &standing, false)? {
            let (from, note) = (file.source, file.note.as_deref());
            report(Event::Notice(Notice::FileRestored { file: file.path.as_str(), from, note }));
        }
        return Ok(());
    }
    refuse_unless_clean(project, &standing, forced)
}

/// A process was killed in the middle, and what it left is known to the last byte.
pub(crate) fn repairs_itself(standing: &ProjectState) -> bool {
    matches!(standing, ProjectState::Interrupted(observed) if observed.untouched())
}

/// Refuses a project that is prepared, or that a killed process left. `forced`: what was called, as it is typed to
/// restore first.
pub(crate) fn refuse_unless_clean(project: &Project, standing: &ProjectState, forced: &str) -> Result<()> {
    let (message, hint) = match standing {
        ProjectState::Clean => return Ok(()),
        ProjectState::Prepared(observed) => (
            prepared(observed),
            format!("put it back: docker-prep restore   (or have it restored first: {forced})"),
        ),
        ProjectState::Interrupted(observed) => (
            format!("{}, and a file was edited since", interrupted(observed)),
            "put it back: docker-prep restore".to_owned(),
        ),
        ProjectState::Damaged { cause } => (
            format!("{}: the state cannot be read: {cause}", project.state_dir.display()),
            "see what can be done: docker-prep restore".to_owned(),
        ),
    };
    Err(Error::new(ErrorKind::Refused, message).hint(hint))
}

/// One line on a prepared project.
fn prepared(observed: &ObservedJournal) -> String {
    let age = lock::age(observed.head.started);
    format!("the project is prepared already, by {}, {age} ago", observed.head.by())
}

/// One line on a project that a killed process left.
pub(crate) fn interrupted(observed: &ObservedJournal) -> String {
    let head = &observed.head;
    let doing = match head.phase {
        Phase::Preparing => "prepared the project",
        Phase::Prepared | Phase::Running => "ran a command on the prepared project",
        Phase::Restoring => "restored the project",
    };
    let (by, age) = (head.by(), lock::age(head.started));
    format!("{by}, begun {age} ago, was killed, or could not go on, while it {doing}")
}

/// Moves backups that the old docker-prep.sh left back over the surfaces' manifests.
pub(crate) fn move_leftovers_back(
    project: &Project,
    lock: &Lock,
    surfaces: &[Surface],
    report: Report<'_>,
) -> Result<()> {
    let manifests: Vec<PathBuf> = surfaces.iter().map(|surface| surface.manifest_path.clone()).collect();
    damaged::move_back(project, lock, &manifests, report).map(drop)
}

/// The backups that [`move_leftovers_back`] would move, by manifest: what a dry run plans from.
pub(crate) fn leftovers(project: &Project, surfaces: &[Surface]) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let backed_up = surfaces.iter().filter_map(|surface| {
        let backup = state::read_backup(&surface.manifest_path)?;
        let text = surface.text.as_bytes();
        (leftover(FileKind::Manifest, text, &backup, &project.deps_dir) == Leftover::MoveBack)
            .then(|| (surface.manifest_path.clone(), Some(backup)))
    });
    backed_up.collect()
}

/// Refuses a manifest that was rewritten without a state that tells by whom, and a backup that is not ours.
pub(crate) fn refuse_leftovers(
    project: &Project,
    surfaces: &[Surface],
    standing: &ProjectState,
) -> Result<()> {
    let mut problems = Vec::new();
    let ours: Vec<&str> =
        standing.observed().iter().flat_map(|seen| &seen.files).map(|file| file.path.as_str()).collect();
    for surface in surfaces {
        let manifest = &surface.manifest_name;
        let backup = format!("{manifest}.bak");
        let rewritten = ours::points_into(FileKind::Manifest, surface.text.as_bytes(), &project.deps_dir);
        let has_backup = state::has_backup(&surface.manifest_path);
        let is_needless = has_backup && !rewritten && has_needless_backup(project, surface);
        if has_backup && !is_needless && !ours.contains(&manifest.as_str()) {
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
        if let Ok(settings) = beside_files::beside(project, surface, SETTINGS)
            && ours::is_rewritten(&settings, &project.deps_dir)
            && !ours.contains(&settings.name.as_str())
        {
            problems.push(unknown_file(project, &settings));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::all(ErrorKind::Refused, problems)) }
}

/// Whether git or the manifest itself says what the backup beside it says.
fn has_needless_backup(project: &Project, surface: &Surface) -> bool {
    let place = &surface.manifest_path;
    let name = place.strip_prefix(&project.root).ok().and_then(|path| path.to_str());
    name.and_then(|name| ProjectPath::try_from(name.replace('\\', "/")).ok()).is_some_and(|path| {
        history::is_needless(&project.root, &path, &state::backup_of(place), surface.text.as_bytes())
    })
}

/// A file beside a manifest is rewritten, and nobody knows what it was.
pub(crate) fn unknown_file(project: &Project, file: &Beside) -> Problem {
    let (name, dir) = (&file.name, &project.deps_dir);
    let remedy = checkout(project, name, file.kind).map_or_else(
        || format!("remove it: rm {name}"),
        |command| format!("take the committed one: {command}"),
    );
    Problem::new(format!("{name}: points into {dir}/, and nothing is known of what was there before"))
        .hint(remedy)
}

/// A manifest is rewritten, and nobody knows what it was.
fn unknown_original(project: &Project, manifest: &str) -> Problem {
    let dir = &project.deps_dir;
    Problem::new(format!("{manifest}: points into {dir}/ already, and nothing is known of its original"))
        .hint(remedy(project, manifest, FileKind::Manifest))
}

/// What puts a rewritten manifest or settings file right of which no state is known.
pub(crate) fn remedy(project: &Project, name: &str, kind: FileKind) -> String {
    const STRIP: &str = "docker-prep --strip-overrides";
    match checkout(project, name, kind) {
        Some(command) => {
            format!("take the committed one: {command}   (or keep the rest of it as it is: {STRIP})")
        }
        None => format!("put there what its history has, or a range that fits: {STRIP}"),
    }
}

/// The command that takes the newest committed text of a file that is not rewritten.
pub(super) fn checkout(project: &Project, name: &str, kind: FileKind) -> Option<String> {
    let is_clean = |text: &str| !ours::points_into(kind, text.as_bytes(), &project.deps_dir);
    let path = ProjectPath::try_from(name.to_owned()).ok()?;
    let clean = history::read(&project.root, &path, &is_clean).ok()?.clean.filter(|clean| clean.same_name)?;
    Some(format!("git checkout {} -- {name}", clean.commit))
}
