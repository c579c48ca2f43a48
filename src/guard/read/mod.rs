//! What the guard reads: the index, commits and their trees, and files in them. Never the work tree, but to advise.

#![cfg_attr(not(changes), expect(clippy::disallowed_methods, reason = "asks git, and reads hooks"))]

mod git;
mod history;
pub(crate) mod hooks;
mod index;
mod objects;
mod remedies;
mod state;
mod tree;

pub(crate) use self::git::Git;
pub(crate) use self::history::{Commit, base, head, range, revision};
pub(crate) use self::index::{Intended, Listing};
pub(crate) use self::objects::{Objects, is_named};
pub(crate) use self::remedies::remedies;
pub(crate) use self::state::{at_work, prepared_deps_dirs};
pub(crate) use self::tree::{Mode, Target, TreeEntry, follow};

use crate::error::{Error, ErrorKind, Result};

/// Everything that a commit holds.
///
/// # Errors
/// [`ErrorKind::Environment`] where one of its trees cannot be read.
pub(crate) fn tree(git: &Git, commit: &Commit) -> Result<Vec<TreeEntry>> {
    let listing = git.output(&["ls-tree", "-r", "-z", "--full-tree", &commit.tree])?;
    tree::parse(&listing).map_err(|why| Error::new(ErrorKind::Environment, why))
}

/// The current folder, or the one that was named, from the work tree's top, with a slash at its end.
pub(crate) fn prefix(git: &Git) -> Vec<u8> {
    git.rev_parse([&["--show-prefix"]]).map(|[prefix]| prefix).unwrap_or_default()
}
