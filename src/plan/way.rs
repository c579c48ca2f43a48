//! How a surface's package manager is told where a package lies.

use crate::error::{Error, Kind, Result};
use crate::model::link::Link;
use crate::model::package_manager::{Name, PackageManager};

/// Where the package manager reads it. Direct dependencies are `file:` in the dependency fields with each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
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

impl Way {
    /// The way that needs no change to a Dockerfile where there is one, or the one that is asked for.
    ///
    /// # Errors
    /// [`Kind::Usage`] where the package manager knows no such way, or its version does not tell which.
    pub fn choose(manager: &PackageManager, link: Link) -> Result<Self> {
        let (lowest, highest) = (*manager.majors.start(), *manager.majors.end());
        match (manager.name, link) {
            (Name::Pnpm, Link::Auto | Link::Overrides) if highest <= 10 => Ok(Self::PnpmOverrides),
            (Name::Pnpm, Link::Auto) => Ok(Self::Tarballs),
            (Name::Pnpm, Link::Overrides) if lowest >= 10 => Ok(Self::WorkspaceOverrides),
            (Name::Pnpm, Link::Overrides) => Err(Error::new(
                Kind::Usage,
                format!("--link overrides: {manager} may be one that reads them in package.json or one that reads them in pnpm-workspace.yaml"),
            )
            .hint("name the version, as in --package-manager pnpm@10.6.5, or take --link tarballs, which works with all")),
            (Name::Pnpm | Name::Npm | Name::Bun, Link::Tarballs) => Ok(Self::Tarballs),
            // npm means an override's relative path from elsewhere once node_modules is there (10.9, 11.21: ENOENT at
            // the second install); bun's overrides do not reach an alias inside a tarball.
            (Name::Npm | Name::Bun, Link::Auto) => Ok(Self::Tarballs),
            (Name::Yarn, Link::Tarballs) => Err(Error::new(
                Kind::Usage,
                "--link tarballs: yarn does not find tarballs that name each other",
            )
            .hint("leave --link out: yarn reads resolutions in package.json")),
            (Name::Npm, Link::Overrides) => Ok(Self::NpmOverrides),
            (Name::Bun, Link::Overrides) => Ok(Self::BunOverrides),
            (Name::Yarn, Link::Auto | Link::Overrides) => Ok(Self::Resolutions),
        }
    }

    /// As it stands in a sentence.
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Self::PnpmOverrides | Self::NpmOverrides | Self::BunOverrides => "overrides in package.json",
            Self::WorkspaceOverrides => "overrides in pnpm-workspace.yaml",
            Self::Tarballs => "tarballs that name each other",
            Self::Resolutions => "resolutions in package.json",
        }
    }

    /// As it stands in `--json`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PnpmOverrides => "pnpm.overrides",
            Self::WorkspaceOverrides => "pnpm-workspace.yaml overrides",
            Self::Tarballs => "tarballs",
            Self::NpmOverrides | Self::BunOverrides => "overrides",
            Self::Resolutions => "resolutions",
        }
    }
}
