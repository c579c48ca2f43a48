//! The commands of a Dockerfile that install what a `package.json` asks for, and those that change what an install finds.

mod effect;
#[cfg(test)]
mod effect_tests;
mod files;
mod flags;
mod script;
#[cfg(test)]
mod tests;

pub(crate) use self::effect::{CommandEffect, effect};
pub(crate) use self::effect::{Make, Prune, PruneTool};
pub(crate) use self::files::CopyFiles;
pub(crate) use self::flags::{Sorted, flags_with_values, sort};
use self::flags::{has, says, values};
pub(crate) use self::script::RunScript;
use super::path;
use super::shell::ShellCommand;
#[cfg(test)]
use super::stage::Dockerfile;
use crate::image::package_manager::{Name, PackageManager, Tags};

/// An install of a project's dependencies, as `pnpm install`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstallCommand {
    /// The line of the Dockerfile, from 1 on.
    pub(crate) line: usize,
    /// Who installs.
    pub(crate) manager: Name,
    /// What is installed.
    pub(crate) kind: InstallKind,
    /// Whether a lockfile that does not fit is an error: a flag says so, or it is pnpm with `CI` set.
    pub(crate) frozen: bool,
    /// Whether a flag says that the lockfile is neither read nor written.
    pub(crate) no_lockfile: bool,
    /// Whether the environment variable `CI` is set for it: yarn 4 then takes a lockfile as frozen, too.
    pub(crate) ci: bool,
    /// Whether a flag leaves development's dependencies out.
    pub(crate) production: bool,
    /// Whether a flag says that no script of a manifest is run.
    pub(crate) ignores_scripts: bool,
    /// The members of the workspace that it is for, as they are named: `--filter`, `-w`, `focus`; all where none is.
    pub(crate) workspaces: Vec<String>,
    /// The folder in the image that it installs for; absolute.
    pub(crate) dir: String,
}

/// What an install reads and where it puts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InstallKind {
    /// Reads the manifests, and installs beside them.
    Install,
    /// `pnpm fetch`: reads only the lockfile.
    Fetch,
    /// `pnpm deploy`: a member of the workspace and its dependencies, into a folder; absolute.
    Deploy {
        /// The folder.
        to: String,
    },
    /// Adds or removes named packages, as `yarn add x`, and installs what the manifest asks for with them.
    Change,
    /// In each member of a workspace, as `lerna bootstrap`.
    Bootstrap,
    /// Another program, by its name, which starts a package manager that its own settings name.
    Other(&'static str),
}

/// The installs of a Dockerfile, in order. One that names packages, or is global, is none.
#[cfg(test)]
pub(crate) fn installs(text: &str) -> Vec<InstallCommand> {
    let file = Dockerfile::parse(text);
    file.commands().filter_map(|(_, line, command)| Some(install(line, command)?.command)).collect()
}

/// An install, and the version that its own words name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DockerfileInstall {
    pub(crate) command: InstallCommand,
    /// As in `npx pnpm@9 install`.
    pub(crate) version: Option<PackageManager>,
}

/// Reads a command as an install that one of the package managers does from the manifests.
#[cfg(test)]
pub(crate) fn install(line: usize, command: &ShellCommand) -> Option<DockerfileInstall> {
    any_install(line, command).filter(|found| found.command.kind == InstallKind::Install)
}

/// The program of a command, without its version, and that.
fn program(command: &ShellCommand) -> Option<(&str, &str)> {
    let program = command.words.first()?;
    let (name, version) = program.split_once('@').unwrap_or((program, ""));
    // Debian's name.
    Some((if name == "yarnpkg" { "yarn" } else { name }, version))
}

/// Reads a command as an install of any kind.
fn any_install(line: usize, command: &ShellCommand) -> Option<DockerfileInstall> {
    let (program, version) = program(command)?;
    let Some(manager) = Name::parse(program) else { return by_another(line, command, program) };
    let sorted = sort(&command.words[1..], flags_with_values(manager));
    let mut workspaces = workspaces_of(manager, &sorted);
    let mut words = sorted.1.as_slice();
    if let ("yarn", ["workspace", name, rest @ ..]) = (program, words) {
        // `yarn workspace x` alone does nothing.
        if rest.is_empty() {
            return None;
        }
        workspaces.push((*name).to_owned());
        words = rest;
    }
    let kind = kind_of(manager, words, &sorted, command)?;
    if let (Name::Yarn, ["workspaces", "focus", names @ ..]) = (manager, words) {
        workspaces.extend(names.iter().map(|name| (*name).to_owned()));
    }
    let is_clean = matches!(
        words.first(),
        Some(&("ci" | "clean-install" | "ic" | "install-clean" | "cit" | "install-ci-test"))
    );
    let flag = |name: &str| sorted.0.iter().rev().find_map(|(flag, value)| says(flag, *value, name));
    let ci = command.variable("CI").is_some_and(|ci| !matches!(ci, "" | "false" | "0"));
    let asked = flag("frozen-lockfile").or_else(|| flag("immutable"));
    let frozen = asked.unwrap_or(is_clean && manager != Name::Yarn || ci && manager == Name::Pnpm);
    let lockfile = if manager == Name::Npm { flag("package-lock") } else { flag("lockfile") };
    let no_lockfile = lockfile == Some(false);
    let omitted = values(&sorted, &["omit", "only"]);
    Some(DockerfileInstall {
        command: InstallCommand {
            line,
            manager,
            kind,
            frozen: frozen && !no_lockfile,
            no_lockfile,
            ci,
            production: has(&sorted, &["prod", "production", "P"])
                || omitted.iter().any(|value| matches!(*value, "dev" | "prod" | "production")),
            ignores_scripts: flag("ignore-scripts") == Some(true),
            workspaces,
            dir: dir_of(command, &sorted),
        },
        version: PackageManager::at(manager, version, Tags::Registry),
    })
}

