//! `docker-prep status`: prepared or not, by whom, since when, what differs.

use crate::error::{Problem, Result};
use crate::project::{Project, Requested, read as project};
use crate::source::Decision;
use crate::transaction::apply::lock;
use crate::transaction::apply::lock::Holder;
use crate::transaction::read as state;
use crate::transaction::read::{beside as beside_files, pointing};
use crate::transaction::tree_state::{ProjectState, TreeState};

pub(crate) use crate::transaction::apply::lock::age;

/// The state of a project.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Status {
    /// The project's root.
    pub(crate) project: String,
    /// The deps dir from the root.
    pub(crate) deps_dir: String,
    /// What lies there.
    pub(crate) tree: TreeState,
    /// The process that changes it right now.
    pub(crate) running: Option<Holder>,
    /// Why it is prepared or, while a command runs with nothing touched, why it is not.
    pub(crate) source: Option<Decision>,
    /// That the project requires another version of the program.
    pub(crate) unmet_version: Option<Problem>,
    /// The files that are rewritten though no state names them, from the project's root.
    pub(crate) unknown: Vec<String>,
}

impl Status {
    /// Whether anything is not as its owner wrote it.
    pub(crate) fn is_rewritten(&self) -> bool {
        self.tree.standing != ProjectState::Clean || !self.unknown.is_empty()
    }
}

/// Looks, and changes nothing.
///
/// # Errors
/// No project, or a state that cannot be read for want of permission.
pub(crate) fn run(requested: &Requested) -> Result<Status> {
    let project = project::find_to_restore(requested)?;
    let files = beside_files::with_backups(&project);
    let mut tree = state::read(&project.state_dir, &project.root, &files)?;
    let running = lock::holder(&project.state_dir)?;
    if running.is_some() {
        tree.standing = tree.standing.while_held();
    }
    let recorded = tree.standing.observed().and_then(|observed| observed.head.source.clone());
    let noted = || lock::note(&project.state_dir).and_then(|note| Decision::parse(&note));
    let source = recorded.or_else(noted);
    let unknown = unknown(&project, &tree);
    Ok(Status {
        tree,
        unknown,
        running,
        source,
        unmet_version: project.unmet_version,
        project: project.root.display().to_string(),
        deps_dir: project.deps_dir,
    })
}

/// The files that point into the deps dir, and that the state does not name.
fn unknown(project: &Project, tree: &TreeState) -> Vec<String> {
    let observed = tree.standing.observed();
    let files = observed.map(|observed| observed.files.as_slice()).unwrap_or_default();
    let mut dirs = vec![project.deps_dir.clone()];
    dirs.extend(observed.map(|observed| observed.head.deps_dir.as_str().to_owned()));
    let points = pointing::files(project, &dirs).into_iter().map(|file| file.name);
    points.filter(|name| files.iter().all(|file| file.path != *name)).collect()
}
