//! What reads a surface's manifest, and where in it that looks for overrides.

use super::override_style::OverrideStyle;
use super::{resolution, selector};
use crate::image::{Name, PackageManager};

/// The package manager that installs a surface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstallTarget {
    /// Which, at which version.
    pub(crate) manager: PackageManager,
    /// How it is told where a package lies.
    pub(crate) way: OverrideStyle,
    /// `overrides:` of a `pnpm-workspace.yaml` beside the manifest, selectors and values in order.
    pub(crate) workspace_overrides: Vec<(String, String)>,
    /// Whether the surface is a member of a workspace of which the root's manifest holds the overrides.
    pub(crate) overrides_at_root: bool,
}

/// A field of a manifest that holds overrides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OverrideField {
    /// `resolutions`: yarn, pnpm up to 10 and bun.
    Resolutions,
    /// `pnpm.overrides`: pnpm up to 10.
    PnpmOverrides,
    /// `overrides`: npm and bun.
    Overrides,
}

impl OverrideField {
    /// The keys from the root on.
    pub(crate) fn path(self) -> &'static [&'static str] {
        match self {
            Self::Resolutions => &["resolutions"],
            Self::PnpmOverrides => &["pnpm", "overrides"],
            Self::Overrides => &["overrides"],
        }
    }
}

impl InstallTarget {
    /// The one that the products pin.
    pub(crate) fn pinned() -> Self {
        Self {
            manager: PackageManager::pinned(),
            way: OverrideStyle::PnpmOverrides,
            workspace_overrides: Vec::new(),
            overrides_at_root: false,
        }
    }

    /// The fields that it may read, each of which the later ones beat.
    pub(crate) fn places(&self) -> &'static [OverrideField] {
        match self.manager.name {
            Name::Pnpm if self.reads_pnpm_field() => {
                &[OverrideField::Resolutions, OverrideField::PnpmOverrides]
            }
            Name::Pnpm => &[],
            Name::Npm => &[OverrideField::Overrides],
            Name::Yarn => &[OverrideField::Resolutions],
            Name::Bun => &[OverrideField::Resolutions, OverrideField::Overrides],
        }
    }

    /// Whether it may be a pnpm that reads its settings in a manifest.
    pub(crate) fn reads_pnpm_field(&self) -> bool {
        self.manager.name == Name::Pnpm && *self.manager.majors.start() <= 10
    }

    /// Whether it may be a pnpm that reads overrides in a `pnpm-workspace.yaml`.
    pub(crate) fn reads_workspace_overrides(&self) -> bool {
        self.manager.name == Name::Pnpm && *self.manager.majors.end() >= 10
    }

    /// The package whose place an override takes, by its key; `None` where the key says nothing to the reader.
    pub(crate) fn target(&self, place: OverrideField, key: &str) -> Option<String> {
        match (self.manager.name, place) {
            (Name::Pnpm, _) => selector::target(key).map(str::to_owned),
            (_, OverrideField::Resolutions) => resolution::target(key).map(str::to_owned),
            _ => Some(selector::before_range(key).to_owned()),
        }
    }
}
