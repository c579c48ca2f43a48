//! The files of a package that are packed: npm-packlist 5.1.3 on ignore-walk 5.0.1, as pnpm 10.6.5 calls them.

mod bundled;
mod files;
mod manifest;
mod order;
mod rules;
pub(crate) mod tree;
mod walker;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::rc::Rc;

use serde_json::Value;

use crate::error::Problem;
use crate::npm::manifest::Manifest;
use crate::npm::minimatch::PatternError;
use crate::npm::read::seen::SeenPaths;

/// The relative paths of the files that a package's tarball holds, sorted by their bytes. Paths are strings as
/// the original has them: one may hold `.` or `..` where a `files` entry does.
///
/// `published` is the manifest after `publishConfig` was applied; the one on disk is not read.
///
/// # Errors
///
/// Where pnpm fails, and where an entry would leave the package.
pub(crate) fn pack_list(dir: &Path, published: &Manifest) -> Result<Vec<String>, Problem> {
    pack_list_seen(dir, published, &Rc::default())
}

/// [`pack_list`] that notes what it looks at.
///
/// # Errors
///
/// As [`pack_list`].
pub(crate) fn pack_list_seen(
    dir: &Path,
    published: &Manifest,
    seen: &Rc<SeenPaths>,
) -> Result<Vec<String>, Problem> {
    let tree = tree::PackTree::new(dir, seen);
    let walk =
        Walk { tree: &tree, manifests: RefCell::new(HashMap::new()), result: RefCell::new(BTreeSet::new()) };
    walk.manifests.borrow_mut().insert(String::new(), Value::Object(published.0.clone()));
    let bundled = bundled::find(&walk, published)?;
    walker::Walker::root(&walk, bundled).start()?;
    let list: BTreeSet<String> = walk
        .result
        .into_inner()
        .into_iter()
        // @pnpm/fs.packlist takes off one `./` or `.\`.
        .map(|path| match path.strip_prefix("./").or_else(|| path.strip_prefix(".\\")) {
            Some(rest) => rest.to_owned(),
            None => path,
        })
        .collect();
    Ok(list.into_iter().collect())
}

/// What is shared by all folders of one walk.
struct Walk<'a> {
    tree: &'a tree::PackTree,
    /// The original's `packageJsonCache`, by the package's folder: `""` or `node_modules/<name>`.
    manifests: RefCell<HashMap<String, Value>>,
    result: RefCell<BTreeSet<String>>,
}

impl Walk<'_> {
    /// A failure at a path of the package.
    fn fail(&self, verb: &str, relative: &str, cause: &str) -> Problem {
        Problem::new(format!("cannot {verb} {}: {cause}", self.tree.path(relative).display()))
    }

    /// A file's text as Node reads it: what is no UTF-8 becomes U+FFFD.
    fn read_text(&self, relative: &str) -> Result<String, Problem> {
        let path = self.tree.path(relative);
        self.tree.seen().look(&path, true);
        let bytes =
            crate::disk::read(&path).map_err(|e| self.fail("read", relative, &crate::error::io_cause(&e)))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn unlisted(error: &tree::ListError) -> Problem {
    Problem::new(format!("cannot read the folder {}: {}", error.path.display(), error.cause))
        .hint("give it back its permissions, or take it out of the package")
}

fn bad_pattern(tree: &tree::PackTree, relative: &str, error: PatternError) -> Problem {
    Problem::new(format!("{}: {error}", tree.path(relative).display()))
        .hint("shorten the pattern, or split it into several")
}

#[cfg(test)]
mod tests;
