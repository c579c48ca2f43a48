//! Why a manifest cannot be rewritten.

use crate::text::{EditError, SyntaxError};

/// Why a manifest cannot be rewritten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RewriteError {
    /// It is not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// It has another shape than a manifest.
    #[error("{} must be an object, found {found}", described(path))]
    NotAnObject {
        /// The keys from the root on; none for the manifest itself.
        path: Vec<String>,
        /// As `an array`.
        found: &'static str,
    },
    /// A dependency that is to be rewritten is not there.
    #[error("`{}` must be a string, found {found}", path.join("."))]
    NotADependency {
        /// The keys from the root on.
        path: Vec<String>,
        /// As `an array`; `nothing` where it is missing.
        found: &'static str,
    },
    /// A change cannot be made.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// yarn 1 then takes one version of each package, and no resolution.
    #[error("`flat` is true: yarn 1 then does not obey `resolutions`, which tell it where packages are")]
    Flat,
    /// pnpm 10 reads overrides in one of two files, never in both.
    #[error(
        "overrides stand here ({}), and pnpm 10 then reads none in pnpm-workspace.yaml",
        selectors.join(", ")
    )]
    TakesTheirPlace {
        /// Those of other packages.
        selectors: Vec<String>,
    },
    /// A package names another one by a name that overrides do not reach.
    #[error("{parent} names {package} `{alias}`, and bun's overrides do not reach an alias")]
    Alias {
        /// The package whose manifest uses the alias.
        parent: String,
        /// The name it uses.
        alias: String,
        /// The package that it means.
        package: String,
    },
}

impl RewriteError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Flat => "take `flat` out of the manifest, then run it again",
            Self::TakesTheirPlace { .. } => {
                "name the version, as in --package-manager pnpm@10.6.5, or leave --link out"
            }
            Self::Alias { .. } => "leave --link out: bun finds tarballs that name each other",
            _ => "correct the manifest, then run it again",
        }
    }
}

fn described(path: &[String]) -> String {
    if path.is_empty() { "the manifest".to_owned() } else { format!("`{}`", path.join(".")) }
}
