//! Why a file is not put back, and what to do.

use crate::error::{Hint, Problem};
use crate::project::ProjectPath;
use crate::text::{Digest, diff};
use crate::transaction::journal::ORIGINALS;
use crate::transaction::tree_state::FileState;

pub(super) fn made_up(path: &ProjectPath) -> Problem {
    Problem::new(format!(
        "{path}: the state says that prepare wrote it, but nothing in it points into the deps dir"
    ))
    .hint("leave it as it is, and forget the state: docker-prep restore --force")
}

/// Nothing but the state says that there ever was such a file.
pub(super) fn unknown(file: &FileState) -> Problem {
    let path = &file.entry.path;
    let digest = file.entry.original_digest().map(Digest::as_str).unwrap_or_default();
    Problem::new(format!("{path}: is missing, and neither a backup nor the last commit knows it")).hint(format!(
        "put it back: cp \"$(git rev-parse --git-path docker-prep)/{ORIGINALS}/{digest}\" {path}   (or forget it: docker-prep restore --force)"
    ))
}

pub(super) fn lost(path: &ProjectPath) -> Problem {
    Problem::new(format!("{path}: its backup and the copy in the state folder are both gone or damaged"))
        .hint(format!("take the committed one: git checkout HEAD -- {path}"))
}

pub(super) fn conflict(file: &FileState, edited: &[u8], reason: &str) -> Problem {
    let path = &file.entry.path;
    let message =
        format!("{path}: edited while prepared, and the rewrite cannot be taken back out of it: {reason}");
    let mut lines: Vec<String> = Vec::new();
    if let Some(written) = &file.written {
        let (written, edited) = (String::from_utf8_lossy(written), String::from_utf8_lossy(edited));
        let diff = diff::labelled(["as prepare wrote it", "as it is now"], &written, &edited);
        lines.extend(diff.lines().map(str::to_owned));
    }
    let otherwise = if file.created { "remove the file" } else { "put the original back" };
    lines.push(format!(
        "undo the edit by hand, or {otherwise} and keep the edit as {}: docker-prep restore --force",
        path.edited()
    ));
    Problem::new(message).hint(Hint::lines(lines))
}
