//! What lies in a project, as far as preparing and restoring care: the observation as a value.

use serde::Serialize;

use super::journal::{Head, Journal, JournalEntry, Phase};

/// What stands at a file's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Now {
    /// What was there before: those bytes, or nothing where prepare made the file.
    Original,
    /// The bytes that prepare wrote.
    Rewritten,
    /// The owner's edit with the rewrite undone, which an interrupted restore had decided to write.
    Merged,
    /// None of these: its owner has changed it.
    Edited,
    /// Nothing, where something was.
    Missing,
    /// A folder, a symbolic link or worse.
    NotAFile,
}

/// What stands at a backup's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Backup {
    /// Nothing.
    Absent,
    /// The very file that stands at the file's path, by a second name: that one has not been replaced yet.
    SameFile,
    /// The original's bytes.
    Whole,
    /// The beginning of the original: copying it was cut short.
    Cut,
    /// Something that prepare did not put there, or that was changed since.
    Foreign,
}

/// One file of a prepared project.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileState {
    /// What the journal says of it.
    #[serde(skip)]
    pub(crate) entry: JournalEntry,
    /// Its path from the project's root.
    pub(crate) path: String,
    /// Whether prepare made it: then there is no original, and no copy of one.
    pub(crate) created: bool,
    /// What stands there.
    pub(crate) now: Now,
    /// What stands at `<path>.bak`.
    pub(crate) backup: Backup,
    /// Whether the state folder holds the original's bytes.
    pub(crate) copy: bool,
    /// Whether a temporary file was left beside it.
    pub(crate) temp: bool,
    /// Whether mode and time stamp of what stands there are the original's.
    #[serde(skip)]
    pub(crate) exact: bool,
    /// The text that stands there, where it is neither the original nor missing.
    #[serde(skip)]
    pub(crate) text: Option<Vec<u8>>,
    /// The text that prepare wrote, where the state folder still has it.
    #[serde(skip)]
    pub(crate) written: Option<Vec<u8>>,
}

/// A journal held against the disk.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObservedJournal {
    /// By whom, since when, how far.
    #[serde(flatten)]
    pub(crate) head: Head,
    /// The files.
    pub(crate) files: Vec<FileState>,
}

impl ObservedJournal {
    /// Whether every file is one of the texts that the tool knows: repairing it loses nobody's work.
    pub(crate) fn untouched(&self) -> bool {
        self.files.iter().all(|file| {
            matches!(file.now, Now::Original | Now::Rewritten | Now::Merged) && file.backup != Backup::Foreign
        })
    }

    /// The journal again.
    pub(crate) fn journal(&self) -> Journal {
        Journal { head: self.head.clone(), files: self.files.iter().map(|file| file.entry.clone()).collect() }
    }
}

/// The state of a project.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub(crate) enum ProjectState {
    /// Nothing is prepared.
    Clean,
    /// Prepared, and left so.
    Prepared(ObservedJournal),
    /// A process was killed while it prepared, ran its command or restored (or is at it now: the lock tells).
    Interrupted(ObservedJournal),
    /// There is a state file, but none that can be trusted.
    #[serde(rename_all = "camelCase")]
    Damaged {
        /// Why not.
        cause: String,
    },
}

impl ProjectState {
    /// Sorts what was observed by its phase.
    pub(crate) fn of(observed: ObservedJournal) -> Self {
        match observed.head.phase {
            Phase::Prepared => Self::Prepared(observed),
            Phase::Preparing | Phase::Running | Phase::Restoring => Self::Interrupted(observed),
        }
    }

    /// The same, where a living process holds the lock: what looks like a killed `run` is one that runs.
    pub(crate) fn while_held(self) -> Self {
        match self {
            Self::Interrupted(observed) if observed.head.phase == Phase::Running => Self::Prepared(observed),
            other => other,
        }
    }

    /// The journal and the files, where there are any.
    pub(crate) fn observed(&self) -> Option<&ObservedJournal> {
        match self {
            Self::Prepared(observed) | Self::Interrupted(observed) => Some(observed),
            Self::Clean | Self::Damaged { .. } => None,
        }
    }
}

/// The state of a project, and what lies about in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TreeState {
    /// Clean, prepared, interrupted, damaged.
    #[serde(flatten)]
    pub(crate) standing: ProjectState,
    /// Backups beside such files that no journal names, as paths: the old docker-prep.sh's, or somebody else's.
    pub(crate) leftovers: Vec<String>,
}
