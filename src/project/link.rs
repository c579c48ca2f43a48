//! How the caller wants packages of a closure to find each other.

/// `--link`: what the caller wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Link {
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
    pub(crate) const ALL: [Self; 3] = [Self::Auto, Self::Overrides, Self::Tarballs];

    /// The one that is typed.
    ///
    /// # Errors
    /// What may be typed, for any other word.
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|link| link.as_str() == word)
            .ok_or_else(|| format!("`{word}` is none of {}", Self::ALL.map(Self::as_str).join(", ")))
    }

    /// What is typed.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Overrides => "overrides",
            Self::Tarballs => "tarballs",
        }
    }
}
