//! Where packages are to come from, as it was asked for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The limit of a probe in all, where nothing else is said.
pub(crate) const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Where packages are to come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PackageSource {
    /// From the workspace: packed, and manifests rewritten.
    #[default]
    Workspace,
    /// The same, from a plain folder of packages.
    Vendor,
    /// From the registry: nothing is touched.
    Registry,
    /// From the registry if it has them all, else from the workspace.
    Auto,
}

impl PackageSource {
    /// The word for it; those of `BYTELYST_PACKAGE_SOURCE` mean the same.
    ///
    /// # Errors
    /// No such source, with those that there are.
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        match word {
            "workspace" | "common-plat" => Ok(Self::Workspace),
            "vendor" => Ok(Self::Vendor),
            "registry" | "gitea" => Ok(Self::Registry),
            "auto" => Ok(Self::Auto),
            _ => Err(format!("`{word}` is none of workspace, registry, auto, vendor")),
        }
    }
}

/// What was asked for, and what says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestedSource {
    /// Where packages are to come from.
    pub(crate) source: PackageSource,
    /// The flag, the variable or the file; empty where nothing is said.
    pub(crate) by: String,
}

/// A length of time as people type it: `2`, `2s`, `1.5s`, `500ms`.
///
/// # Errors
/// It is no such text, or no time at all, or longer than a minute.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no length of time between 1ms and 60s, such as 2s or 500ms");
    let (number, unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 0.001),
        (None, Some(number)) => (number, 1.0),
        (None, None) => (text, 1.0),
    };
    if !number.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return Err(wrong());
    }
    let seconds = number.parse::<f64>().map_err(|_| wrong())? * unit;
    if !(0.001..=60.0).contains(&seconds) {
        return Err(wrong());
    }
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_words_mean_the_same() {
        assert_eq!(PackageSource::parse("common-plat"), Ok(PackageSource::Workspace));
        assert_eq!(PackageSource::parse("gitea"), Ok(PackageSource::Registry));
        assert_eq!(PackageSource::parse("vendor"), Ok(PackageSource::Vendor));
        assert!(PackageSource::parse("Registry").is_err());
    }

    #[test]
    fn durations() {
        for (text, milliseconds) in
            [("2", 2000), ("2s", 2000), ("1.5s", 1500), ("500ms", 500), ("60", 60_000)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "0", "0ms", "-1", "2m", "s", "ms", "1e3", "inf", "NaN", "61", "2 s", "."] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
