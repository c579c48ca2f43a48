//! The members of a workspace by their names.

use std::collections::BTreeMap;

use crate::error::Problem;
use crate::npm::{Member, Workspace, nearest};

/// The members of a workspace by name, only where that is asked for: members may lack a name, and names that
/// nobody needs may be used twice.
pub(crate) struct MemberIndex<'a> {
    members: BTreeMap<&'a str, Vec<&'a Member>>,
}

impl<'a> MemberIndex<'a> {
    /// Indexes a workspace.
    pub(crate) fn new(workspace: &'a Workspace) -> Self {
        let mut members: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
        for member in &workspace.members {
            if let Some(name) = member.manifest.name() {
                members.entry(name).or_default().push(member);
            }
        }
        Self { members }
    }

    /// The one member of a name.
    ///
    /// # Errors
    /// No member of the name, with the nearest ones; or more than one, with their folders.
    pub(crate) fn get(&self, name: &str) -> Result<&'a Member, Problem> {
        match self.members.get(name).map(Vec::as_slice) {
            Some([member]) => Ok(member),
            Some(several) => {
                let folders: Vec<_> = several.iter().map(|member| member.relative.as_str()).collect();
                Err(Problem::new(format!(
                    "{name}: two members of the workspace have this name: {}",
                    folders.join(" and ")
                ))
                .hint("rename one of them, or take its folder out of the workspace"))
            }
            None => Err(self.missing(name)),
        }
    }

    /// Whether a member has the name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    fn missing(&self, name: &str) -> Problem {
        let near = nearest(name, self.members.keys().copied());
        let problem = Problem::new(format!("{name}: the workspace has no such package"));
        if near.is_empty() {
            problem.hint("name the repository that holds it with --workspace DIR")
        } else {
            problem.hint(format!("nearest: {}", near.join(", ")))
        }
    }
}
