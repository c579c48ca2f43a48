//! What happens while a command runs, as data: the words are the printer's.

use std::path::Path;
use std::time::Duration;

use crate::error::Problem;
use crate::npm::Tarball;

/// What happens while a command runs, for whoever shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event<'a> {
    /// Something that stops nothing, but should be known.
    Warning(&'a Problem),
    /// Several such things of one look.
    Warnings(&'a [Problem]),
    /// Something that was left alone, or repaired.
    Notice(Notice<'a>),
    /// The cache is not used, and why.
    NoCache(&'a str),
    /// What `--build` did about a package.
    Built {
        /// The package's name, or else its folder.
        name: &'a str,
        /// How long its build took; nothing where it had been built before.
        took: Option<Duration>,
    },
    /// How far packing is.
    Packing(Progress),
    /// A package was packed.
    Packed {
        /// What was packed.
        tarball: &'a Tarball,
        /// The same tarball lay there already.
        unchanged: bool,
    },
    /// Where packages come from, where that was not plain from the call.
    Decided {
        /// Why, as `registry http://host/ refused the connection in 3 ms`.
        reason: &'a str,
        /// What follows, as `packing 14 packages from ../learning_ai_common_plat`.
        then: &'a str,
    },
}

/// How far packing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// How many packages are done.
    pub(crate) packed: usize,
    /// How many there are.
    pub(crate) packages: usize,
    /// How many bytes of tarballs there are so far.
    pub(crate) bytes: u64,
    /// How much is packed of what was not there already, by the size of its files.
    pub(crate) done: u64,
    /// How much there is of it in all.
    pub(crate) work: u64,
}

/// Who shows the events. It may be called from several threads.
pub(crate) type Report<'a> = &'a (dyn Fn(Event<'_>) + Sync);

/// Reports problems as warnings.
pub(crate) fn warn(report: Report<'_>, problems: &[Problem]) {
    if !problems.is_empty() {
        report(Event::Warnings(problems));
    }
}

/// Where the text that a file is restored to comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RestoredFrom {
    /// It was the original already.
    AlreadyOriginal,
    /// `<file>.bak`: the original itself.
    Backup,
    /// The copy in the state folder.
    StateCopy,
    /// The rewrite, undone; the digest says that it is the original.
    Undone,
    /// The rewrite with the tool's keys as they are in `HEAD`.
    Committed,
    /// The owner's edit, with the rewrite undone.
    Merged,
    /// The owner's own text, which nothing of the rewrite is in.
    Untouched,
    /// Nothing: the file was not there before.
    Removed,
}

/// Something that was left alone, or repaired. Paths are from the project's root, or else from the workspace's.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Notice<'a> {
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
    /// A dependency in scope that is a package of the product's own workspace is left alone.
    OwnPackage {
        /// The manifest that depends on it.
        manifest: &'a str,
        /// The package's name.
        package: &'a str,
        /// Its folder, from the project's root.
        folder: &'a str,
    },
    /// What is known of image builds besides: one that nothing names and that cannot work while prepared, or what defines
    /// some and could not be read.
    ImageBuild {
        /// The place, and what is so there.
        message: &'a str,
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
    /// What a surface installs is being resolved.
    ResolvingPackages {
        /// The manifest.
        manifest: &'a str,
        /// Who does it.
        manager: &'a str,
    },
    /// Packages of others were fetched.
    FetchedPackages {
        /// The manifest that needs them.
        manifest: &'a str,
        /// How many.
        fetched: usize,
        /// Of how many.
        all: usize,
    },
    /// All packages come from the deps dir, and yet the builds of the command may reach a network.
    NetworkStays,
    /// The command of `run` failed, and the project was to be left prepared then.
    LeftPrepared,
    /// A process was killed, and what it left is put back.
    RepairsKilled {
        /// Which process it was, and what it did.
        killed: &'a str,
    },
    /// A file was put back before the project is prepared anew.
    FileRestored {
        /// The file.
        file: &'a str,
        /// Where its text comes from.
        from: RestoredFrom,
        /// What else should be known about it.
        note: Option<&'a str>,
    },
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
    /// The history of a manifest has no entry in its place: a range that fits the package is put there.
    RangeGiven {
        /// The manifest.
        file: &'a str,
        /// The keys down to it.
        key: &'a str,
        /// The range.
        range: &'a str,
    },
    /// A dependency that prepare had added goes: the history of the manifest shows that it was not there.
    AddedTakenOut {
        /// The manifest.
        file: &'a str,
        /// The keys down to it.
        key: &'a str,
    },
}
