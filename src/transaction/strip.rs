//! `docker-prep --strip-overrides`: references into the deps dir, of which no state tells what they were, are replaced
//! by what the history of the file has, or by ranges that fit.

use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::npm::Member;
use crate::project::{Beside, FileKind, Project, ProjectPath, Requested, read as project, surfaces};
use crate::report::{Event, Notice, Report, warn};
use crate::rewrite::clean::{self, CleanError, CleanSources, Cleaned, KnownPackage};
use crate::rewrite::ours;
use crate::transaction::apply::file;
use crate::transaction::apply::lock::Lock;
use crate::transaction::read as state;
use crate::transaction::read::history::{self, FileHistory};
use crate::transaction::read::{beside as beside_files, pointing};
use crate::transaction::tree_state::ProjectState;

/// What `--strip-overrides` did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stripped {
    /// The manifests and settings that were changed, from the project's root.
    pub(crate) manifests: Vec<String>,
}

/// A rewritten file, and what git knows of it.
struct RewrittenFile {
    file: Beside,
    history: FileHistory,
}

/// Cleans manifests and settings that lead into the deps dir: all of them, or none.
///
/// # Errors
/// [`ErrorKind::Refused`] where there is something to restore from, and where it is not known what an entry was.
pub(crate) fn run(
    requested: &Requested,
    is_dry: bool,
    cancel: &CancelToken,
    report: Report<'_>,
) -> Result<Stripped> {
    let project = project::find_to_restore(requested)?;
    warn(report, project.unmet_version.as_slice());
    let lock = if is_dry { None } else { Some(Lock::acquire(&project.state_dir)?) };
    let folder = lock.as_ref().map_or(project.state_dir.as_path(), Lock::folder);
    if state::read(folder, &project.root, &[])?.standing != ProjectState::Clean {
        return Err(Error::new(ErrorKind::Refused, "the project is prepared, and its originals are kept")
            .hint("put them back: docker-prep restore"));
    }
    if let Some(manifest) = restorable(&project)? {
        return Err(Error::new(ErrorKind::Refused, format!("{manifest}.bak: a backup lies there"))
            .hint("put it back: docker-prep restore"));
    }
    let files = read(&project)?;
    let packages = if files.is_empty() { Vec::new() } else { known_packages(&project, requested) };
    let plan = plan(&project, files, &packages)?;
    let mut stripped = Stripped::default();
    for (file, cleaned) in plan {
        for (key, range) in &cleaned.ranges {
            report(Event::Notice(Notice::RangeGiven { file: &file.name, key, range }));
        }
        for key in &cleaned.dropped {
            report(Event::Notice(Notice::AddedTakenOut { file: &file.name, key }));
        }
        match &cleaned.text {
            _ if is_dry => {}
            Some(text) => file::put_text(&file.path, text, false)?,
            // Nothing is left of what prepare made.
            None => drop(file::remove(&file.path)?),
        }
        stripped.manifests.push(file.name);
        cancel.check()?;
    }
    lock.map_or(Ok(()), Lock::release)?;
    Ok(stripped)
}

/// A rewritten file beside which a backup lies that restore would move back.
fn restorable(project: &Project) -> Result<Option<String>> {
    let dir = &project.deps_dir;
    let backed_up = beside_files::backed_up(&beside_files::with_backups(project))?;
    let is_one = |kind, present: &[u8], backup: &[u8]| {
        ours::points_into(kind, present, dir) && !ours::points_into(kind, backup, dir)
    };
    let found = backed_up.iter().find(|file| is_one(file.kind, &file.present, &file.backup));
    Ok(found.map(|file| surfaces::shown(project, &file.path)))
}

/// The manifests and settings that lead into the deps dir, with their histories.
fn read(project: &Project) -> Result<Vec<RewrittenFile>> {
    let is_clean =
        |kind: FileKind| move |text: &str| !ours::points_into(kind, text.as_bytes(), &project.deps_dir);
    let files = pointing::files(project, std::slice::from_ref(&project.deps_dir));
    let read = |file: Beside| {
        let path = ProjectPath::try_from(file.name.clone()).map_err(|why| failed(&file, &why))?;
        let history = history::read(&project.root, &path, &is_clean(file.kind))?;
        Ok(RewrittenFile { file, history })
    };
    files.into_iter().map(read).collect()
}

/// What becomes of each file.
///
/// # Errors
/// [`ErrorKind::Refused`], with each entry of which nobody knows what it was, and each file that cannot be read.
fn plan(
    project: &Project,
    files: Vec<RewrittenFile>,
    packages: &[KnownPackage],
) -> Result<Vec<(Beside, Cleaned)>> {
    let mut plan = Vec::new();
    let mut problems = Vec::new();
    for RewrittenFile { file, history } in files {
        let sources = CleanSources { history: &history.texts, packages, deps_dir: &project.deps_dir };
        match clean::clean(file.kind, file.text.as_deref().unwrap_or_default(), &sources) {
            Ok(cleaned) => plan.push((file, cleaned)),
            Err(CleanError::Text(why)) => problems.extend(failed(&file, &why.to_string()).problems),
            Err(CleanError::Unknown(entries)) => problems.extend(entries.iter().map(|entry| {
                let (name, line, key) = (&file.name, entry.line, &entry.key);
                Problem::new(format!(
                    "{name}:{line}: {key}: neither the file's history nor the workspace tells what it was"
                ))
                .hint("write a version there, then type again: docker-prep --strip-overrides")
            })),
        }
    }
    if problems.is_empty() {
        return Ok(plan);
    }
    problems.push(Problem::new("nothing was changed"));
    Err(Error::all(ErrorKind::Refused, problems))
}

/// The packages of the workspaces that could have been packed.
pub(crate) fn known_packages(project: &Project, requested: &Requested) -> Vec<KnownPackage> {
    let known = |member: &Member| {
        let manifest = &member.manifest;
        let names = |field| manifest.dependencies(field).map(|(name, _)| name.to_owned());
        let meta = manifest.0.get("peerDependenciesMeta");
        let is_optional = |name: &String| {
            meta.and_then(|meta| meta.get(name)?.get("optional")?.as_bool()).unwrap_or_default()
        };
        Some(KnownPackage {
            name: manifest.name()?.to_owned(),
            version: manifest.version()?,
            dependencies: names("dependencies").chain(names("optionalDependencies")).collect(),
            peers: names("peerDependencies").filter(|name| !is_optional(name)).collect(),
        })
    };
    let workspaces = project::workspace::candidates(project, requested);
    workspaces.iter().flat_map(|workspace| &workspace.members).filter_map(known).collect()
}

fn failed(file: &Beside, why: &str) -> Error {
    let what = if file.kind == FileKind::Manifest { "manifest" } else { "file" };
    Error::new(ErrorKind::Refused, format!("{}: {why}", file.name))
        .hint(format!("correct the {what} by hand"))
}
