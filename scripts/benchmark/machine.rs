//! What the figures were measured on.

use std::fmt;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::Result;

#[derive(Serialize, Deserialize)]
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    system: String,
    file_system: String,
    load: f64,
    program: String,
    git: String,
}

impl Machine {
    /// Asks this machine; the file system is a folder's.
    pub(crate) fn observe(program: &Path, folder: &Path) -> Result<Machine> {
        let shell = |text: &str| said(Command::new("sh").args(["-c", text]));
        let processor = "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | grep . || sysctl -n machdep.cpu.brand_string";
        let load =
            "cut -d ' ' -f 1 /proc/loadavg 2>/dev/null | grep . || sysctl -n vm.loadavg | cut -d ' ' -f 2";
        Ok(Machine {
            processor: shell(processor),
            cores: shell("getconf _NPROCESSORS_ONLN").parse()?,
            system: shell("uname -sr | cut -d - -f 1"),
            file_system: said(Command::new("stat").args(["-f", "-c", "%T"]).arg(folder)),
            load: shell(load).parse()?,
            program: said(Command::new(program).arg("--version")),
            git: said(Command::new("git").arg("--version")),
        })
    }
}

/// The first line that a command prints.
fn said(command: &mut Command) -> String {
    let printed = command.output().ok().filter(|done| done.status.success());
    let line = printed
        .and_then(|done| Some(String::from_utf8_lossy(&done.stdout).lines().next()?.trim().to_owned()));
    line.unwrap_or_else(|| "unknown".to_owned())
}

impl fmt::Display for Machine {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { processor, cores, system, file_system, load, program, git } = self;
        write!(
            to,
            "{program} on {processor}, {cores} cores, {system}, {file_system}, {git}, load {load:?} at the beginning"
        )
    }
}
