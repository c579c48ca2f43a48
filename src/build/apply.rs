//! Runs packages' build scripts.

#![expect(clippy::disallowed_methods, reason = "has packages built in a temporary folder")]

pub(crate) mod program;

use std::ffi::OsStr;
use std::fs::File;
use std::io::stderr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nodejs_semver::Version;
use tempfile::TempDir;

use crate::build::{BuildOutput, SCRIPT};
use crate::cancel::CancelToken;
use crate::disk;
use crate::error::{Error, ErrorKind, Hint, Problem, Result, signal_name};
use crate::image::{Detected, Name, PackageManager};
use crate::npm::{Member, Workspace};
use crate::process::{ChildGroup, Ended};

use crate::build::apply::program::Installed;
use crate::project::Environment;
use crate::transaction::failed;

/// How much of what a build said is shown where it fails.
const LAST_LINES: usize = 20;

/// What keeps package managers from fetching another version of themselves, from installing anything before a script,
/// and from looking for newer versions.
const ENVIRONMENT: [(&str, &str); 8] = [
    ("npm_config_manage_package_manager_versions", "false"),
    ("PNPM_CONFIG_PM_ON_FAIL", "ignore"),
    ("npm_config_verify_deps_before_run", "false"),
    ("PNPM_CONFIG_VERIFY_DEPS_BEFORE_RUN", "false"),
    ("COREPACK_ENABLE_NETWORK", "0"),
    ("npm_config_update_notifier", "false"),
    ("PNPM_CONFIG_UPDATE_NOTIFIER", "false"),
    ("YARN_ENABLE_TELEMETRY", "0"),
];

/// What builds: the workspace's package manager.
pub(crate) struct Builder<'a> {
    workspace: &'a Workspace,
    manager: &'a Detected,
    environment: &'a Environment,
    cancel: &'a CancelToken,
    /// For what commands say.
    temp: TempDir,
    /// Once it was looked for.
    program: Option<Installed>,
    /// It is not the version that is asked for.
    doubt: Option<Problem>,
    output: BuildOutput,
}

impl<'a> Builder<'a> {
    /// For the packages of a workspace.
    ///
    /// # Errors
    /// There is no room for what builds say.
    pub(crate) fn new(
        workspace: &'a Workspace,
        manager: &'a Detected,
        output: BuildOutput,
        environment: &'a Environment,
        cancel: &'a CancelToken,
    ) -> Result<Self> {
        let temp = tempfile::Builder::new().prefix("docker-prep-build-").tempdir();
        let temp = temp.map_err(|error| failed("create a folder in", &std::env::temp_dir(), &error))?;
        Ok(Self { workspace, manager, environment, cancel, temp, program: None, doubt: None, output })
    }

    /// What a build depends on besides files. A version that is named exactly is taken at its word, so that where nothing
    /// is built no package manager is started.
    ///
    /// # Errors
    /// [`ErrorKind::Environment`]: the package manager is not there.
    pub(crate) fn tools(&mut self) -> Result<String> {
        let PackageManager { name, version, .. } = &self.manager.manager;
        let manager = match Version::parse(version) {
            Ok(version) => format!("{} {version}", name.as_str()),
            Err(_) => self.find()?.to_string(),
        };
        let node = self.version(&["node".to_owned()])?;
        let node = node.map_or_else(str::to_owned, |version| version.to_string());
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        let mode = self.environment.get("NODE_ENV").and_then(OsStr::to_str).unwrap_or_default();
        Ok(format!("{manager}, Node.js {node}, {os} {arch}, NODE_ENV={mode}"))
    }

    /// Looks for the package manager.
    ///
    /// # Errors
    /// [`ErrorKind::Environment`]: it is not there.
    fn find(&mut self) -> Result<&Installed> {
        let installed = match self.program.take() {
            Some(installed) => installed,
            None => self.look()?,
        };
        Ok(self.program.insert(installed))
    }

    /// The version that is asked for, or else the one that whoever types its name gets: it has to run a script, and
    /// nothing more.
    fn look(&mut self) -> Result<Installed> {
        let Detected { manager, reason } = self.manager;
        let instead = match program::find(manager, self.environment, &|words| self.version(words))? {
            Ok(program) => return Ok(program),
            Err(instead) => instead,
        };
        let root = self.workspace.root.display();
        let (seen, remedy) = (instead.seen, instead.remedy);
        if let Some(program) = instead.other.filter(|other| stands_in(manager, &other.version)) {
            let message =
                format!("{root}: {manager} is asked for ({reason}), but {seen}: that builds the packages");
            self.doubt = Some(Problem::new(message).hint(format!("to have that one, type: {remedy}")));
            return Ok(program);
        }
        let message = format!("{root}: packages are built by {manager} ({reason}), but {seen}");
        Err(Error::new(ErrorKind::Environment, message).hint(Hint::lines([
            &*format!("type: {remedy}"),
            "or build the packages yourself, and leave out --build",
        ])))
    }

