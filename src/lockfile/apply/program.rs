//! The package manager that makes a lockfile: the one on PATH or in corepack's store, at the version that installs.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::process::Command;

use nodejs_semver::Version;

use super::{LockfileFolder, LockfileRequest};
use crate::build::program;
use crate::cancel::CancelToken;
use crate::disk;
use crate::error::{Error, ErrorKind, Hint, Result, signal_name};
use crate::image::Name;
use crate::process::{Ended, child};
use crate::transaction::failed;

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
pub(super) struct CallOutcome {
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

impl fmt::Display for CallOutcome {
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
    pub(super) fn find(request: &LockfileRequest<'_>, layout: &LockfileFolder) -> Result<Self> {
        let manager = request.manager;
        let ask = |words: &[String]| {
            program::version(&mut prepared(words, layout), &layout.private("version"), request.cancel)
        };
        let instead = match program::find(manager, request.environment, &ask)? {
            Ok(program::Installed { words, name, version }) => {
                return Ok(Self { words, name, major: version.major(), version });
            }
            Err(instead) => instead,
        };
        let name = manager.name.as_str();
        let label = crate::lockfile::apply::label(request.surface_dir);
        let why = if request.reason.is_empty() { String::new() } else { format!(" ({})", request.reason) };
        Err(Error::new(
            ErrorKind::Environment,
            format!("{label}: a lockfile is made by {manager}{why}, but {}", instead.seen),
        )
        .hint(Hint::lines([
            format!("type: {}", instead.remedy),
            format!("or name another that installs the surface, as in --package-manager {name}@VERSION"),
        ])))
    }

    /// Runs it beside the laid out manifest.
    pub(super) fn run(
        &self,
        words: &[&str],
        layout: &LockfileFolder,
        cancel: &CancelToken,
    ) -> Result<CallOutcome> {
        let log = layout.private("log");
        let file = File::create(&log).map_err(|error| failed("create", &log, &error))?;
        let other = file.try_clone().map_err(|error| failed("open", &log, &error))?;
        let mut command = prepared(&self.words, layout);
        command.args(words).args(self.places(layout)).stdout(file).stderr(other);
        let ended = child::finish(&mut command, cancel)?;
        let said = disk::read(&log).map_err(|error| failed("read", &log, &error))?;
        Ok(CallOutcome {
            well: ended.exit_code() == 0,
            said: String::from_utf8_lossy(&said).into_owned(),
            typed: format!("{} {}", self.name.as_str(), words.join(" ")),
            ended,
        })
    }

    /// Where it keeps what it fetched, if that has to be said in words: settings of the user's would beat variables.
    fn places(&self, layout: &LockfileFolder) -> Vec<OsString> {
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
fn prepared(words: &[String], layout: &LockfileFolder) -> Command {
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
