//! `docker-prep status`: prepared or not, by whom, since when, what differs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::tree;
use crate::apply::lock::{self, Holder};
use crate::error::Result;
use crate::model::requested::Requested;
use crate::model::source::Decision;
use crate::model::tree_state::{FileState, Now, Standing, TreeState};
use crate::observe::project;
use crate::observe::state;
use crate::observe::surfaces;

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

impl Status {
    /// For `--json`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut document = json!({
            "project": self.project,
            "depsDir": self.deps_dir,
            "prepared": matches!(self.tree.standing, Standing::Prepared(_)),
            "running": self.running.map(|holder| json!({"pid": holder.pid, "started": holder.started})),
        });
        if let (Some(document), Ok(Value::Object(tree))) =
            (document.as_object_mut(), serde_json::to_value(&self.tree))
        {
            document.extend(tree.into_iter().filter(|(key, _)| key != "depsDir"));
            document.insert("source".to_owned(), json!(self.source));
        }
        document
    }

    /// For people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        if let Some(pid) = self.running.and_then(|holder| holder.pid) {
            let _ = writeln!(text, "process {pid} is at work on it right now");
        }
        match &self.tree.standing {
            Standing::Clean => text.push_str("not prepared\n"),
            Standing::Damaged { cause } => {
                let _ = writeln!(text, "the state cannot be read: {cause}");
                text.push_str("put back what can be: docker-prep restore\n");
            }
            Standing::Interrupted(observed) => {
                if self.running.is_none() {
                    let _ = writeln!(text, "{}", tree::interrupted(observed));
                }
                files(&mut text, &observed.files);
            }
            Standing::Prepared(observed) => {
                let age = lock::age(observed.head.started);
                let _ = writeln!(text, "prepared by process {}, {age} ago", observed.head.pid);
                files(&mut text, &observed.files);
            }
        }
        if let Some(source) = &self.source {
            let _ = writeln!(text, "{}", source.line());
        }
        if self.tree.standing.observed().is_some() && self.running.is_none() {
            text.push_str("put it back: docker-prep restore\n");
        }
        for backup in &self.tree.leftovers {
            let _ = writeln!(text, "{backup}: a backup that no state names");
        }
        text
    }
}

fn files(text: &mut String, files: &[FileState]) {
    for file in files {
        let now = match file.now {
            Now::Original if file.created => "gone, as before",
            Now::Original => "the original",
            Now::Rewritten if file.created => "made",
            Now::Rewritten => "rewritten",
            Now::Merged if file.created => "an edit of what was made",
            Now::Merged => "the original with an edit",
            Now::Edited if file.created => "made, then edited",
            Now::Edited => "rewritten, then edited",
            Now::Missing => "missing",
            Now::NotAFile => "no file any more",
        };
        let _ = writeln!(text, "  {}: {now}", file.path);
    }
}
