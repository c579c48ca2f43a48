//! `docker-prep --strip-overrides`: references into the deps dir, of which nothing is known, taken out.

use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::project::{Beside, FileKind, Project, ProjectPath, Requested, read as project, surfaces};
use crate::report::{Event, Notice, Report};
use crate::rewrite::{ours, take_back};
use crate::transaction::apply::file;
use crate::transaction::apply::lock::Lock;
use crate::transaction::read as state;
use crate::transaction::read::{beside as beside_files, committed};
use crate::transaction::tree_state::ProjectState;

/// What `--strip-overrides` did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stripped {
    /// The manifests and settings that were changed, from the project's root.
    pub(crate) manifests: Vec<String>,
}

/// Takes references into the deps dir out of manifests and settings that nothing is known of: each key becomes what it is in the
/// last commit, or goes.
///
/// # Errors
/// [`ErrorKind::Refused`] where there is something to restore from. A file that cannot be stripped leaves all as they are.
pub(crate) fn run(requested: &Requested, cancel: &CancelToken, report: Report<'_>) -> Result<Stripped> {
    let project = project::find(requested)?;
    let lock = Lock::acquire(&project.state_dir)?;
    if state::read(lock.folder(), &project.root, &[])?.standing != ProjectState::Clean {
        return Err(Error::new(ErrorKind::Refused, "the project is prepared, and its originals are kept")
            .hint("put them back: docker-prep restore"));
    }
    if let Some(manifest) = beside_files::with_backups(&project).first() {
        let manifest = surfaces::shown(&project, manifest);
        return Err(Error::new(ErrorKind::Refused, format!("{manifest}.bak: a backup lies there"))
            .hint("put it back: docker-prep restore"));
    }
    let files = rewritten(&project);
    let heads = files.iter().map(|file| head(&project, file)).collect::<Result<Vec<_>>>()?;
    let files = files.into_iter().zip(heads);
    let stripped = files.map(|(file, head)| strip(&project, file, head.as_deref(), report));
    let mut names = Vec::new();
    for file in stripped.collect::<Result<Vec<_>>>()? {
        match file.text {
            Some(text) => file::put_text(&file.path, &text, false)?,
            // Nothing is left of what prepare made.
            None => drop(file::remove(&file.path)?),
        }
        names.push(file.name);
        cancel.check()?;
    }
    lock.release()?;
    Ok(Stripped { manifests: names })
}

/// The manifests and settings that lead into the deps dir.
fn rewritten(project: &Project) -> Vec<Beside> {
    let manifests = surfaces::all(project).into_iter().map(|surface| Beside {
        path: surface.manifest_path,
        name: surface.manifest_name,
        kind: FileKind::Manifest,
        text: Some(surface.text),
    });
    let settings = beside_files::beside_manifests(project);
    let settings = settings.into_iter().filter(|file| file.kind == FileKind::Settings);
    manifests.chain(settings).filter(|file| ours::is_rewritten(file, &project.deps_dir)).collect()
}

/// The file's text in the last commit. What git cannot read may be a good one, and is an error; one that holds the
/// rewrite too says nothing.
fn head(project: &Project, file: &Beside) -> Result<Option<String>> {
    let path = ProjectPath::try_from(file.name.clone()).map_err(|why| failed(file, &why))?;
    let head = committed::text(&project.root, &path)?;
    Ok(head.filter(|head| !ours::points_into(file.kind, head.as_bytes(), &project.deps_dir)))
}

/// The file with the text that it gets; with none, it goes.
fn strip(project: &Project, mut file: Beside, head: Option<&str>, report: Report<'_>) -> Result<Beside> {
    if head.is_none() && file.kind == FileKind::Manifest {
        report(Event::Notice(Notice::ReferencesTakenOut { file: &file.name }));
    }
    let text = file.text.as_deref().unwrap_or_default();
    let stripped = take_back::strip(file.kind, text, head, &project.deps_dir);
    file.text = stripped.map_err(|error| failed(&file, &error.to_string()))?;
    Ok(file)
}

fn failed(file: &Beside, why: &str) -> Error {
    let what = if file.kind == FileKind::Manifest { "manifest" } else { "file" };
    Error::new(ErrorKind::Refused, format!("{}: {why}", file.name))
        .hint(format!("correct the {what} by hand"))
}
