//! `docker-prep.toml` at the project's root.

mod doctor;
mod keys;
mod syntax;
#[cfg(test)]
mod tests;
mod version;

use std::collections::BTreeMap;
use std::time::Duration;

use toml::de::DeTable;

pub(crate) use self::doctor::DoctorConfig;
use self::keys::Reading;
pub(crate) use self::version::UnmetVersion;
use crate::error::Problem;
use crate::image::PackageManager;
use crate::project::isolated_way::IsolatedWay;
use crate::project::link::Link;
use crate::project::package_source::PackageSource;

/// The file's name.
pub(crate) const CONFIG_FILE: &str = "docker-prep.toml";

/// The deps dir where nothing else is said.
pub(crate) const DEFAULT_DEPS_DIR: &str = ".docker-deps";

/// What the file says; flags and the environment come before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    pub(crate) package_manager: Option<PackageManager>,
    /// How packages are made to find each other.
    pub(crate) link: Option<Link>,
    /// Whether `run` touches no file of the project.
    pub(crate) isolated: Option<IsolatedWay>,
    /// Whether packages of others come from the deps dir too.
    pub(crate) offline: Option<bool>,
    /// Where packages come from.
    pub(crate) source: Option<PackageSource>,
    /// The limit of a probe in all.
    pub(crate) probe_timeout: Option<Duration>,
    /// What `guard` leaves out: globs on paths from the project's root.
    pub(crate) guard_ignore: Vec<String>,
    /// The versions of the program that may be used, as they are written.
    pub(crate) required_version: Option<String>,
    /// `[doctor]`.
    pub(crate) doctor: DoctorConfig,
    /// The line of each key's value, or of each text of a list.
    lines: BTreeMap<&'static str, Vec<usize>>,
}

impl Config {
    /// Where a key's value stands, or the text of a list at `index`, as messages begin: `line 3: surfaces: `.
    pub(crate) fn prefix(&self, key: &str, index: usize) -> String {
        match self.lines.get(key).and_then(|lines| lines.get(index)) {
            Some(line) => format!("line {line}: {key}: "),
            None => format!("{key}: "),
        }
    }

    /// Where a key stands, for messages that say who named its value: `docker-prep.toml: line 3: link`.
    pub(crate) fn name_of(&self, key: &str) -> String {
        format!("{CONFIG_FILE}: {}", self.prefix(key, 0).trim_end_matches(": "))
    }
}

/// Why a text cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConfigError {
    /// It is meant for another version of the program.
    Unmet(Box<UnmetVersion>),
    /// Each thing that is wrong, by its line, with what may stand there; the file's name is for the caller to put
    /// before it.
    Wrong(Vec<Problem>),
}

/// Parses the file's text. `required-version` is read before anything else: what it does not let this version read may
/// mean nothing to it.
///
/// # Errors
/// [`ConfigError`]
pub(crate) fn parse(text: &str) -> Result<Config, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let required = version::read(text);
    // What can be read of a text that is no TOML is read all the same.
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reading = Reading::new(text);
    if errors.is_empty() {
        reading.table(table.get_ref());
    } else {
        reading.problems = syntax::problems(text, &errors);
    }
    match required {
        Some(required) if !required.is_met() => {
            let is_understood = reading.problems.is_empty();
            if !errors.is_empty() {
                reading.table(table.get_ref());
            }
            let readable = reading.config;
            Err(ConfigError::Unmet(Box::new(UnmetVersion { required, readable, is_understood })))
        }
        _ if !reading.problems.is_empty() => Err(ConfigError::Wrong(reading.problems)),
        _ => Ok(reading.config),
    }
}
