//! The package manager that makes a lockfile: the one on PATH or in corepack's store, at the version that installs.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::process::{Command, Stdio};

use nodejs_semver::{Range, Version};

use super::{Layout, Request};
use crate::apply::child;
use crate::apply::file::failed;
use crate::apply::signal::Signals;
use crate::error::{Error, Kind, Result, signal_name};
use crate::model::ended::Ended;
use crate::model::package_manager::{Name, PackageManager};

/// What keeps them from fetching another version of themselves, from looking for a newer one, from colours, and from
/// scripts. Each reads its own.
const ENVIRONMENT: [(&str, &str); 13] = [
    ("npm_config_manage_package_manager_versions", "false"),
    ("npm_config_package_manager_strict", "false"),
    ("PNPM_CONFIG_PM_ON_FAIL", "ignore"),
    ("COREPACK_ENABLE_NETWORK", "0"),
    ("COREPACK_ENABLE_PROJECT_SPEC", "0"),
    ("COREPACK_ENABLE_STRICT", "0"),
    ("npm_config_update_notifier", "false"),
    ("PNPM_CONFIG_UPDATE_NOTIFIER", "false"),
    ("YARN_ENABLE_TELEMETRY", "0"),
    ("YARN_ENABLE_SCRIPTS", "0"),
    ("DO_NOT_TRACK", "1"),
    ("NO_COLOR", "1"),
    ("LC_ALL", "C"),
];

/// What would leave packages out, or colour what is said.
const LEFT_OUT: [&str; 3] = ["NODE_ENV", "FORCE_COLOR", "CLICOLOR_FORCE"];

/// A package manager that can be run.
pub(super) struct Program {
    words: Vec<String>,
    name: Name,
    version: Version,
    /// Of its version.
    pub(super) major: u64,
}

/// How a call ended.
pub(super) struct Outcome {
    /// Whether with exit code 0.
    pub(super) well: bool,
    /// What it wrote to stdout and stderr.
    pub(super) said: String,
    typed: String,
    ended: Ended,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name.as_str(), self.version)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ended {
            Ended::Exited(0) => f.write_str(&self.typed),
            Ended::Exited(code) => write!(f, "`{}` ended with exit code {code}", self.typed),
            Ended::Killed(signal) => write!(f, "`{}` was ended by {}", self.typed, signal_name(signal)),
        }
    }
}

impl Program {
    /// Finds the one that the surface is installed with.
    pub(super) fn find(request: &Request<'_>, layout: &Layout) -> Result<Self> {
        let manager = request.manager;
        let name = manager.name.as_str();
        let with = |words: Vec<String>| -> Result<std::result::Result<Self, &'static str>> {
            let version = version(&words, layout, request.signals)?;
            Ok(version.map(|version| Self { words, name: manager.name, major: version.major(), version }))
        };
        let on_path = with(vec![name.to_owned()])?;
        let seen = match on_path {
            Ok(program) if fits(manager, &program.version) => return Ok(program),
            Ok(program) => format!("PATH has {program}"),
            Err(why) => format!("the {name} of PATH {why}"),
        };
        let exact = Version::parse(&manager.version).is_ok();
        if exact
            && manager.name != Name::Bun
            && let Ok(program) = with(vec!["corepack".to_owned(), spec(manager)])?
            && fits(manager, &program.version)
        {
            return Ok(program);
        }
        let label = super::label(request.surface_dir);
        let why = if request.reason.is_empty() { String::new() } else { format!(" ({})", request.reason) };
        Err(Error::new(
            Kind::Environment,
            format!("{label}: a lockfile is made by {manager}{why}, but {seen}"),
        )
        .hint(format!(
            "type: {}\nor name another that installs the surface, as in --package-manager {name}@VERSION",
            installation(manager)
        )))
    }

    /// Runs it beside the laid out manifest.
    pub(super) fn run(&self, words: &[&str], layout: &Layout, signals: &Signals) -> Result<Outcome> {
        let log = layout.private("log");
        let file = File::create(&log).map_err(|error| failed("create", &log, &error))?;
        let other = file.try_clone().map_err(|error| failed("open", &log, &error))?;
        let mut command = prepared(&self.words, layout);
        command.args(words).args(self.places(layout)).stdout(file).stderr(other);
        let ended = child::finish(&mut command, signals)?;
        let said = fs::read(&log).map_err(|error| failed("read", &log, &error))?;
        Ok(Outcome {
            well: ended.exit_code() == 0,
            said: String::from_utf8_lossy(&said).into_owned(),
            typed: format!("{} {}", self.name.as_str(), words.join(" ")),
            ended,
        })
    }

    /// Where it keeps what it fetched, if that has to be said in words: settings of the user's would beat variables.
    fn places(&self, layout: &Layout) -> Vec<OsString> {
        let place = |option: &str, name: &str| {
            let mut word = OsString::from(format!("{option}="));
            word.push(layout.private(name));
            word
        };
        match (self.name, self.major) {
            (Name::Pnpm, _) => ["store-dir", "config.cache-dir", "config.state-dir"]
                .map(|name| place(&format!("--{name}"), name))
                .to_vec(),
            (Name::Npm, _) => vec![place("--cache", "cache")],
            (Name::Yarn, 0 | 1) => vec![OsString::from("--cache-folder"), layout.private("cache").into()],
            _ => Vec::new(),
        }
    }
}

/// The command without the words of a call.
fn prepared(words: &[String], layout: &Layout) -> Command {
    let mut command = Command::new(words.first().map(String::as_str).unwrap_or_default());
    command.args(words.iter().skip(1)).current_dir(layout.surface()).env("PWD", layout.surface());
    command.envs(ENVIRONMENT);
    for name in LEFT_OUT {
        command.env_remove(name);
    }
    for (name, place) in [
        ("TMPDIR", "tmp"),
        ("BUN_TMPDIR", "tmp"),
        ("BUN_INSTALL_CACHE_DIR", "cache"),
        ("YARN_GLOBAL_FOLDER", "yarn"),
    ] {
        command.env(name, layout.private(place));
    }
    command
}

/// What it says its version is, or why that is not known.
fn version(
    words: &[String],
    layout: &Layout,
    signals: &Signals,
) -> Result<std::result::Result<Version, &'static str>> {
    let log = layout.private("version");
    let file = File::create(&log).map_err(|error| failed("create", &log, &error))?;
    let mut command = prepared(words, layout);
    command.arg("--version").stdout(file).stderr(Stdio::null());
    match child::finish(&mut command, signals) {
        Ok(ended) => {
            let said = fs::read_to_string(&log).map_err(|error| failed("read", &log, &error))?;
            let version = Version::parse(said.trim().trim_start_matches('v'));
            let silent = "does not tell its version";
            Ok(version.ok().filter(|_| ended.exit_code() == 0).ok_or(silent))
        }
        Err(error) if error.kind == Kind::NotRun(127) => Ok(Err("is missing")),
        Err(error) if matches!(error.kind, Kind::NotRun(_)) => Ok(Err("cannot be executed")),
        Err(error) => Err(error),
    }
}

/// Whether this version is the one, or one of those, that installs the surface.
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
    let spec = spec(manager);
    if manager.name == Name::Yarn && *manager.majors.start() > 1 {
        return format!("corepack prepare {spec} --activate");
    }
    let is_plain = spec.chars().all(|c| c.is_ascii_alphanumeric() || "@.-+".contains(c));
    if is_plain { format!("npm install -g {spec}") } else { format!("npm install -g '{spec}'") }
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
