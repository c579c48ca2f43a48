//! What the last commit has of a file.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{Error, ErrorKind, Result, io_cause};
use crate::project::git::git;
use crate::project::{Failure, ProjectPath, git};

/// The texts that the last commit has of files. What git cannot read is as good as none.
pub(crate) fn texts<'a>(
    root: &Path,
    files: impl Iterator<Item = &'a ProjectPath>,
) -> BTreeMap<ProjectPath, String> {
    files.filter_map(|file| Some((file.clone(), text(root, file).ok()??))).collect()
}

/// The text of a file in some commit, where git can tell.
pub(crate) fn text_at(root: &Path, commit: &str, path: &ProjectPath) -> Option<String> {
    let object = format!("{commit}:./{path}");
    String::from_utf8(git::answer(git(root).args(["show", "--no-textconv", &object])).ok()?).ok()
}

/// The text of a file in the last commit, or `None` where git has none, or none that is UTF-8.
///
/// # Errors
/// git cannot be run, or cannot read what it has.
pub(crate) fn text(root: &Path, path: &ProjectPath) -> Result<Option<String>> {
    let said = match git::answer(git(root).args(["show", "--no-textconv", &format!("HEAD:./{path}")])) {
        Ok(content) => return Ok(String::from_utf8(content).ok()),
        Err(Failure::NotRun(error)) => {
            return Err(Error::new(ErrorKind::Environment, format!("cannot run git: {}", io_cause(&error)))
                .because(&error));
        }
        Err(Failure::Refused(said)) => said,
    };
    // git fails for a file that the commit does not have, and also where it cannot read its own.
    let known = git::answer(git(root).args(["rev-parse", "--verify", "--quiet", &format!("HEAD:./{path}")]));
    if known.is_err() {
        return Ok(None);
    }
    Err(Error::new(
        ErrorKind::Environment,
        format!("{path}: git cannot read it from the last commit: {said}"),
    ))
}
