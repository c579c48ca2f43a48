//! Which files prepare may change, by their names.

use serde::Serialize;

/// The manifest that prepare rewrites. It may be a symbolic link to a file of another name in the project.
pub(crate) const MANIFEST: &str = "package.json";

/// Where pnpm from 10 on reads overrides.
pub(crate) const SETTINGS: &str = "pnpm-workspace.yaml";

/// What the package managers write down of an install. Bun's binary `bun.lockb` is read by no version that is
/// supported and written by none.
pub(crate) const LOCKFILES: [&str; 5] =
    ["pnpm-lock.yaml", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "bun.lock"];

/// What a file is to those who change it and bring it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum FileKind {
    /// [`MANIFEST`]: always there before, edited as JSON.
    Manifest,
    /// [`SETTINGS`]: edited as YAML, or made.
    Settings,
    /// One of [`LOCKFILES`]: replaced or made as a whole. It follows from the others, so what is written into it while
    /// prepared is nobody's work.
    Lockfile,
}

impl FileKind {
    /// What a file of that name is; `None` for one that prepare never touches under its own name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            MANIFEST => Some(Self::Manifest),
            SETTINGS => Some(Self::Settings),
            _ => LOCKFILES.contains(&name).then_some(Self::Lockfile),
        }
    }

    /// Every name.
    #[cfg(test)]
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        [MANIFEST, SETTINGS].into_iter().chain(LOCKFILES)
    }
}
