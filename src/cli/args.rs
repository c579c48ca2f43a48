//! The words of a call, as clap reads them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{
    ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum, ValueHint,
};

use super::help::words;
use super::values::offering;
use crate::guard::Manager;
use crate::image::{ImagePlatform, PackageManager};
use crate::project::{IsolatedWay, Link, PackageSource, parse_duration};

/// Makes Docker builds work while a JavaScript product's npm registry is down.
///
/// Packs the shared packages that a product needs into .docker-deps/, points its manifests at them for the length of a
/// build, and puts every byte back. Use it when the registry is down, or when the build must hold uncommitted changes of
/// the shared packages. Else use plain `docker compose build`.
#[derive(Debug, Parser)]
#[command(
    name = "docker-prep",
    version = env!("VERSION_AND_COMMIT"),
    disable_help_subcommand = true,
    disable_help_flag = true,
    disable_version_flag = true
)]
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
    /// Print help: -h on one screen, --help in full
    #[arg(short, long, global = true, action = ArgAction::Help)]
    help: Option<bool>,
    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version)]
    version: Option<bool>,
}

impl Cli {
    /// All that clap knows of the program, and all that the help says.
    pub(super) fn program() -> clap::Command {
        words::add_to(Self::command())
    }

    /// What the words of a call say. What the help says besides is put together only where it may be printed.
    pub(super) fn parse<T: Into<OsString> + Clone>(words: &[T]) -> Result<Self, clap::Error> {
        Self::try_parse_from(words.iter().cloned()).or_else(|_| {
            let mut program = Self::program();
            let mut matches = program.try_get_matches_from_mut(words.iter().cloned())?;
            Self::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut program))
        })
    }
}

/// Options of all commands: in full in the long help alone, where they crowd nothing out.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Options of all commands")]
pub(super) struct Global {
    /// The product repository [default: the one that holds the current folder]
    #[arg(short = 'C', long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) project: Option<PathBuf>,
    /// The repository that holds the shared packages [default: found beside the project]
    ///
    /// The first of these that names one: this flag, DOCKER_PREP_WORKSPACE, BYTELYST_COMMON_PLAT_ROOT,
    /// docker-prep.toml, the ../ entries of the project's pnpm-workspace.yaml, the one sibling folder that is a
    /// workspace with packages in scope.
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) workspace: Option<PathBuf>,
    /// The packages that docker-prep is responsible for; repeatable [default: @bytelyst/*]
    ///
    /// @x means @x/*, and * means all packages.
    #[arg(long, global = true, value_name = "GLOB")]
    pub(super) scope: Vec<String>,
    /// A folder to prepare; repeatable [default: those that an image build installs]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) surface: Vec<PathBuf>,
    /// Where the tarballs go, from the project's root [default: .docker-deps]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) deps_dir: Option<PathBuf>,
    /// What installs the surfaces: pnpm, npm, yarn or bun, as pnpm@10.6.5 [default: what the project says]
    #[arg(
        long,
        global = true,
        value_name = "NAME[@VERSION]",
        value_parser = offering(PackageManager::parse, ["pnpm", "npm", "yarn", "bun"]),
        hide_possible_values = true
    )]
    pub(super) package_manager: Option<PackageManager>,
    /// How packages find each other: auto, overrides or tarballs [default: auto]
    #[arg(
        long,
        global = true,
        value_name = "HOW",
        value_parser = offering(Link::parse, Link::ALL.map(Link::as_str)),
        hide_possible_values = true
    )]
    pub(super) link: Option<Link>,
    /// Where packages come from: workspace, registry, auto (the registry if it has them all) or vendor [default:
    /// workspace]
    #[arg(
        long,
        global = true,
        value_name = "SOURCE",
        value_parser = offering(PackageSource::parse, ["workspace", "registry", "auto", "vendor"]),
        hide_possible_values = true
    )]
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
    /// Print errors and what was asked for, and nothing else
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Print more: each package, what was understood of the image builds, why no cache is used
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// When to use colour: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
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
    #[arg(long, conflicts_with_all = ["strip_overrides", "dry_run", "force", "keep", "build", "lockfile", "offline", "refresh", "platform"])]
    pub(super) restore: bool,
    /// Where there is nothing to restore from: replace what points into the deps dir by what the history has
    #[arg(long, conflicts_with_all = ["force", "keep", "build", "lockfile", "offline", "refresh", "platform"])]
    pub(super) strip_overrides: bool,
    /// The same as `docker-prep prepare`
    #[command(flatten)]
    pub(super) prepare: PrepareArgs,
}

