//! State files of version 1, which knew manifests only: a project that an earlier version prepared is still restored.

use serde::Deserialize;
use serde_json::Value;

use super::{Head, Journal, JournalEntry, Original, Timestamp};
use crate::project::ProjectPath;
use crate::text::Digest;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Former {
    head: Head,
    files: Vec<FormerManifest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FormerManifest {
    path: ProjectPath,
    backup: ProjectPath,
    temp: ProjectPath,
    digest: Digest,
    length: u64,
    mode: u32,
    mtime: Timestamp,
    rewritten: Digest,
    #[serde(default)]
    merged: Option<Digest>,
    undo: Value,
}

/// Reads the body of a state file of version 1.
pub(super) fn parse(body: &str) -> Result<Journal, serde_json::Error> {
    let Former { head, files } = serde_json::from_str(body)?;
    let files = files.into_iter().map(|file| JournalEntry {
        path: file.path,
        backup: file.backup,
        temp: file.temp,
        original: Some(Original {
            digest: file.digest,
            length: file.length,
            mode: file.mode,
            mtime: file.mtime,
        }),
        rewritten: file.rewritten,
        merged: file.merged,
        moved: None,
        undo: file.undo,
    });
    Ok(Journal { head, files: files.collect() })
}
