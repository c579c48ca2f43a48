//! The words of a call, as clap reads them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, ValueHint};

use super::values::offering;
use crate::guard::Manager;
use crate::image::PackageManager;
use crate::project::{Link, PackageSource, parse_duration};

/// Makes Docker builds of JavaScript products work when their private npm registry does not.
///
/// Packs the shared packages that a product needs into .docker-deps/, points its manifests at them for the length
/// of a build, and puts every byte back. Use it when the registry is down, or when the build must hold uncommitted
/// changes of the shared packages; else use plain `docker compose build`.
#[derive(Debug, Parser)]
#[command(name = "docker-prep", version = env!("VERSION_AND_COMMIT"), disable_help_subcommand = true)]
pub(super) struct Cli {
    /// What to do; `prepare` if nothing is said.
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// The flags of the old docker-prep.sh.
    #[command(flatten)]
    pub(super) old: OldFlags,
    /// Flags of every command.
    #[command(flatten)]
    pub(super) global: Global,
}

/// Options of all commands.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Options of all commands")]
pub(super) struct Global {
    /// The product repository [default: the one that holds the current folder]
    #[arg(short = 'C', long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) project: Option<PathBuf>,
    /// The repository that holds the shared packages [default: found beside the project]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) workspace: Option<PathBuf>,
    /// The packages that the tool is responsible for; repeatable [default: @bytelyst/*]
    #[arg(long, global = true, value_name = "GLOB")]
    pub(super) scope: Vec<String>,
    /// A folder to prepare; repeatable [default: those that a Dockerfile builds]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) surface: Vec<PathBuf>,
    /// Where the tarballs go, from the project's root [default: .docker-deps]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) deps_dir: Option<PathBuf>,
    /// What installs the surfaces: pnpm, npm, yarn or bun, as pnpm@10.6.5 [default: what the project says]
    #[arg(long, global = true, value_name = "NAME[@VERSION]", value_parser = offering(PackageManager::parse, ["pnpm", "npm", "yarn", "bun"]), hide_possible_values = true)]
    pub(super) package_manager: Option<PackageManager>,
    /// How packages find each other: auto, overrides or tarballs [default: auto]
    #[arg(long, global = true, value_name = "HOW", value_parser = offering(Link::parse, Link::ALL.map(Link::as_str)), hide_possible_values = true)]
    pub(super) link: Option<Link>,
    /// Where packages come from: workspace, registry, auto (the registry if it has them all) or vendor [default:
    /// workspace]
    #[arg(long, global = true, value_name = "SOURCE", value_parser = offering(PackageSource::parse, ["workspace", "registry", "auto", "vendor"]), hide_possible_values = true)]
    pub(super) source: Option<PackageSource>,
    /// How long --source auto waits for the registry in all, as 2s or 500ms [default: 2s]
    #[arg(long, global = true, value_name = "TIME", value_parser = parse_duration)]
    pub(super) probe_timeout: Option<Duration>,
    /// With --source auto, take a token that the registry does not accept for a registry that is down
    #[arg(long, global = true)]
    pub(super) fallback_on_auth: bool,
    /// Remember nothing between calls, and use nothing that is remembered
    #[arg(long, global = true)]
    pub(super) no_cache: bool,
    /// Print one JSON document to stdout
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say more
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, as `NO_COLOR`, `CLICOLOR_FORCE` and `TERM` say.
    #[default]
    Auto,
    /// Also into a pipe.
    Always,
    /// Not at all.
    Never,
}

/// A call without a command is `prepare`, or what these say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub(super) struct OldFlags {
    /// The same as `docker-prep restore`
    #[arg(long, conflicts_with_all = ["strip_overrides", "dry_run", "force", "keep", "build", "lockfile"])]
    pub(super) restore: bool,
    /// Replace the references into the deps dir by what the history has, where there is nothing to restore from
    #[arg(long, conflicts_with_all = ["force", "keep", "build", "lockfile"])]
    pub(super) strip_overrides: bool,
    /// The same as `docker-prep prepare`
    #[command(flatten)]
    pub(super) prepare: PrepareArgs,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum Command {
    /// Pack what the surfaces need into the deps dir, then rewrite their manifests
    Prepare(PrepareArgs),
    /// Put every byte back
    Restore(RestoreArgs),
    /// Prepare, run a command at the project's root, restore, and exit with the command's code
    Run(RunArgs),
    /// Only pack: the named packages, or with --all every package in scope, or else what the surfaces need
    Pack(PackArgs),
    /// Check that what is about to be committed holds no rewrite; exit 1 if it does
    Guard(GuardArgs),
    /// Have the repository's pre-commit hook call the guard, and .gitignore leave out what is not committed
    Init(InitArgs),
    /// Tell whether the project is prepared: by whom, since when, what differs
    Status(StatusArgs),
    /// Show what was understood of the image builds: what each installs, with what, and where the packages lie then
    Show(ShowArgs),
    /// Show through whom each surface needs a package; exit 1 if none does
    Why(WhyArgs),
    /// Show where the cache lies and how large it is; with `clear`, remove it
    Cache(CacheArgs),
    /// Print the script by which a shell completes commands, flags and values
    Completions(CompletionsArgs),
    /// Print the man page of the program or of a command, or write all of them
    Man(ManArgs),
}