/// The commands, as the help lists them.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum Command {
    /// Pack the shared packages, and point manifests at them
    ///
    /// Packs what the surfaces need into the deps dir (.docker-deps), then rewrites the surfaces' manifests so that an
    /// install takes the packages from there. `docker-prep restore` puts every byte back.
    Prepare(PrepareArgs),
    /// Prepare, run a command, restore
    ///
    /// Prepares the project, runs the command at the project's root, restores, whatever happens in between, and exits
    /// with the command's code.
    Run(RunArgs),
    /// Put every byte back
    ///
    /// Puts back what `prepare` rewrote: bytes, modes and time stamps. Harmless where there is nothing to do, also after
    /// a kill or a power cut.
    Restore(RestoreArgs),
    /// Tell whether the project is prepared, and what differs
    ///
    /// Tells whether the project is prepared: by which version and command, since when, and what differs from then.
    Status(StatusArgs),
    /// Show what was understood of the image builds
    ///
    /// Shows what each image build installs, with which package manager, where the packages lie then, which settings and
    /// tokens it could use, and what is not known; each with file and line.
    Show(ShowArgs),
    /// Show through whom a package is needed
    ///
    /// Shows through whom each surface needs a package, as `pnpm why` does.
    Why(WhyArgs),
    /// Find what makes image builds slow, wrong or not hermetic
    ///
    /// Judges the image builds of a repository, or of several, by rules; shows each finding with its place and the lines
    /// that mend it. Asks no network. See `docker-prep help doctor` for the rules.
    Doctor(DoctorArgs),
    /// Only pack: write tarballs into a folder
    ///
    /// Packs the named packages, or with --all every package in scope, or else what the surfaces need, and prints the
    /// tarballs' paths. -C may then name the workspace itself.
    Pack(PackArgs),
    /// Check that no rewrite is about to be committed
    ///
    /// Judges the tree that the next commit would create, or what --all and --range name.
    Guard(GuardArgs),
    /// Have the pre-commit hook call the guard
    ///
    /// Has what owns the repository's pre-commit hook call the guard, proves that it blocks a rewrite, and has
    /// .gitignore leave out what is never committed.
    Init(InitArgs),
    /// Show the cache; with `clear`, remove it
    ///
    /// Shows where the cache lies, how large it is, and what it knows.
    Cache(CacheArgs),
    /// Print a script by which a shell completes words
    ///
    /// Prints the script by which a shell completes commands, flags, values and topics.
    Completions(CompletionsArgs),
    /// Print a man page, or write all of them
    ///
    /// Prints the man page of the program, of a command or of a topic, or writes all of them into a folder.
    Man(ManArgs),
    /// Show the help of a command or a topic
    ///
    /// Shows the long help of the program or of a command, or a topic. `docker-prep help` lists both.
    Help(HelpArgs),
}

/// Words of `help`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct HelpArgs {
    /// The command or topic; else the program
    #[arg(
        value_name = "COMMAND or TOPIC",
        value_parser = offering(any_word, words::subjects()),
        hide_possible_values = true
    )]
    pub(super) name: Option<String>,
}

/// Help tells by itself which of its words is wrong.
fn any_word(word: &str) -> Result<String, String> {
    Ok(word.to_owned())
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
    /// The command or topic; else the program
    #[arg(
        value_name = "COMMAND or TOPIC",
        value_parser = offering(any_word, words::subjects()),
        hide_possible_values = true,
        conflicts_with = "out"
    )]
    pub(super) name: Option<String>,
    /// Write every page into a folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) out: Option<PathBuf>,
}

