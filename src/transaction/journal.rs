//! What is written down before the first manifest changes: enough to put every byte back, whoever does it.
//!
//! The state file is one JSON document that carries the digest of its own body. A file that is cut, garbled or
//! made up so that it names something outside of the project does not become a [`Journal`].

mod former;
#[cfg(test)]
mod tests;
mod time;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::time::Timestamp;
pub(crate) use crate::project::{FileKind, ProjectPath};
use crate::source::Decision;
use crate::text::Digest;

/// The version of the state file's shape. One of version 1 is still read.
pub(crate) const SCHEMA_VERSION: u32 = 2;

/// The journal's name in the state folder.
pub(crate) const STATE: &str = "state.json";

/// The folder in the state folder that holds the originals' bytes, each named by its digest.
pub(crate) const ORIGINALS: &str = "originals";

/// The same for the texts that prepare wrote: what an owner's edit is compared with.
pub(crate) const REWRITTEN: &str = "rewritten";

const OPENING: &str = "{\"schemaVersion\":2,\"checksum\":\"";
const FORMER_OPENING: &str = "{\"schemaVersion\":1,\"checksum\":\"";
const MIDDLE: &str = "\",\"journal\":";
const CLOSING: &str = "}\n";

/// How far the work had come when the journal was last written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Phase {
    /// Files are being rewritten.
    Preparing,
    /// All are rewritten.
    Prepared,
    /// All are rewritten, for as long as the command of `run` is at work.
    Running,
    /// They are being put back.
    Restoring,
}

/// Who did what, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Head {
    /// The version of the program that wrote this.
    pub(crate) tool: String,
    /// What it was called for, such as `prepare` or `run docker compose build`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<String>,
    /// Its process.
    pub(crate) pid: u32,
    /// When that one began, in seconds since 1970 by the wall clock: it means the same after a reboot.
    pub(crate) started: u64,
    /// How far it had come.
    pub(crate) phase: Phase,
    /// The deps dir.
    pub(crate) deps_dir: ProjectPath,
    /// Whether the deps dir was there before.
    pub(crate) deps_dir_existed: bool,
    /// What the registries were found to be, where they were asked first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<Decision>,
    /// The commit that was checked out; an earlier version did not note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<String>,
    /// Its branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) branch: Option<String>,
}

impl Head {
    /// Who it was, for people: the process may be long gone.
    pub(crate) fn by(&self) -> String {
        let command = self.command.as_ref().map(|command| format!(" ({command})")).unwrap_or_default();
        format!("docker-prep {}{command}", self.tool)
    }
}

/// What stood at a path before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Original {
    /// Of its bytes.
    pub(crate) digest: Digest,
    /// The number of its bytes.
    pub(crate) length: u64,
    /// Its permission bits.
    pub(crate) mode: u32,
    /// When it was last changed.
    pub(crate) mtime: Timestamp,
}

/// One file: what it was, and what it became.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct JournalEntry {
    /// The file.
    pub(crate) path: ProjectPath,
    /// Always [`ProjectPath::backup`]; written out for whoever has to repair by hand.
    pub(crate) backup: ProjectPath,
    /// Always [`ProjectPath::temp`].
    pub(crate) temp: ProjectPath,
    /// What was there before; nothing, where prepare made the file: then it has no backup, and restoring removes it.
    pub(crate) original: Option<Original>,
    /// Of the text that prepare put in its place.
    pub(crate) rewritten: Digest,
    /// Of the text with an owner's edit kept and the rewrite undone, once restore has decided to write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) merged: Option<Digest>,
    /// Where the file lies now, once restore has seen that its owner moved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moved: Option<ProjectPath>,
    /// How the editor of that kind of file takes its changes back; nobody else reads it.
    pub(crate) undo: Value,
}

impl JournalEntry {
    /// What kind of file it is. A manifest that is a symbolic link leads to a file of any name.
    pub(crate) fn kind(&self) -> FileKind {
        FileKind::of(self.path.file_name()).unwrap_or(FileKind::Manifest)
    }

    /// The digest of what was there before, if anything was.
    pub(crate) fn original_digest(&self) -> Option<&Digest> {
        self.original.as_ref().map(|original| &original.digest)
    }
}

/// The state of a prepared project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Journal {
    /// Who, when, how far.
    pub(crate) head: Head,
    /// The files, in the order in which they are rewritten.
    pub(crate) files: Vec<JournalEntry>,
}

impl Journal {
    /// The state file's bytes.
    ///
    /// # Errors
    /// The undo record cannot be written as JSON.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let body = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        let checksum = Digest::of(body.as_bytes());
        Ok(format!("{OPENING}{}{MIDDLE}{body}{CLOSING}", checksum.as_str()).into_bytes())
    }

    /// Reads a state file.
    ///
    /// # Errors
    /// Why these bytes are not one that this program wrote whole.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        let former = text.strip_prefix(FORMER_OPENING);
        let Some(sealed) = former.or_else(|| text.strip_prefix(OPENING)) else {
            return Err(
                match serde_json::from_str::<Value>(text).ok().and_then(|v| v["schemaVersion"].as_u64()) {
                    Some(version) => format!(
                        "it has schemaVersion {version}, and this program reads up to {SCHEMA_VERSION}: restore with the \
                         version that prepared"
                    ),
                    None => "it is cut or garbled".to_owned(),
                },
            );
        };
        let (checksum, body) = sealed
            .split_once(MIDDLE)
            .and_then(|(checksum, rest)| Some((checksum, rest.strip_suffix(CLOSING)?)))
            .ok_or("it is cut or garbled")?;
        if Digest::of(body.as_bytes()).as_str() != checksum {
            return Err("its checksum does not fit its content".to_owned());
        }
        let journal = if former.is_some() { former::parse(body) } else { serde_json::from_str(body) };
        let journal = journal.map_err(|error| error.to_string())?;
        Self::check(&journal)?;
        Ok(journal)
    }

    /// What the types alone do not say.
    fn check(&self) -> Result<(), String> {
        let mut names = std::collections::BTreeSet::new();
        for file in &self.files {
            let path = &file.path;
            if file.backup != path.backup() || file.temp != path.temp() {
                return Err(format!("{path}: its backup or temporary file does not lie beside it"));
            }
            // One file's backup may not be another file either.
            if ![path, &file.backup, &file.temp].into_iter().all(|name| names.insert(name)) {
                return Err(format!("{path}: named twice"));
            }
            let Some(Original { mode, mtime, .. }) = &file.original else {
                if file.kind() == FileKind::Manifest {
                    return Err(format!("{path}: a manifest is never made"));
                }
                continue;
            };
            if mtime.nanos >= 1_000_000_000 || mtime.to_system().is_none() || *mode > 0o7777 {
                return Err(format!("{path}: no such mode or time"));
            }
        }
        Ok(())
    }
}
