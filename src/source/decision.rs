//! Where the packages of a build come from: what was asked for, and what was decided.

use crate::project::PackageSource;

use serde::{Deserialize, Serialize};
use serde_json::json;

/// What was decided, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Decision {
    /// What was asked for.
    pub(crate) asked: PackageSource,
    /// Where packages come from: never [`PackageSource::Auto`].
    pub(crate) used: PackageSource,
    /// Why, as `registry http://host/ refused the connection in 3 ms`.
    pub(crate) reason: String,
    /// What follows, as `packing 14 packages from ../learning_ai_common_plat`.
    pub(crate) then: String,
    /// What was found by asking, if anything was asked.
    #[serde(flatten)]
    pub(crate) probe: Option<Probe>,
}

impl Decision {
    /// Whether nothing is to be packed and rewritten.
    pub(crate) fn is_registry(&self) -> bool {
        self.used == PackageSource::Registry
    }

    /// As it is noted.
    pub(crate) fn to_json(&self) -> String {
        json!(self).to_string()
    }

    /// Reads what was noted; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// What asking the registries came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Probe {
    /// How long it took in all.
    pub(crate) milliseconds: u64,
    /// The number of packages that were asked for.
    pub(crate) packages: usize,
    /// The registries that were asked.
    pub(crate) registries: Vec<Probed>,
}

/// What one registry was found to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Probed {
    /// The address that was asked, without what may be a secret.
    pub(crate) url: String,
    /// What names it.
    pub(crate) named_by: String,
    /// The word for what it answered, as `up` or `refused`.
    pub(crate) answer: String,
}
