//! A package manager that is run: the one on PATH or in corepack's store, at the version that is asked for. None is
//! ever fetched.

use std::env::split_paths;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nodejs_semver::{Range, Version};

use crate::cancel::CancelToken;
use crate::disk;
use crate::error::{ErrorKind, Result};
use crate::image::{Name, PackageManager};
use crate::process::child;
use crate::project::Environment;
use crate::transaction::failed;

/// One that can be run.
pub(crate) struct Installed {
    /// The words that start it.
    pub(crate) words: Vec<String>,
    pub(crate) name: Name,
    pub(crate) version: Version,
}

impl fmt::Display for Installed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name.as_str(), self.version)
    }
}

/// A version, or why it is not known.
pub(crate) type ToldVersion = std::result::Result<Version, &'static str>;

/// What there is where the one that is asked for is not.
pub(crate) struct Instead {
    /// For messages: `PATH has pnpm 9.15.9`.
    pub(crate) seen: String,
    /// What is typed to have the right one.
    pub(crate) remedy: String,
    /// What `PATH` has, at another version.
    pub(crate) other: Option<Installed>,
}

/// Finds it; `ask` tells the version of what some words start. Where it is not there, says what is there instead.
pub(crate) fn find(
    manager: &PackageManager,
    environment: &Environment,
    ask: &dyn Fn(&[String]) -> Result<ToldVersion>,
) -> Result<std::result::Result<Installed, Instead>> {
    let name = manager.name.as_str();
    let with = |words: Vec<String>| -> Result<std::result::Result<Installed, &'static str>> {
        Ok(ask(&words)?.map(|version| Installed { words, name: manager.name, version }))
    };
    let on_path = match with(vec![name.to_owned()])? {
        Ok(program) if fits(manager, &program.version) => return Ok(Ok(program)),
        other => other,
    };
    let exact = Version::parse(&manager.version).is_ok();
    if exact
        && manager.name != Name::Bun
        && let Ok(program) = with(vec!["corepack".to_owned(), spec(manager)])?
        && fits(manager, &program.version)
    {
        return Ok(Ok(program));
    }
    Ok(Err(Instead::new(manager, environment, on_path)))
}

impl Instead {
    fn new(
        manager: &PackageManager,
        environment: &Environment,
        on_path: std::result::Result<Installed, &'static str>,
    ) -> Self {
        let name = manager.name.as_str();
        let place = located(name, environment);
        let at = place.as_ref().map(|place| format!(" ({})", place.display())).unwrap_or_default();
        // Its programs are links into its own folder.
        let real = place.and_then(|place| place.canonicalize().ok()).unwrap_or_default();
        let is_corepack = real.components().any(|part| part.as_os_str() == "corepack");
        let (seen, other) = match on_path {
            Ok(program) => (format!("PATH has {program}{at}"), Some(program)),
            Err(_) if is_corepack => {
                (format!("the {name} of PATH{at} is corepack's, which does not have it"), None)
            }
            Err(MISSING) => (format!("PATH has no {name}"), None),
            Err(why) => (format!("the {name} of PATH{at} {why}"), None),
        };
        let remedy = if is_corepack { preparation(manager) } else { installation(manager) };
        Self { seen, remedy, other }
    }
}

/// Where `PATH` has a program.
fn located(name: &str, environment: &Environment) -> Option<PathBuf> {
    split_paths(environment.get("PATH")?).map(|dir| dir.join(name)).find(|program| program.is_file())
}

const MISSING: &str = "is missing";

/// What a command says its version is, or why that is not known. `log` is a file for what it says.
pub(crate) fn version(command: &mut Command, log: &Path, cancel: &CancelToken) -> Result<ToldVersion> {
    let file = File::create(log).map_err(|error| failed("create", log, &error))?;
    command.arg("--version").stdout(file).stderr(Stdio::null());
    match child::finish(command, cancel) {
        Ok(ended) => {
            let said = disk::read_text(log).map_err(|error| failed("read", log, &error))?;
            let version = Version::parse(said.trim().trim_start_matches('v'));
            let silent = "does not tell its version";
            Ok(version.ok().filter(|_| ended.exit_code() == 0).ok_or(silent))
        }
        Err(error) if error.kind == ErrorKind::NotRun(127) => Ok(Err(MISSING)),
        Err(error) if matches!(error.kind, ErrorKind::NotRun(_)) => Ok(Err("cannot be executed")),
        Err(error) => Err(error),
    }
}

/// Whether this version is the one, or one of those, that is asked for.
fn fits(manager: &PackageManager, version: &Version) -> bool {
    manager.majors.contains(&version.major())
        && Range::parse(&manager.version).map_or(true, |range| range.satisfies(version))
}

/// As npm and corepack take it: `pnpm@10.6.5`.
fn spec(manager: &PackageManager) -> String {
    let name = manager.name.as_str();
    if manager.version.is_empty() { name.to_owned() } else { format!("{name}@{}", manager.version) }
}

/// What is typed to have it.
fn installation(manager: &PackageManager) -> String {
    // npm's `yarn` ends with 1.
    if manager.name == Name::Yarn && *manager.majors.start() > 1 {
        return preparation(manager);
    }
    format!("npm install -g {}", quoted(manager))
}

/// What is typed for corepack to have it.
fn preparation(manager: &PackageManager) -> String {
    format!("corepack prepare {} --activate", quoted(manager))
}

fn quoted(manager: &PackageManager) -> String {
    let spec = spec(manager);
    let is_plain = spec.chars().all(|c| c.is_ascii_alphanumeric() || "@.-+".contains(c));
    if is_plain { spec } else { format!("'{spec}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manager(version: &str, majors: std::ops::RangeInclusive<u64>) -> PackageManager {
        PackageManager { name: Name::Pnpm, version: version.to_owned(), majors }
    }

    #[test]
    fn an_exact_version_is_meant_exactly() {
        let found = |text: &str| Version::parse(text).unwrap();
        assert!(fits(&manager("10.6.5", 10..=10), &found("10.6.5")));
        assert!(!fits(&manager("10.6.5", 10..=10), &found("10.6.4")));
        assert!(!fits(&manager("10.6.5", 10..=10), &found("11.0.0")));
        assert!(fits(&manager("10", 10..=10), &found("10.34.9")));
        assert!(fits(&manager(">=9", 9..=u64::MAX), &found("12.21.0")));
        assert!(!fits(&manager("", 9..=9), &found("8.15.9")));
        assert!(fits(&manager("latest", 0..=u64::MAX), &found("8.15.9")));
    }

    #[test]
    fn the_way_to_have_it_can_be_typed() {
        assert_eq!(installation(&manager("10.6.5", 10..=10)), "npm install -g pnpm@10.6.5");
        assert_eq!(installation(&manager(">=9", 9..=u64::MAX)), "npm install -g 'pnpm@>=9'");
        assert_eq!(installation(&PackageManager::of_any_version(Name::Npm)), "npm install -g npm");
        let yarn = PackageManager { name: Name::Yarn, version: "4.18.1".to_owned(), majors: 4..=4 };
        assert_eq!(installation(&yarn), "corepack prepare yarn@4.18.1 --activate");
    }
}
