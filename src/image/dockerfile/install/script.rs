//! Commands that run a script of a manifest.

use super::{Sorted, dir_of, flags_with_values, has, program, sort, values, workspaces_of};
use crate::image::dockerfile::shell::ShellCommand;
use crate::image::package_manager::Name;

/// A script of a manifest that is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunScript {
    /// Who runs it.
    pub(crate) manager: Name,
    /// The folder that the package manager works in; absolute. The manifest lies there, or above.
    pub(crate) dir: String,
    /// The script's name. A package manager may run a program of that name where there is no such script.
    pub(crate) name: String,
    /// The members of the workspace whose scripts are run, as they are named.
    pub(crate) workspaces: Vec<String>,
    /// It is run in all members that have it.
    pub(crate) in_all: bool,
}

/// Reads a command as one that runs a script.
pub(super) fn run_script(command: &ShellCommand) -> Option<RunScript> {
    let (program, _) = program(command)?;
    if program == "lerna" {
        let sorted = sort(&command.words[1..], &["scope", "ignore", "concurrency"]);
        let ["run", name, ..] = sorted.1.as_slice() else { return None };
        let workspaces: Vec<_> = values(&sorted, &["scope"]).into_iter().map(str::to_owned).collect();
        let in_all = workspaces.is_empty();
        return script(Name::Npm, name, command, &sorted, workspaces, in_all);
    }
    let manager = Name::parse(program)?;
    let sorted = sort(&command.words[1..], flags_with_values(manager));
    if has(&sorted, &["v", "version", "h", "help"]) && sorted.1.is_empty() {
        return None;
    }
    let mut workspaces = workspaces_of(manager, &sorted);
    let mut in_all = has(&sorted, &["ws", "workspaces", "r", "recursive"]);
    let mut words = sorted.1.as_slice();
    match (manager, words) {
        (Name::Yarn, ["workspace", name, rest @ ..]) => {
            workspaces.push((*name).to_owned());
            words = rest;
        }
        (Name::Yarn, ["workspaces", "run", rest @ ..]) => {
            in_all = true;
            return script(manager, rest.first()?, command, &sorted, workspaces, in_all);
        }
        (Name::Yarn, ["workspaces", "foreach", rest @ ..]) => {
            in_all = true;
            let run = rest.iter().position(|word| *word == "run")?;
            words = &rest[run..];
        }
        (Name::Pnpm, ["recursive" | "multi" | "m", rest @ ..]) => {
            in_all = true;
            words = rest;
        }
        _ => {}
    }
    let name = match (manager, words) {
        (_, ["run", name, ..]) => name,
        (Name::Npm, ["run-script" | "rum" | "urn", name, ..]) | (Name::Pnpm, ["run-script", name, ..]) => {
            name
        }
        (Name::Npm | Name::Pnpm, ["t" | "tst", ..]) => &"test",
        (Name::Npm | Name::Pnpm, [name @ ("start" | "stop" | "test" | "restart"), ..]) => name,
        (Name::Pnpm | Name::Yarn | Name::Bun, [name, ..]) if !is_builtin(manager, name) => name,
        _ => return None,
    };
    script(manager, name, command, &sorted, workspaces, in_all)
}

fn script(
    manager: Name,
    name: &str,
    command: &ShellCommand,
    sorted: &Sorted<'_>,
    workspaces: Vec<String>,
    in_all: bool,
) -> Option<RunScript> {
    let dir = dir_of(command, sorted);
    Some(RunScript { manager, dir, name: name.to_owned(), workspaces, in_all })
}

/// Whether a word is a command of a package manager, so that no script of that name is run without `run`.
fn is_builtin(manager: Name, word: &str) -> bool {
    let builtin: &[&str] = match manager {
        Name::Npm => return true,
        Name::Pnpm => &[
            "add",
            "approve-builds",
            "audit",
            "bin",
            "c",
            "cache",
            "cat-file",
            "cat-index",
            "ci",
            "config",
            "create",
            "dedupe",
            "deploy",
            "dlx",
            "doctor",
            "env",
            "exec",
            "fetch",
            "find-hash",
            "help",
            "i",
            "ignored-builds",
            "import",
            "init",
            "install",
            "install-test",
            "it",
            "la",
            "licenses",
            "link",
            "list",
            "ll",
            "ln",
            "login",
            "logout",
            "ls",
            "outdated",
            "pack",
            "patch",
            "patch-commit",
            "patch-remove",
            "prune",
            "publish",
            "rb",
            "rebuild",
            "remove",
            "rm",
            "root",
            "run",
            "self-update",
            "server",
            "set",
            "setup",
            "store",
            "un",
            "uninstall",
            "unlink",
            "up",
            "update",
            "upgrade",
            "version",
            "view",
            "why",
            "x",
        ],
        Name::Yarn => &[
            "add",
            "audit",
            "autoclean",
            "bin",
            "cache",
            "check",
            "config",
            "constraints",
            "create",
            "dedupe",
            "dlx",
            "exec",
            "explain",
            "generate-lock-entry",
            "global",
            "help",
            "import",
            "info",
            "init",
            "install",
            "licenses",
            "link",
            "list",
            "login",
            "logout",
            "node",
            "npm",
            "outdated",
            "owner",
            "pack",
            "patch",
            "patch-commit",
            "plugin",
            "policies",
            "publish",
            "rebuild",
            "remove",
            "run",
            "search",
            "self-update",
            "set",
            "stage",
            "tag",
            "team",
            "unlink",
            "unplug",
            "up",
            "upgrade",
            "upgrade-interactive",
            "version",
            "versions",
            "why",
            "workspace",
            "workspaces",
        ],
        Name::Bun => &[
            "a",
            "add",
            "audit",
            "build",
            "c",
            "create",
            "ci",
            "exec",
            "feedback",
            "help",
            "i",
            "info",
            "init",
            "install",
            "link",
            "outdated",
            "patch",
            "patch-commit",
            "pm",
            "publish",
            "remove",
            "repl",
            "rm",
            "run",
            "test",
            "unlink",
            "update",
            "upgrade",
            "why",
            "x",
        ],
    };
    // A file is run as it is.
    builtin.contains(&word) || manager == Name::Bun && word.contains(['.', '/'])
}
