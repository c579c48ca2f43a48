//! What one command does to what an install finds.

use super::files::{self, CopyFiles, WriteFile};
use super::script::{self, RunScript};
use super::{DockerfileInstall, any_install, dir_of, program, sort, values};
use crate::image::dockerfile::path;
use crate::image::dockerfile::shell::ShellCommand;

/// What a command does, where it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CommandEffect {
    /// It installs.
    Install(DockerfileInstall),
    /// It runs a script of a manifest, which may install.
    RunScript(RunScript),
    /// It writes the part of a workspace that some members need.
    Prune(Prune),
    /// It copies, moves or links files.
    CopyFiles(CopyFiles),
    /// It deletes files and folders.
    Remove {
        /// Absolute; as globs where they are written so.
        paths: Vec<String>,
    },
    /// It writes a file.
    WriteFile(WriteFile),
    /// It unpacks an archive: what lies there then is not known.
    Unpack {
        /// Absolute; `None` for what another command gives.
        archive: Option<String>,
        /// Absolute.
        to: String,
    },
    /// It sets a setting of a package manager, as `@x:registry`.
    SetConfig {
        /// The setting.
        key: String,
        /// Its value.
        value: String,
    },
    /// `make` runs the recipes of a Makefile.
    Make(Make),
    /// A shell reads a script in a file.
    RunFile {
        /// Absolute.
        path: String,
    },
}

/// The part of a workspace that some of its members need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prune {
    /// Which tool: each lays out its folder in another way.
    pub(crate) tool: PruneTool,
    /// The workspace's root.
    pub(crate) dir: String,
    /// Where it is written to.
    pub(crate) out_dir: String,
    /// The members, as they are named.
    pub(crate) scopes: Vec<String>,
    /// Manifests and sources are written apart, so that layers are cached.
    pub(crate) docker: bool,
}

/// What `make` is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Make {
    /// Absolute.
    pub(crate) dir: String,
    /// The Makefile, where one is named; absolute.
    pub(crate) file: Option<String>,
    /// The targets; the first one of the Makefile where there are none.
    pub(crate) goals: Vec<String>,
}

/// Who prunes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PruneTool {
    /// Writes `json/` and `full/` with `--docker`, and the lockfile beside them; else the members themselves.
    Turbo,
    /// Writes `workspace/` (`configs/` from moon 2 on) and `sources/`.
    Moon,
}

/// Reads a command; `line` is that of the file on which it stands.
pub(crate) fn effect(line: usize, command: &ShellCommand) -> Option<CommandEffect> {
    command.words.first()?;
    if let Some(install) = any_install(line, command) {
        return Some(CommandEffect::Install(install));
    }
    if let Some(prune) = prune(command) {
        return Some(CommandEffect::Prune(prune));
    }
    if let Some((key, value)) = setting(command) {
        return Some(CommandEffect::SetConfig { key, value });
    }
    if let Some(run) = script::run_script(command) {
        return Some(CommandEffect::RunScript(run));
    }
    if let Some(make) = make(command) {
        return Some(CommandEffect::Make(make));
    }
    files::effect(command).or_else(|| run_file(command).map(|path| CommandEffect::RunFile { path }))
}

fn make(command: &ShellCommand) -> Option<Make> {
    let ("make" | "gmake") = command.words.first()?.as_str() else { return None };
    let sorted = sort(&command.words[1..], &["C", "directory", "f", "file", "makefile"]);
    let dir =
        values(&sorted, &["C", "directory"]).iter().fold(command.dir.clone(), |dir, to| path::join(&dir, to));
    let file = values(&sorted, &["f", "file", "makefile"]).first().map(|file| path::join(&dir, file));
    let goals = sorted.1.iter().filter(|word| !word.contains('=')).map(|goal| (*goal).to_owned()).collect();
    Some(Make { dir, file, goals })
}

fn prune(command: &ShellCommand) -> Option<Prune> {
    let (program, _) = program(command)?;
    let sorted = sort(&command.words[1..], &["scope", "out-dir", "cwd"]);
    let (tool, scopes, out_dir) = match (program, sorted.1.as_slice()) {
        ("turbo", ["prune", scopes @ ..]) => (PruneTool::Turbo, scopes, "out"),
        ("moon", ["docker", "scaffold", scopes @ ..]) => (PruneTool::Moon, scopes, ".moon/docker"),
        _ => return None,
    };
    let dir = dir_of(command, &sorted);
    let out_dir = values(&sorted, &["out-dir"]).last().copied().unwrap_or(out_dir);
    Some(Prune {
        tool,
        out_dir: path::join(&dir, out_dir),
        dir,
        scopes: values(&sorted, &["scope"]).iter().chain(scopes).map(|scope| (*scope).to_owned()).collect(),
        docker: tool == PruneTool::Moon || super::has(&sorted, &["docker"]),
    })
}

/// `npm config set @x:registry URL`, with one or two words for what is set.
fn setting(command: &ShellCommand) -> Option<(String, String)> {
    let (program, _) = program(command)?;
    let sorted = sort(command.words.get(1..)?, &["location", "L"]);
    let (key, value) = match (program, sorted.1.as_slice()) {
        ("npm" | "pnpm" | "yarn", ["config" | "c", "set", rest @ ..])
        | ("npm" | "pnpm", ["set", rest @ ..]) => match rest {
            [key, value, ..] => (*key, *value),
            [pair] => pair.split_once('=')?,
            [] => return None,
        },
        _ => return None,
    };
    Some((key.to_owned(), value.to_owned()))
}

/// `bash x.sh`, `. x.sh`, `./x.sh`.
fn run_file(command: &ShellCommand) -> Option<String> {
    let arguments = &command.words[1..];
    let file = match command.words.first()?.as_str() {
        "sh" | "bash" | "ash" | "dash" | "zsh" => {
            let mut rest = arguments.iter();
            loop {
                let word = rest.next()?;
                if matches!(word.as_str(), "-o" | "+o" | "-O") {
                    rest.next();
                } else if !word.starts_with(['-', '+']) {
                    break word;
                }
            }
        }
        "." | "source" => arguments.first()?,
        _ => Some(&command.program).filter(|program| {
            let of_system = ["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/opt/"];
            program.contains('/')
                && !program.contains("node_modules/")
                && !of_system.iter().any(|dir| program.starts_with(dir))
        })?,
    };
    Some(command.path(file))
}