/// Flags of `status`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct StatusArgs {
    /// Exit with 1 if anything is rewritten
    #[arg(long)]
    pub(super) exit_code: bool,
}

/// Flags of `show`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ShowArgs {
    /// text, json or mermaid, a graph of builds and packages
    ///
    /// json is the same as --json. GitHub and Gitea draw mermaid.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        conflicts_with = "json",
        hide_possible_values = true
    )]
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

/// Words of `doctor`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct DoctorArgs {
    /// The repositories [default: the one that holds the current folder]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "repos")]
    pub(super) dirs: Vec<PathBuf>,
    /// All git repositories in a folder, one level down
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) repos: Option<PathBuf>,
    /// Show the diff of what can be mended safely, and make it
    ///
    /// A Dockerfile is never changed; a file that has changed meanwhile is refused.
    #[arg(long)]
    pub(super) fix: bool,
    /// With --fix, also what only a person can know to be right
    #[arg(long = "unsafe", requires = "fix")]
    pub(super) with_unsafe: bool,
    /// With --fix, show the diff alone
    #[arg(short = 'n', long, requires = "fix")]
    pub(super) dry_run: bool,
    /// text, json, github, sarif, checkstyle or markdown
    ///
    /// json is the same as --json.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        conflicts_with = "json",
        hide_possible_values = true
    )]
    pub(super) format: DoctorFormat,
    /// What a rule means, why, and how to mend it
    #[arg(long, value_name = "RULE", conflicts_with_all = ["dirs", "repos", "fix"])]
    pub(super) explain: Option<String>,
    /// By rules, and not by repositories
    #[arg(long, hide_short_help = true)]
    pub(super) by_rule: bool,
    /// The least severity of exit code 1, or never [default: error]
    ///
    /// error, warning, note or never.
    #[arg(long, value_name = "SEVERITY")]
    pub(super) failure_threshold: Option<String>,
    /// Only these rules, or begins of ids, with commas [default: all]
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(super) select: Vec<String>,
    /// Not these rules
    #[arg(long, hide_short_help = true, value_name = "RULES", value_delimiter = ',')]
    pub(super) ignore: Vec<String>,
    /// Leave out what stands in a file, which is made where there is none
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "fix", hide_short_help = true)]
    pub(super) baseline: Option<PathBuf>,
}

/// How the findings of `doctor` are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum DoctorFormat {
    /// For people.
    #[default]
    Text,
    /// One document.
    Json,
    /// As annotations of GitHub Actions and Gitea Actions.
    Github,
    /// SARIF 2.1.0.
    Sarif,
    /// The XML of Checkstyle.
    Checkstyle,
    /// A table for a pull request.
    Markdown,
}

/// Words of `cache`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct CacheArgs {
    /// Remove the cache
    #[arg(value_name = "clear", value_parser = ["clear"], hide_possible_values = true)]
    pub(super) what: Option<String>,
}

