//! What the guard reads: the index, commits and their trees, and files in them. Never the work tree.

mod git;
mod history;
mod index;
mod objects;
mod tree;

pub use git::Git;
pub use history::{Commit, head, range};
pub use index::{Intended, Listing};
pub use objects::Objects;
pub use tree::{Entry, Mode, Target, follow};

use crate::error::{Error, Kind, Result};

/// Everything that a commit holds.
///
/// # Errors
/// [`Kind::Environment`] where one of its trees cannot be read.
pub fn tree(git: &Git, commit: &Commit) -> Result<Vec<Entry>> {
    let listing = git.output(&["ls-tree", "-r", "-z", "--full-tree", &commit.tree])?;
    tree::parse(&listing).map_err(|why| Error::new(Kind::Environment, why))
}

/// The current folder, or the one that was named, from the work tree's top, with a slash at its end.
#[must_use]
pub fn prefix(git: &Git) -> Vec<u8> {
    git.rev_parse([&["--show-prefix"]]).map(|[prefix]| prefix).unwrap_or_default()
}
