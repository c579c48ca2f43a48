//! Which member of a workspace a file lies in.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;

use crate::npm::Workspace;

/// The folders of all members.
#[derive(Debug)]
pub(crate) struct Folders<'a> {
    pub(super) workspace: &'a Workspace,
    by_relative: BTreeMap<&'a str, usize>,
}

impl<'a> Folders<'a> {
    /// Those of a workspace.
    pub(crate) fn new(workspace: &'a Workspace) -> Self {
        let members = workspace.members.iter().enumerate();
        // What the root holds besides packages is shared, whether it is a package itself or not.
        let members = members.filter(|(_, member)| !member.relative.is_empty());
        Self { workspace, by_relative: members.map(|(number, member)| (&*member.relative, number)).collect() }
    }

    /// The innermost member that a file lies in, and the file's path from there; from the root where it lies in none.
    pub(super) fn place<'p>(&self, path: &'p str) -> (Option<usize>, &'p str) {
        let mut end = path.len();
        while let Some(at) = path[..end].rfind('/') {
            if let Some(member) = self.by_relative.get(&path[..at]) {
                return (Some(*member), &path[at + 1..]);
            }
            end = at;
        }
        (None, path)
    }

    /// The folders of members below a folder, which is given from the root; below the root itself, all.
    pub(super) fn inside(&self, folder: &str) -> Vec<&'a Path> {
        let beginning = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let behind = self.by_relative.range::<str, _>((Bound::Included(&*beginning), Bound::Unbounded));
        let below = behind.take_while(|(relative, _)| relative.starts_with(&beginning));
        below.map(|(_, member)| self.dir(*member)).collect()
    }

    /// The folders of members below a member's.
    pub(super) fn inside_member(&self, member: usize) -> Vec<&'a Path> {
        self.inside(&self.workspace.members[member].relative)
    }

    pub(super) fn dir(&self, member: usize) -> &'a Path {
        &self.workspace.members[member].dir
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::npm::{Catalogs, Manifest, Member, PackSettings};

    #[test]
    fn a_file_lies_in_the_innermost_member() {
        let member = |relative: &str| Member {
            dir: Path::new("/w").join(relative),
            relative: relative.to_owned(),
            manifest_file: "package.json",
            manifest: Manifest(serde_json::Map::new()),
            linked: None,
            settings: PackSettings::default(),
        };
        let members = ["", "../x", "a", "a-b", "a/b"].map(member).to_vec();
        let workspace =
            Workspace { root: "/w".into(), is_pnpm: true, members, catalogs: Catalogs::default() };
        let folders = Folders::new(&workspace);
        for (path, placed) in [
            ("a/c/d.js", (Some(2), "c/d.js")),
            ("a/b/c/d.js", (Some(4), "c/d.js")),
            ("a-b/c", (Some(3), "c")),
            ("../x/c", (Some(1), "c")),
            ("a-b.js", (None, "a-b.js")),
            ("b/a/c", (None, "b/a/c")),
            ("a", (None, "a")),
        ] {
            assert_eq!(folders.place(path), placed, "{path}");
        }
        assert_eq!(folders.inside("a"), [Path::new("/w/a/b")]);
        assert_eq!(folders.inside("a/b").len(), 0);
        assert_eq!(folders.inside("").len(), 4);
    }
}
