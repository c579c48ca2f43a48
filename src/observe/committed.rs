//! What the last commit has of a file.

use std::collections::BTreeMap;
use std::path::Path;

use super::git::git;
use crate::error::{Error, Kind, Result, io_cause};
use crate::model::journal::ProjectPath;

/// The texts that the last commit has of files. What git cannot read is as good as none.
#[must_use]
pub fn texts<'a>(root: &Path, files: impl Iterator<Item = &'a ProjectPath>) -> BTreeMap<ProjectPath, String> {
    files.filter_map(|file| Some((file.clone(), text(root, file).ok()??))).collect()
}

/// The text of a file in the last commit, or `None` where git has none, or none that is UTF-8.
///
/// # Errors
/// git cannot be run, or cannot read what it has.
pub fn text(root: &Path, path: &ProjectPath) -> Result<Option<String>> {
    let output = git(root)
        .args(["show", "--no-textconv", &format!("HEAD:./{path}")])
        .output()
        .map_err(|error| Error::new(Kind::Environment, format!("cannot run git: {}", io_cause(&error))))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout).ok());
    }
    // git fails for a file that the commit does not have, and also where it cannot read its own.
    let known = git(root)
        .args(["rev-parse", "--verify", "--quiet", &format!("HEAD:./{path}")])
        .output()
        .is_ok_and(|known| known.status.success());
    if !known {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().trim_start_matches("fatal: ");
    Err(Error::new(Kind::Environment, format!("{path}: git cannot read it from the last commit: {said}")))
}