/// Words of `completions`.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(super) shell: Shell,
}

/// Shells whose completion is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    /// GNU bash, with or without bash-completion.
    Bash,
    /// The Z shell.
    Zsh,
    /// The friendly interactive shell.
    Fish,
    /// PowerShell, also on Linux and macOS.
    Powershell,
}

/// Words of `man`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ManArgs {
    /// The command; else the program
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    pub(super) name: Option<String>,
    /// Write every page into a folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) out: Option<PathBuf>,
}

/// Flags of `status`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct StatusArgs {
    /// Exit with 1 where anything is rewritten
    #[arg(long)]
    pub(super) exit_code: bool,
}

/// Flags of `show`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ShowArgs {
    /// How it is shown; json is the same as --json, and mermaid is a graph that GitHub and Gitea draw
    #[arg(long, value_name = "FORMAT", default_value = "text", conflicts_with = "json")]
    pub(super) format: ShowFormat,
}

/// How the image builds are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ShowFormat {
    /// For people.
    #[default]
    Text,
    /// One document.
    Json,
    /// A flowchart.
    Mermaid,
}

/// Words of `why`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct WhyArgs {
    /// The package, by name
    #[arg(value_name = "PACKAGE")]
    pub(super) package: String,
}

/// Words of `cache`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct CacheArgs {
    /// Remove the cache
    #[arg(value_name = "clear", value_parser = ["clear"])]
    pub(super) what: Option<String>,
}

/// Flags of `prepare`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub(super) struct PrepareArgs {
    /// Show what would be done, and change nothing
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// Restore first where the project is prepared already
    #[arg(short, long)]
    pub(super) force: bool,
    /// Leave what was done when an error or a signal ends it; with `run`, also when the command fails
    #[arg(long)]
    pub(super) keep: bool,
    /// Refuse when a surface asks for a version that the workspace does not have
    #[arg(long)]
    pub(super) strict: bool,
    /// Pack a package although a file that its manifest names is missing
    #[arg(long)]
    pub(super) allow_unbuilt: bool,
    /// Have the workspace's package manager build first what has changed since its last --build
    #[arg(long)]
    pub(super) build: bool,
    /// Have each surface's package manager make a lockfile that fits; asks the registry for third-party packages
    #[arg(long)]
    pub(super) lockfile: bool,
}

/// Flags of `run`: those of `prepare`, and the command.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RunArgs {
    /// How to prepare
    #[command(flatten)]
    pub(super) prepare: PrepareArgs,
    /// The command, as in `docker-prep run -- docker compose build`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

/// Flags of `restore`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RestoreArgs {
    /// Remove the deps dir too
    #[arg(long)]
    pub(super) clean: bool,
    /// Throw away edits that were made to a manifest while prepared
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub(super) force: bool,
}

/// Flags of `init`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct InitArgs {
    /// Show what would be changed, and change nothing
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// Only try whether the hook blocks a rewrite; exit 1 where a commit would pass
    #[arg(long, conflicts_with_all = ["dry_run", "remove", "hook"])]
    pub(super) check: bool,
    /// Take out again what was written
    #[arg(long)]
    pub(super) remove: bool,
    /// What runs the hooks: husky, husky-4, lefthook, pre-commit, simple-git-hooks, yorkie, ghooks or git [default: what
    /// the repository uses]
    #[arg(long, value_name = "NAME", value_parser = offering(manager, Manager::ALL.map(Manager::name)), hide_possible_values = true)]
    pub(super) hook: Option<Manager>,
}

fn manager(name: &str) -> Result<Manager, String> {
    Manager::ALL
        .into_iter()
        .find(|manager| manager.name() == name)
        .ok_or_else(|| format!("it is one of {}", Manager::ALL.map(Manager::name).join(", ")))
}

/// Flags of `pack`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct PackArgs {
    /// The packages to pack, by name
    #[arg(value_name = "PACKAGE", conflicts_with = "all")]
    pub(super) packages: Vec<String>,
    /// Pack every package in scope
    #[arg(long)]
    pub(super) all: bool,
    /// Where the tarballs go
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) out: PathBuf,
    /// Pack a package although a file that its manifest names is missing
    #[arg(long)]
    pub(super) allow_unbuilt: bool,
    /// Have the workspace's package manager build first what has changed since its last --build
    #[arg(long)]
    pub(super) build: bool,
}

/// Flags of `guard`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct GuardArgs {
    /// Judge the last commit (HEAD) instead of what is staged
    #[arg(long, conflicts_with = "range")]
    pub(super) all: bool,
    /// Judge every commit of a range, for CI and pre-push
    #[arg(long, value_name = "A..B")]
    pub(super) range: Option<String>,
    /// Follow the settings of this revision [default: of a range where it begins, of what is staged the last commit]
    #[arg(long, value_name = "REV")]
    pub(super) settings_from: Option<String>,
    /// How findings are printed
    #[arg(long, value_name = "FORMAT", default_value = "text", conflicts_with = "json")]
    pub(super) format: Format,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// As annotations of GitHub Actions and Gitea Actions.
    Github,
}
