//! What a command takes: wall time, CPU time and peak memory.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::result::Figure;
use crate::{Result, at, read, read_text};

/// Wall and CPU time in ms, and peak memory in MiB.
pub(crate) struct Spent {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    pub(crate) memory: f64,
}

/// Runs commands as children of a small process that measures them: the peak memory of a child begins with what its
/// parent had.
pub(crate) struct Stopwatch {
    own: PathBuf,
    spent: PathBuf,
    said: PathBuf,
    environment: Vec<(String, OsString)>,
}

impl Stopwatch {
    /// Keeps what it notes in a folder.
    pub(crate) fn new(folder: &Path, environment: Vec<(String, OsString)>) -> Result<Stopwatch> {
        Ok(Stopwatch {
            own: std::env::current_exe()?,
            spent: folder.join("spent"),
            said: folder.join("said"),
            environment,
        })
    }

    /// Runs a command that is expected to end with a code.
    pub(crate) fn measure(&self, command: &[String], folder: &Path, code: i32) -> Result<Spent> {
        let said = File::create(&self.said).map_err(at(&self.said))?;
        let mut child = Command::new(&self.own);
        child.arg("child").arg(&self.spent).arg(code.to_string()).arg("--").args(command).current_dir(folder);
        child.envs(self.environment.iter().map(|(name, value)| (name, value)));
        child.stdin(Stdio::null()).stdout(said.try_clone()?).stderr(said);
        if !child.status()?.success() {
            let said = read(&self.said)?;
            let end = String::from_utf8_lossy(&said[said.len().saturating_sub(2000)..]).into_owned();
            return Err(format!("{command:?} in {} failed:\n{end}", folder.display()).into());
        }
        let text = read_text(&self.spent)?;
        let numbers: std::result::Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
        let [wall, cpu, memory] = numbers?[..] else {
            return Err(format!("{}: no three numbers: {text}", self.spent.display()).into());
        };
        Ok(Spent { wall, cpu, memory })
    }

    /// Runs a command that is not measured.
    pub(crate) fn run(&self, command: &[&str], folder: &Path) -> Result<()> {
        run(Command::new(command[0])
            .args(&command[1..])
            .current_dir(folder)
            .envs(self.environment.iter().cloned()))
    }
}

/// Runs a command that is not measured, and whose output nobody reads.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let done = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!("{command:?} ended with {}: {}", done.status, String::from_utf8_lossy(&done.stderr)).into())
}

/// The small process that measures one command.
#[derive(clap::Args)]
pub(crate) struct Child {
    spent: PathBuf,
    code: i32,
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

impl Child {
    pub(crate) fn run(&self) -> Result<()> {
        let begin = Instant::now();
        let status = Command::new(&self.command[0]).args(&self.command[1..]).status()?;
        let wall = begin.elapsed().as_secs_f64() * 1e3;
        if status.code() != Some(self.code) {
            return Err(format!("ended with {status} instead of {}", self.code).into());
        }
        let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let ms = |time: TimeVal| time.tv_sec() as f64 * 1e3 + time.tv_usec() as f64 / 1e3;
        // macOS counts bytes, and others KiB.
        let unit = if cfg!(target_os = "macos") { 1.0 } else { 1024.0 };
        let memory = used.max_rss() as f64 * unit / f64::from(1 << 20);
        let cpu = ms(used.user_time()) + ms(used.system_time());
        crate::write(&self.spent, format!("{wall} {cpu} {memory}"))
    }
}

/// What the rounds of one command took.
#[derive(Default)]
pub(crate) struct Rounds(Vec<Spent>);

impl Rounds {
    pub(crate) fn push(&mut self, spent: Spent) {
        self.0.push(spent);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Median and least of one of the three, with two digits behind the point.
    pub(crate) fn figure(&self, what: impl Fn(&Spent) -> f64) -> Figure {
        let mut values: Vec<f64> = self.0.iter().map(what).collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (values.len().saturating_sub(1) / 2, values.len() / 2);
        let median = match (values.get(low), values.get(high)) {
            (Some(low), Some(high)) => f64::midpoint(*low, *high),
            _ => f64::NAN,
        };
        let round = |value: f64| (value * 100.0).round() / 100.0;
        Figure { median: round(median), least: round(values.first().copied().unwrap_or(f64::NAN)) }
    }
}
