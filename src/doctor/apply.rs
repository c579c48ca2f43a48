//! Makes the changes of a fix.

#![expect(clippy::disallowed_methods, reason = "looks whether a file is what it was")]

use std::path::Path;

use super::baseline::Baseline;
use super::fix::FixPlan;
use crate::disk;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::transaction::{failed, file};

/// Writes the files of a plan, each at once, with its mode kept; none where any of them has changed since it was read.
///
/// # Errors
/// [`ErrorKind::Refused`] for files that have changed, or are no plain files; the disk's.
pub(crate) fn apply(root: &Path, plan: &FixPlan) -> Result<()> {
    let changed = plan.files.iter().filter_map(|fixed| {
        let path = root.join(&fixed.path);
        let now = match path.symlink_metadata() {
            Ok(metadata) if metadata.is_file() => disk::read_text(&path).ok().map(Some),
            Ok(_) => None,
            Err(_) => Some(None),
        };
        let why = match now {
            Some(now) if now == fixed.before => return None,
            Some(_) => "has changed since it was read",
            None => "is no plain text file",
        };
        Some(Problem::new(format!("{}: {why}", fixed.path)).hint("nothing was changed: type it again"))
    });
    let changed: Vec<Problem> = changed.collect();
    if !changed.is_empty() {
        return Err(Error::all(ErrorKind::Refused, changed));
    }
    plan.files.iter().try_for_each(|fixed| file::put_text(&root.join(&fixed.path), &fixed.after, false))
}

/// Writes a baseline.
///
/// # Errors
/// The disk's.
pub(crate) fn write_baseline(path: &Path, baseline: &Baseline) -> Result<()> {
    let path = std::path::absolute(path).map_err(|error| failed("find", path, &error))?;
    file::put_text(&path, &baseline.text(), false)
}
