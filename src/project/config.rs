//! `docker-prep.toml` at the project's root.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::image::PackageManager;
use crate::project::link::Link;
use crate::project::package_source::{PackageSource, parse_duration};

/// The file's name.
pub(crate) const CONFIG_FILE: &str = "docker-prep.toml";

/// The deps dir where nothing else is said.
pub(crate) const DEFAULT_DEPS_DIR: &str = ".docker-deps";

/// What the file says; flags and the environment come before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    /// The workspace's folder, from the project's root.
    pub(crate) workspace: Option<String>,
    /// Globs on package names.
    pub(crate) scope: Vec<String>,
    /// The surfaces' folders, from the project's root.
    pub(crate) surfaces: Vec<String>,
    /// The deps dir, from the project's root.
    pub(crate) deps_dir: Option<String>,
    /// `NAME[@VERSION]`.
    #[serde(deserialize_with = "package_manager")]
    pub(crate) package_manager: Option<PackageManager>,
    /// How packages are made to find each other.
    #[serde(deserialize_with = "link")]
    pub(crate) link: Option<Link>,
    /// Where packages come from.
    #[serde(deserialize_with = "source")]
    pub(crate) source: Option<PackageSource>,
    /// The limit of a probe in all.
    #[serde(deserialize_with = "probe_timeout")]
    pub(crate) probe_timeout: Option<Duration>,
    /// What `guard` leaves out: globs on paths from the project's root.
    pub(crate) guard_ignore: Vec<String>,
    /// The lines in which its keys stand.
    #[serde(skip)]
    lines: BTreeMap<String, usize>,
}

impl Config {
    /// Where a key stands, for messages.
    pub(crate) fn place(&self, key: &str) -> String {
        let line = self.lines.get(key).map(|line| format!("line {line}: ")).unwrap_or_default();
        format!("{CONFIG_FILE}: {line}{key}")
    }
}

fn package_manager<'de, D: Deserializer<'de>>(value: D) -> Result<Option<PackageManager>, D::Error> {
    let text = String::deserialize(value)?;
    PackageManager::parse(&text).map(Some).map_err(|why| D::Error::custom(format!("package-manager: {why}")))
}

fn link<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Link>, D::Error> {
    let text = String::deserialize(value)?;
    Link::parse(&text).map(Some).map_err(|why| D::Error::custom(format!("link: {why}")))
}

fn source<'de, D: Deserializer<'de>>(value: D) -> Result<Option<PackageSource>, D::Error> {
    let text = String::deserialize(value)?;
    PackageSource::parse(&text).map(Some).map_err(|why| D::Error::custom(format!("source: {why}")))
}

fn probe_timeout<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(value)?;
    parse_duration(&text).map(Some).map_err(|why| D::Error::custom(format!("probe-timeout: {why}")))
}

/// Parses the file's text.
///
/// # Errors
/// The place and cause, as toml says them, on one line.
pub(crate) fn parse(text: &str) -> Result<Config, String> {
    let line_of = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let config: Result<Config, _> = toml::from_str(text);
    let table = toml::de::DeTable::parse(text).ok();
    let keys = table.iter().flat_map(|table| table.get_ref().keys());
    let lines = keys.map(|key| (key.get_ref().to_string(), line_of(key.span().start))).collect();
    config.map(|config| Config { lines, ..config }).map_err(|error| {
        let place = error.span().map(|span| {
            let before = &text[..span.start.min(text.len())];
            let line = line_of(span.start);
            let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
            format!("line {line}, column {column}: ")
        });
        format!("{}{}", place.unwrap_or_default(), error.message().replace('\n', "; "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys() {
        let config =
            parse("workspace = \"../plat\"\nscope = [\"@a\"]\nsurfaces = [\"web\"]\ndeps-dir = \".deps\"\n")
                .unwrap();
        assert_eq!(config.workspace.as_deref(), Some("../plat"));
        assert_eq!(config.deps_dir.as_deref(), Some(".deps"));
        assert_eq!(parse("").unwrap(), Config::default());
        let config = parse("package-manager = \"npm@^11\"\nlink = \"tarballs\"\n").unwrap();
        assert_eq!(config.package_manager, PackageManager::parse("npm@^11").ok());
        assert_eq!(config.link, Some(Link::Tarballs));
        assert_eq!(config.place("link"), "docker-prep.toml: line 2: link");
        assert_eq!(config.place("scope"), "docker-prep.toml: scope");
        let config = parse("source = \"gitea\"\nprobe-timeout = \"500ms\"\n").unwrap();
        assert_eq!(config.source, Some(PackageSource::Registry));
        assert_eq!(config.probe_timeout, Some(Duration::from_millis(500)));
    }

    #[test]
    fn a_wrong_value_is_named_with_its_place() {
        let error = parse("scope = []\npackage-manager = \"deno\"\n").unwrap_err();
        assert_eq!(error, "line 2, column 19: package-manager: `deno` is none of pnpm, npm, yarn, bun");
        let error = parse("link = \"chain\"\n").unwrap_err();
        assert_eq!(error, "line 1, column 8: link: `chain` is none of auto, overrides, tarballs");
        assert!(parse("package-manager = 5\n").is_err());
    }

    #[test]
    fn a_wrong_key_is_named_with_its_place() {
        let error = parse("scope = []\nscoop = 1\n").unwrap_err();
        assert!(error.starts_with("line 2, column 1: ") && error.contains("scoop"), "{error}");
    }
}