    fn version(&self, words: &[String]) -> Result<program::ToldVersion> {
        let mut command = command(words, &self.workspace.root);
        program::version(&mut command, &self.temp.path().join("version"), self.cancel)
    }

    /// Makes sure of the package manager. Says what is doubtful of it, once.
    ///
    /// # Errors
    /// [`ErrorKind::Environment`]: it is not there.
    pub(crate) fn ready(&mut self) -> Result<Option<Problem>> {
        self.find()?;
        Ok(self.doubt.take())
    }

    /// Begins to build packages.
    ///
    /// # Errors
    /// [`ErrorKind::Environment`]: the package manager is not there; signals cannot be watched.
    pub(crate) fn begin(&mut self) -> Result<RunningBuilds<'_>> {
        self.find()?;
        let words = self.program.as_ref().map(|program| program.words.clone()).unwrap_or_default();
        let children = ChildGroup::new(self.cancel)?;
        Ok(RunningBuilds { builder: self, words, children, running: Vec::new() })
    }
}

/// Whether another version will do. yarn 1 and the later ones have no more in common than their name, and neither runs a
/// script for the other.
fn stands_in(manager: &PackageManager, version: &Version) -> bool {
    manager.name != Name::Yarn || (version.major() > 1) == (*manager.majors.start() > 1)
}

fn command(words: &[String], dir: &Path) -> Command {
    let mut command = Command::new(words.first().map(String::as_str).unwrap_or_default());
    command.args(words.iter().skip(1)).current_dir(dir).env("PWD", dir).envs(ENVIRONMENT);
    command
}

/// Builds at work.
pub(crate) struct RunningBuilds<'a> {
    builder: &'a Builder<'a>,
    words: Vec<String>,
    children: ChildGroup<'a>,
    running: Vec<(usize, Instant)>,
}

impl RunningBuilds<'_> {
    /// Runs a member's build script.
    ///
    /// # Errors
    /// It cannot be started; the signal that came.
    pub(crate) fn start(&mut self, member: usize) -> Result<()> {
        let Some(Member { dir, .. }) = self.builder.workspace.members.get(member) else { return Ok(()) };
        let mut command = command(&self.words, dir);
        command.args(["run", SCRIPT]);
        match self.builder.output {
            // Stdout may be for our document.
            BuildOutput::Live => {
                command.stdout(stderr()).stderr(Stdio::inherit());
            }
            BuildOutput::Kept => {
                let log = self.log(member);
                let file = File::create(&log).map_err(|error| failed("create", &log, &error))?;
                let other = file.try_clone().map_err(|error| failed("open", &log, &error))?;
                command.stdout(file).stderr(other);
            }
        }
        self.children.start(member, &mut command)?;
        self.running.push((member, Instant::now()));
        Ok(())
    }

    fn log(&self, member: usize) -> std::path::PathBuf {
        self.builder.temp.path().join(member.to_string())
    }

    /// Waits until one has ended; says which, and how long it took.
    ///
    /// # Errors
    /// [`ErrorKind::Packing`]: it failed; the others are ended then. [`ErrorKind::Interrupted`]: the signal that came.
    pub(crate) fn wait(&mut self) -> Result<(usize, Duration)> {
        let (member, ended) = self.children.wait()?;
        let at = self.running.iter().position(|(running, _)| *running == member);
        let took = at.map(|at| self.running.swap_remove(at).1.elapsed()).unwrap_or_default();
        if ended.exit_code() == 0 {
            return Ok((member, took));
        }
        self.children.end();
        Err(self.failure(member, ended))
    }

    fn failure(&self, member: usize, ended: Ended) -> Error {
        let Some(member_of) = self.builder.workspace.members.get(member) else {
            return Error::new(ErrorKind::Packing, "a build failed");
        };
        let typed = format!("{} run {SCRIPT}", self.words.join(" "));
        let how = match ended {
            Ended::Exited(code) => format!("ended with exit code {code}"),
            Ended::Killed(signal) => format!("was ended by {}", signal_name(signal)),
        };
        let dir = member_of.dir.display();
        let said = disk::read(&self.log(member)).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        let mut last: Vec<&str> = lines[lines.len().saturating_sub(LAST_LINES)..].to_vec();
        let next = format!("correct it, and see whether it builds: cd {dir} && {typed}");
        last.push(&next);
        Error::new(ErrorKind::Packing, format!("{}: `{typed}` in {dir} {how}", label(member_of)))
            .hint(Hint::lines(last))
    }
}

/// How messages call a member.
pub(crate) fn label(member: &Member) -> &str {
    match (member.manifest.name(), member.relative.as_str()) {
        (Some(name), _) => name,
        (None, "") => "the workspace's root",
        (None, relative) => relative,
    }
}
