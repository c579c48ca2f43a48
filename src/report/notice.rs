//! What is left alone or repaired while a command runs, as data: the words are the printer's.

use std::path::Path;

use crate::prepare::restore::RestoreOutcome;
use crate::transaction::apply::restore::Restored;
use crate::transaction::tree_state::ObservedJournal;

/// Something that was left alone, or repaired. Paths are from the project's root, or else from the workspace's.
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// A member of the workspace has no name, and is not packed.
    Nameless {
        /// Its folder; empty for the workspace's root.
        folder: &'a str,
    },
    /// A member of the workspace has no version, and is not packed.
    Versionless {
        /// Its name.
        name: &'a str,
    },
    /// Two members of the workspace have the same name, and both are packed.
    SameName {
        /// The name.
        name: &'a str,
        /// Their folders; empty for the workspace's root.
        folders: [&'a str; 2],
    },
    /// No package that is needed has a build script.
    NothingToBuild,
    /// A file of a package changed while it was built, and its build did not write it.
    EditedWhileBuilt {
        /// The package's name, or else its folder.
        package: &'a str,
        /// The file, from the package's folder.
        file: &'a str,
    },
    /// There is no workspace: the registries were asked for the surfaces' own dependencies only.
    AskedWithoutWorkspace,
    /// A lockfile is being made.
    MakingLockfile {
        /// The file.
        path: &'a str,
        /// What makes it, as it is typed.
        command: &'a str,
    },
    /// The command of `run` failed, and the project was to be left prepared then.
    LeftPrepared,
    /// A process was killed, and what it left is put back.
    RepairsKilled(&'a ObservedJournal),
    /// A file was put back before the project is prepared anew.
    FileRestored(&'a Restored),
    /// What was put back before a signal ended it.
    RestoredBeforeSignal(&'a RestoreOutcome),
    /// A deps dir is not removed, since it holds files of others.
    DepsDirLeft {
        /// The folder.
        dir: &'a str,
    },
    /// A backup is left alone, since it is rewritten too.
    BackupRewritten {
        /// The file that it lies beside.
        manifest: &'a str,
        /// Where both of them point.
        deps_dir: &'a str,
    },
    /// A backup is left alone, since the file beside it is not rewritten.
    BackupOfOriginal {
        /// The file that it lies beside.
        manifest: &'a str,
    },
    /// A backup is moved back over a file that was edited besides.
    EditKept {
        /// The file.
        file: &'a str,
        /// Where the edited text lies now.
        kept: &'a str,
    },
    /// A backup was moved back, though others could not be.
    MovedBack {
        /// The file.
        file: &'a str,
    },
    /// A state that could not be used is not needed any more.
    StateSetAside {
        /// Why it could not be used.
        cause: &'a str,
        /// Where it lies now.
        folder: &'a Path,
    },
    /// The last commit holds the same references: they are taken out.
    ReferencesTakenOut {
        /// The manifest, or the settings.
        file: &'a str,
    },
}