/// Flags of `prepare`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub(super) struct PrepareArgs {
    /// Show packages and diffs, and change nothing
    ///
    /// With -v the picture that `docker-prep show` prints comes first.
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// Restore first if the project is prepared
    #[arg(short, long)]
    pub(super) force: bool,
    /// Leave the project prepared after a failure
    ///
    /// Leaves what was done when an error or a signal ends it, or the command of `run` fails, and says how to restore.
    #[arg(long)]
    pub(super) keep: bool,
    /// Refuse where else there is a warning
    ///
    /// Refuses when a surface asks for a version that the workspace does not have, has settings (packageExtensions,
    /// overrides) for another one, or has an image build that cannot work beside others that can.
    #[arg(long)]
    pub(super) strict: bool,
    /// Pack packages that were not built, too
    ///
    /// Packs a package although a file that its manifest names (main, module, types, exports, bin) is missing.
    #[arg(long)]
    pub(super) allow_unbuilt: bool,
    /// Build changed packages first
    ///
    /// Has the workspace's package manager build what has changed since the last --build. See `docker-prep help
    /// packing`.
    #[arg(long)]
    pub(super) build: bool,
    /// Take packages of others from the deps dir too
    ///
    /// Has each surface's package manager say what it would install, fetches all of it, and packs it too: then an install
    /// needs no network. See `docker-prep help offline`.
    #[arg(long)]
    pub(super) offline: bool,
    /// With --offline: resolve anew
    ///
    /// What was resolved before without a lockfile does not count.
    #[arg(long)]
    pub(super) refresh: bool,
    /// With --offline: the images' systems
    ///
    /// As docker names them, several with commas: linux/arm64; or with the C library, as linux/amd64+musl. Else what the
    /// Dockerfiles and compose say, or this machine's processor.
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',', value_parser = ImagePlatform::parse)]
    pub(super) platform: Vec<ImagePlatform>,
    /// Make lockfiles that fit; uses the network
    ///
    /// Has each surface's package manager make a lockfile that fits while prepared; asks the registry for third-party
    /// packages. See `docker-prep help lockfiles`.
    #[arg(long)]
    pub(super) lockfile: bool,
}

/// Flags of `run`: those of `prepare`, and the command.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RunArgs {
    /// How to prepare
    #[command(flatten)]
    pub(super) prepare: PrepareArgs,
    /// Touch no file of the project, not even meanwhile
    ///
    /// Trees in git's own folder stand for the contexts of docker's builds; any other command gets mounts of its own
    /// (Linux). Nothing has to be restored. See `docker-prep help isolated`.
    #[arg(
        long,
        value_name = "WAY",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = offering(IsolatedWay::parse, IsolatedWay::OFFERED),
        hide_possible_values = true
    )]
    pub(super) isolated: Option<IsolatedWay>,
    /// The command and its words, behind --
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

/// Flags of `restore`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RestoreArgs {
    /// Remove the deps dir too
    #[arg(long)]
    pub(super) clean: bool,
    /// Restore also where a manifest was edited
    ///
    /// Puts the originals back also where a manifest was edited while prepared; the edited text is kept beside it.
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub(super) force: bool,
}

/// Flags of `init`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct InitArgs {
    /// Show the diff, and change nothing
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// Only try whether the hook blocks a rewrite
    ///
    /// Changes nothing; exit code 1 if a commit of a rewrite would pass.
    #[arg(long, conflicts_with_all = ["dry_run", "remove", "hook"])]
    pub(super) check: bool,
    /// Take out again what was written
    #[arg(long)]
    pub(super) remove: bool,
    /// What runs the hooks [default: what the repository uses]
    ///
    /// husky, husky-4, lefthook, pre-commit, simple-git-hooks, yorkie, ghooks or git.
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
    /// Pack packages that were not built, too
    ///
    /// Packs a package although a file that its manifest names (main, module, types, exports, bin) is missing.
    #[arg(long)]
    pub(super) allow_unbuilt: bool,
    /// Build changed packages first
    ///
    /// Has the workspace's package manager build what has changed since the last --build. See `docker-prep help
    /// packing`.
    #[arg(long)]
    pub(super) build: bool,
}

/// Flags of `guard`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct GuardArgs {
    /// Judge the last commit instead of what is staged
    #[arg(long, conflicts_with = "range")]
    pub(super) all: bool,
    /// Judge every commit of a range, for CI
    #[arg(long, value_name = "A..B")]
    pub(super) range: Option<String>,
    /// Follow the settings of this revision
    ///
    /// Else of what is staged those of the last commit, and of a range those of where it left its base.
    #[arg(long, value_name = "REV")]
    pub(super) settings_from: Option<String>,
    /// text, or github: annotations of a pull request
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        conflicts_with = "json",
        hide_possible_values = true
    )]
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