/// What a package manager installs; nothing where it installs named packages, globally, or not at all.
fn kind_of(
    manager: Name,
    words: &[&str],
    sorted: &Sorted<'_>,
    command: &ShellCommand,
) -> Option<InstallKind> {
    let is_global = sorted.0.iter().any(|(name, value)| match *name {
        "g" | "global" => *value != Some("false"),
        "location" => *value == Some("global"),
        "v" | "version" | "h" | "help" => true,
        _ => false,
    });
    if is_global {
        return None;
    }
    let subcommand = words.first().copied().unwrap_or_default();
    let named = words.get(1..).unwrap_or_default();
    match (manager, subcommand) {
        (Name::Pnpm, "fetch") => return Some(InstallKind::Fetch),
        (Name::Pnpm, "deploy") => {
            // A member that is deployed from its own folder needs no filter.
            let to = path::join(&dir_of(command, sorted), named.first()?);
            return Some(InstallKind::Deploy { to });
        }
        (Name::Yarn, "workspaces") if named.first() == Some(&"focus") => return Some(InstallKind::Install),
        _ => {}
    }
    let installs = match manager {
        Name::Pnpm | Name::Bun => matches!(subcommand, "install" | "i"),
        Name::Npm => matches!(
            subcommand,
            "install"
                | "i"
                | "in"
                | "ins"
                | "inst"
                | "add"
                | "it"
                | "install-test"
                | "cit"
                | "install-ci-test"
        ),
        Name::Yarn => matches!(subcommand, "" | "install"),
    };
    let is_clean = matches!(subcommand, "ci" | "clean-install" | "ic" | "install-clean");
    let installs = installs || is_clean && manager != Name::Yarn;
    let names_packages = named.iter().any(|word| *word != ".");
    let changes = matches!(subcommand, "add" | "a" | "remove" | "rm" | "uninstall" | "un" | "r");
    match (installs, names_packages) {
        (true, false) => Some(InstallKind::Install),
        (true, true) if !is_clean => Some(InstallKind::Change),
        (false, true) if changes => Some(InstallKind::Change),
        _ => None,
    }
}

/// The folder that a package manager works in.
fn dir_of(command: &ShellCommand, sorted: &Sorted<'_>) -> String {
    ["C", "dir", "prefix", "cwd"]
        .iter()
        .find_map(|name| sorted.0.iter().find(|(flag, _)| flag == name)?.1)
        .map_or_else(|| command.dir.clone(), |dir| command.path(dir))
}

/// The members of a workspace that flags name.
fn workspaces_of(manager: Name, sorted: &Sorted<'_>) -> Vec<String> {
    let names: &[&str] = match manager {
        Name::Pnpm => &["filter", "F", "filter-prod"],
        Name::Npm => &["w", "workspace"],
        Name::Bun => &["filter", "F"],
        Name::Yarn => &[],
    };
    values(sorted, names).into_iter().map(str::to_owned).collect()
}

/// An install by a program that starts a package manager: that of its settings, where those say so, else npm.
fn by_another(line: usize, command: &ShellCommand, program: &str) -> Option<DockerfileInstall> {
    let sorted = sort(&command.words[1..], &["scope", "ignore", "npm-client", "C", "t", "to"]);
    let (kind, manager) = match (program, sorted.1.as_slice()) {
        ("lerna", ["bootstrap", ..]) => (InstallKind::Bootstrap, Name::Npm),
        ("lerna", ["exec", words @ ..]) => {
            let mut words = words.iter().flat_map(|word| word.split(' '));
            let manager = Name::parse(words.next()?)?;
            let words: Vec<&str> = words.filter(|word| !word.starts_with('-')).collect();
            kind_of(manager, &words, &Sorted::default(), command)?;
            (InstallKind::Bootstrap, manager)
        }
        ("rush", ["install" | "update", ..]) => (InstallKind::Other("rush"), Name::Pnpm),
        ("moon", ["docker", "setup" | "prune"] | ["setup"]) => (InstallKind::Other("moon"), Name::Npm),
        ("ni" | "nci", []) => (InstallKind::Other("ni"), Name::Npm),
        _ => return None,
    };
    let manager =
        values(&sorted, &["npm-client"]).first().and_then(|name| Name::parse(name)).unwrap_or(manager);
    let has_frozen = program == "nci" || has(&sorted, &["ci", "frozen", "frozen-lockfile"]);
    Some(DockerfileInstall {
        command: InstallCommand {
            line,
            manager,
            kind,
            frozen: has_frozen,
            no_lockfile: false,
            ci: command.variable("CI").is_some_and(|ci| !matches!(ci, "" | "false" | "0")),
            production: has(&sorted, &["production", "prod", "P"]),
            ignores_scripts: has(&sorted, &["ignore-scripts"]),
            workspaces: values(&sorted, &["scope", "t", "to"]).into_iter().map(str::to_owned).collect(),
            dir: dir_of(command, &sorted),
        },
        version: None,
    })
}
