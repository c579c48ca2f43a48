//! How packages of a closure are made to find each other.

use std::collections::BTreeMap;

/// `--link`: what the caller wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// What needs no change to a Dockerfile.
    #[default]
    Auto,
    /// Overrides or resolutions, wherever the package manager reads them.
    Overrides,
    /// The packed manifests name each other by `file:`.
    Tarballs,
}

impl Link {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Overrides, Self::Tarballs];

    /// The one that is typed.
    ///
    /// # Errors
    /// What may be typed, for any other word.
    pub fn parse(word: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|link| link.as_str() == word)
            .ok_or_else(|| format!("`{word}` is none of {}", Self::ALL.map(Self::as_str).join(", ")))
    }

    /// What is typed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Overrides => "overrides",
            Self::Tarballs => "tarballs",
        }
    }
}

/// How the manifests in a set of tarballs name each other. Each set is packed once: surfaces for which it is the same
/// share their tarballs.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Linking {
    /// What stands before a tarball's file name, with the last `/`: `file:../.docker-deps/`. pnpm and bun mean it from
    /// the install root, so it differs with the surface's depth; npm from the tarball that says it, so it is `file:`.
    pub base: String,
    /// Packages that the surface takes from a path of its own choice, with that specifier.
    pub elsewhere: BTreeMap<String, String>,
    /// Whether optional peers in scope are left out of the manifests: npm 10 looks them up although it installs none.
    pub drops_optional_peers: bool,
}
