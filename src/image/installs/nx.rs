//! What nx makes in a build: a `package.json` with a lockfile beside the code of an app, as `generatePackageJson` of its
//! builders and `nx prune` do. Which folders that are is in settings of many forms, and what is in the file depends on
//! the code: it is known only where it may lie.

use std::collections::BTreeSet;

use crate::image::dockerfile::layers::{ImageFiles, below};
use crate::image::dockerfile::{Copy, ShellCommand, join};

/// What nx may have made in a stage.
#[derive(Clone, Debug, Default)]
pub(super) struct MadeByNx {
    /// Whether it has run there, or in a stage of which all was copied.
    pub(super) ran: bool,
    /// The folders and files that copies have brought from a stage in which it ran, and of which no file is known.
    brought: BTreeSet<String>,
}

impl MadeByNx {
    /// Takes a copy from a stage with what nx made there, and the files that are known of it.
    pub(super) fn copy(&mut self, copy: &Copy, nx: &Self, there: &ImageFiles) {
        if !nx.ran && nx.brought.is_empty() {
            return;
        }
        if copy.sources.iter().any(|source| !there.has_any_of(source)) {
            self.brought.insert(copy.to.clone());
        } else {
            self.ran |= nx.ran;
        }
    }

    /// Whether the manifest that an install in a folder reads may be one that nx made.
    pub(super) fn may_lie_in(&self, folder: &str, files: &ImageFiles) -> bool {
        let manifest = join(folder, "package.json");
        self.brought.iter().any(|to| below(to, folder).is_some() || *to == manifest)
            || self.ran && !files.holds_any_in(folder)
    }
}

/// What nx is told to do that makes nothing.
const MAKES_NOTHING: [&str; 14] = [
    "lint",
    "test",
    "e2e",
    "format",
    "format:check",
    "format:write",
    "graph",
    "report",
    "list",
    "reset",
    "show",
    "daemon",
    "migrate",
    "sync",
];

/// Whether a command has nx run targets. By itself that installs nothing.
pub(super) fn runs_target(command: &ShellCommand) -> bool {
    let Some((program, rest)) = command.words.split_first() else { return false };
    let name = program.rsplit('/').next().unwrap_or_default();
    let first = rest.iter().find(|word| !word.starts_with('-'));
    name.split('@').next() == Some("nx")
        && first.is_some_and(|first| !MAKES_NOTHING.contains(&first.as_str()))
}
