//! How a surface's package manager is told where a package lies.

use crate::error::{Error, ErrorKind, Result};
use crate::image::{Name, PackageManager};
use crate::project::Link;

/// Where the package manager reads it. Direct dependencies are `file:` in the dependency fields with each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OverrideStyle {
    /// `pnpm.overrides` in package.json: pnpm up to 10.
    PnpmOverrides,
    /// `overrides:` in a pnpm-workspace.yaml beside package.json: pnpm from 10 on.
    WorkspaceOverrides,
    /// The packed manifests name each other: pnpm, npm and bun, no override at all.
    Tarballs,
    /// `overrides` in package.json, which may be nested: npm.
    NpmOverrides,
    /// `overrides` in package.json, a flat map: bun.
    BunOverrides,
    /// `resolutions` in package.json: yarn.
    Resolutions,
}

impl OverrideStyle {
    /// The way that needs no change to a Dockerfile where there is one, or the one that is asked for, by whom messages say.
    /// `lockfile`: one is made that fits. `is_member`: the surface is installed as a member of the project's own workspace, of which only the
    /// root's overrides are read (pnpm/pnpm#4097), while tarballs that name each other need none.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where the package manager knows no such way, or its version does not tell which.
    pub(crate) fn choose(
        manager: &PackageManager,
        (link, by): (Link, &str),
        lockfile: bool,
        is_member: bool,
    ) -> Result<Self> {
        let (lowest, highest) = (*manager.majors.start(), *manager.majors.end());
        match (manager.name, link) {
            (Name::Pnpm, Link::Auto) if is_member => Ok(Self::Tarballs),
            // pnpm 8 and 9 write what an override points at into a lockfile with the folder that it was made in.
            (Name::Pnpm, Link::Auto) if lockfile && lowest <= 9 => Ok(Self::Tarballs),
            (Name::Pnpm, Link::Overrides) if lockfile && lowest <= 9 => Err(Error::new(
                ErrorKind::Usage,
                format!("{by} overrides: a lockfile of {manager} would hold only in the folder that it was made in"),
            )
            .hint("take --link tarballs, or leave --lockfile out")),
            (Name::Pnpm, Link::Auto | Link::Overrides) if highest <= 10 => Ok(Self::PnpmOverrides),
            (Name::Pnpm, Link::Auto) => Ok(Self::Tarballs),
            (Name::Pnpm, Link::Overrides) if lowest >= 10 => Ok(Self::WorkspaceOverrides),
            (Name::Pnpm, Link::Overrides) => Err(Error::new(
                ErrorKind::Usage,
                format!("{by} overrides: {manager} may be one that reads them in package.json or one that reads them in pnpm-workspace.yaml"),
            )
            .hint("name the version, as in --package-manager pnpm@10.6.5, or take --link tarballs, which works with all")),
            (Name::Pnpm | Name::Npm | Name::Bun, Link::Tarballs) => Ok(Self::Tarballs),
            // npm means an override's relative path from elsewhere once node_modules is there (10.9, 11.21: ENOENT at
            // the second install); bun's overrides do not reach an alias inside a tarball.
            (Name::Npm | Name::Bun, Link::Auto) => Ok(Self::Tarballs),
            (Name::Yarn, Link::Tarballs) => Err(Error::new(
                ErrorKind::Usage,
                format!("{by} tarballs: yarn does not find tarballs that name each other"),
            )
            .hint("leave --link out: yarn reads resolutions in package.json")),
            (Name::Npm, Link::Overrides) => Ok(Self::NpmOverrides),
            (Name::Bun, Link::Overrides) => Ok(Self::BunOverrides),
            (Name::Yarn, Link::Auto | Link::Overrides) => Ok(Self::Resolutions),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lockfile_of_pnpm_9_wants_tarballs() {
        let pnpm = |text: &str| PackageManager::parse(text).unwrap();
        let way = |manager: &str, link, lockfile| {
            OverrideStyle::choose(&pnpm(manager), (link, "--link"), lockfile, false)
        };
        assert_eq!(way("pnpm@8.15.9", Link::Auto, false), Ok(OverrideStyle::PnpmOverrides));
        assert_eq!(way("pnpm@8.15.9", Link::Auto, true), Ok(OverrideStyle::Tarballs));
        assert_eq!(way("pnpm@9.15.9", Link::Auto, true), Ok(OverrideStyle::Tarballs));
        assert_eq!(way("pnpm@10.6.5", Link::Auto, true), Ok(OverrideStyle::PnpmOverrides));
        assert!(way("pnpm@8.15.9", Link::Overrides, true).is_err());
        assert_eq!(way("pnpm", Link::Auto, true), Ok(OverrideStyle::Tarballs));
    }

    #[test]
    fn a_member_of_a_workspace_wants_tarballs() {
        let way = |text: &str| {
            OverrideStyle::choose(&PackageManager::parse(text).unwrap(), (Link::Auto, "--link"), false, true)
        };
        for manager in ["pnpm@8.15.9", "pnpm@10.6.5", "pnpm@11", "npm@10", "bun@1"] {
            assert_eq!(way(manager), Ok(OverrideStyle::Tarballs), "{manager}");
        }
        assert_eq!(way("yarn@1"), Ok(OverrideStyle::Resolutions));
    }
}
