//! `docker-prep status`: prepared or not, by whom, since when, what differs.

use crate::error::Result;
use crate::project::read as project;
use crate::project::read::surfaces;
use crate::project::requested::Requested;
use crate::source::model::Decision;
use crate::transaction::apply::lock;
use crate::transaction::apply::lock::Holder;
use crate::transaction::read as state;
use crate::transaction::tree_state::TreeState;

pub use crate::transaction::apply::lock::age;

/// The state of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The project's root.
    pub project: String,
    /// The deps dir from the root.
    pub deps_dir: String,
    /// What lies there.
    pub tree: TreeState,
    /// The process that changes it right now.
    pub running: Option<Holder>,
    /// Why it is prepared or, while a command runs with nothing touched, why it is not.
    pub source: Option<Decision>,
}

/// Looks, and changes nothing.
///
/// # Errors
/// No project, or a state that cannot be read for want of permission.
pub fn run(requested: &Requested) -> Result<Status> {
    let project = project::find(requested)?;
    let files = surfaces::with_backups(&project);
    let mut tree = state::read(&project.state_dir, &project.root, &files)?;
    let running = lock::holder(&project.state_dir)?;
    if running.is_some() {
        tree.standing = tree.standing.while_held();
    }
    let recorded = tree.standing.observed().and_then(|observed| observed.head.source.clone());
    let noted = || lock::note(&project.state_dir).and_then(|note| Decision::parse(&note));
    let source = recorded.or_else(noted);
    Ok(Status {
        tree,
        running,
        source,
        project: project.root.display().to_string(),
        deps_dir: project.deps_dir,
    })
}
