//! What was typed, and the only printer.

#![expect(clippy::disallowed_methods, reason = "reads words and variables, and prints")]

mod args;
mod build;
mod cache;
mod completions;
mod doctor;
mod document;
mod guard;
mod help;
mod init;
mod isolated;
mod lines;
mod lockfile;
mod man;
mod next;
mod notices;
mod offline;
mod pack;
mod prepare;
mod problems;
mod report;
mod restore;
mod run;
mod screen;
mod show;
mod status;
mod text;
mod usage;
mod values;
mod variables;
mod why;

pub(crate) use self::cache::not_used;
pub(crate) use self::guard::what;
pub(crate) use self::notices::sentence;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind as ClapErrorKind;

use self::args::{
    Cli, Command, DoctorArgs, DoctorFormat, Global, OldFlags, RestoreArgs, RunArgs, ShowArgs, ShowFormat,
};
use self::report::Reporter;
use self::variables::Variable;
use crate::cache::place;
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::image::{Detected, PackageManager};
use crate::project::{
    CacheFolder, Link, NamedBy, PackageSource, Requested, RequestedSource, parse_duration, parse_flag,
};
use crate::text::shown;

/// Has the process's signals cancel what the token is given to, from now on. Only the program does that, and only for
/// commands that have something to put back or to clean up.
pub type CancelOnSignals<'a> = &'a dyn Fn() -> Result<CancelToken>;

/// Runs the program with the process's arguments.
pub fn main(signals: CancelOnSignals<'_>) -> ExitCode {
    run(std::env::args_os(), signals)
}

/// Runs the program: parses the words, does what they say, prints, and returns the exit code.
pub(crate) fn run(words: impl IntoIterator<Item = OsString>, signals: CancelOnSignals<'_>) -> ExitCode {
    let words: Vec<OsString> = words.into_iter().collect();
    let cli = match Cli::parse(&words) {
        Ok(cli) if cli.command.is_some() && cli.old != OldFlags::default() => {
            return wrong_usage(&usage::flags_before_command(&words, &Cli::program()), &words);
        }
        Ok(mut cli) => {
            let asks = matches!(
                cli.command,
                Some(
                    Command::Show(ShowArgs { format: ShowFormat::Json })
                        | Command::Doctor(DoctorArgs { format: DoctorFormat::Json, .. })
                )
            );
            cli.global.json |= asks;
            cli
        }
        // A pipe that nobody reads any more is no error.
        Err(error) if matches!(error.kind(), ClapErrorKind::DisplayHelp | ClapErrorKind::DisplayVersion) => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let mut program = Cli::program();
            // Flags of all commands are then those of each.
            program.build();
            return wrong_usage(&usage::explain(&quoting_shown(error, &words), &words, &program), &words);
        }
    };
    let reporter = Reporter::new(&cli.global);
    let done = dispatch(cli, signals, &reporter);
    if let Err(error) = &done {
        reporter.error(error);
    }
    // What was asked for and could not be handed over is no success.
    match (done, reporter.lost()) {
        (Ok(code), None) => ExitCode::from(code),
        (Ok(_), Some(lost)) => {
            reporter.error(&lost);
            ExitCode::from(lost.kind.exit_code())
        }
        (Err(error), _) => ExitCode::from(error.kind.exit_code()),
    }
}

/// The error of words that mean nothing, on lines of its own: it quotes words, so those are parsed in the form in which
/// they can be shown.
fn quoting_shown(error: clap::Error, words: &[OsString]) -> clap::Error {
    let shown: Vec<String> = words.iter().map(|word| shown(&word.to_string_lossy())).collect();
    if words.iter().zip(&shown).all(|(word, shown)| word == shown.as_str()) {
        return error;
    }
    match Cli::parse(&shown) {
        Err(again) if again.kind() == error.kind() => again,
        // What is wrong is a character that is not shown.
        _ => Cli::program().error(error.kind(), error.kind()),
    }
}

/// Tells of words that mean nothing.
fn wrong_usage(error: &Error, words: &[OsString]) -> ExitCode {
    // A call that is typed anew says already which project it is for.
    let is_named = error.hints().any(|hint| usage::names_project(hint.split(' ')));
    let project = if is_named { None } else { usage::project(words) };
    let reporter = Reporter::new(&Global { json: usage::wants_json(words), project, ..Global::default() });
    reporter.error(error);
    ExitCode::from(error.kind.exit_code())
}

/// Does what the words say; the exit code is 0 but for `run`, which passes on its command's, and the 1 of findings.
fn dispatch(cli: Cli, signals: CancelOnSignals<'_>, reporter: &Reporter) -> Result<u8> {
    // What tells of the program alone needs no setting to be right.
    match &cli.command {
        Some(Command::Completions(args)) => {
            completions::run(*args, reporter);
            return Ok(0);
        }
        Some(Command::Man(args)) => return man::run(args, reporter).map(|()| 0),
        Some(Command::Help(args)) => return help::run(args, cli.global.color, reporter).map(|()| 0),
        Some(Command::Doctor(DoctorArgs { explain: Some(rule), .. })) => {
            return doctor::explain(rule, reporter).map(|()| 0);
        }
        _ => {}
    }
    let mut requested = requested(cli.global)?;
    let preparing = match &cli.command {
        Some(Command::Prepare(args) | Command::Run(RunArgs { prepare: args, .. })) => Some(args),
        None => Some(&cli.old.prepare),
        _ => None,
    };
    if let Some(args) = preparing {
        requested.offline = if args.offline { Some(true) } else { parsed(variables::OFFLINE, parse_flag)? };
        requested.refresh = args.refresh;
        requested.platforms.clone_from(&args.platform);
    }
    match cli.command {
        Some(Command::Run(args)) => return run::run(&requested, args, &signals()?, reporter),
        Some(Command::Guard(args)) => return guard::run(&requested, &args, reporter),
        Some(Command::Why(args)) => return why::run(&requested, &args, reporter),
        Some(Command::Status(args)) => return status::run(&requested, args, reporter),
        Some(Command::Doctor(args)) => return doctor::run(&requested, &args, reporter),
        Some(Command::Show(args)) => show::run(&requested, &args, reporter),
        Some(Command::Prepare(args)) => prepare::run(&requested, &args, &signals()?, reporter),
        Some(Command::Restore(args)) => restore::run(&requested, &args, &signals()?, reporter),
        Some(Command::Init(args)) => return init::run(&requested, &args, &signals()?, reporter),
        Some(Command::Pack(args)) => pack::run(&requested, args, &signals()?, reporter),
        Some(Command::Cache(args)) => cache::run(&requested, &args, reporter),
        Some(Command::Completions(_) | Command::Man(_) | Command::Help(_)) => Ok(()),
        None if cli.old.restore => restore::run(&requested, &RestoreArgs::default(), &signals()?, reporter),
        None if cli.old.strip_overrides => {
            restore::strip_overrides(&requested, cli.old.prepare.dry_run, &signals()?, reporter)
        }
        None => prepare::run(&requested, &cli.old.prepare, &signals()?, reporter),
    }
    .map(|()| 0)
}

/// A flag, or else its variable; a variable that is empty counts as one that is not set.
fn requested(global: Global) -> Result<Requested> {
    let path = |flag: Option<PathBuf>, of: Variable| flag.or_else(|| variable(of).map(PathBuf::from));
    let list = |of: Variable| match variable(of) {
        Some(value) => value.to_str().map(split_list).ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("{}: it is not UTF-8", of.name))
                .hint(format!("set it to another value, or unset {}", of.name))
        }),
        None => Ok(Vec::new()),
    };
    let set = |of: Variable| variable(of).map(|_| of.name);
    let flags = NamedBy::default();
    let named_by = NamedBy {
        project: set(variables::PROJECT).filter(|_| global.project.is_none()),
        workspace: set(variables::WORKSPACE)
            .filter(|_| global.workspace.is_none())
            .unwrap_or(flags.workspace),
        surfaces: set(variables::SURFACE).filter(|_| global.surface.is_empty()).unwrap_or(flags.surfaces),
        deps_dir: set(variables::DEPS_DIR).filter(|_| global.deps_dir.is_none()).unwrap_or(flags.deps_dir),
        link: set(variables::LINK).filter(|_| global.link.is_none()).unwrap_or(flags.link),
    };
    let surfaces = match global.surface.is_empty() {
        true => list(variables::SURFACE)?.into_iter().map(PathBuf::from).collect(),
        false => global.surface,
    };
    let by_flag = !global.scope.is_empty();
    let scope = if by_flag { global.scope } else { list(variables::SCOPE)? };
    let scope_by = if by_flag { "--scope" } else { variables::SCOPE.name };
    let scope_by = (!scope.is_empty()).then(|| scope_by.to_owned());
    if scope.iter().any(String::is_empty) {
        return Err(Error::new(ErrorKind::Usage, "the scope is empty")
            .hint("name packages, as in --scope '@bytelyst/*'"));
    }
    Ok(Requested {
        project: path(global.project, variables::PROJECT),
        workspace: path(global.workspace, variables::WORKSPACE),
        scope,
        scope_by,
        surfaces,
        deps_dir: path(global.deps_dir, variables::DEPS_DIR),
        package_manager: package_manager(global.package_manager)?,
        link: match global.link {
            Some(link) => Some(link),
            None => parsed(variables::LINK, Link::parse)?,
        },
        offline: None,
        refresh: false,
        platforms: Vec::new(),
        source: source(global.source)?,
        probe_timeout: match global.probe_timeout {
            Some(limit) => Some(limit),
            None => parsed(variables::PROBE_TIMEOUT, parse_duration)?,
        },
        fallback_on_auth: global.fallback_on_auth,
        cache: if global.no_cache { None } else { cache_place()? },
        // What is no number, and 0, is passed over.
        threads: variable(variables::THREADS).and_then(|count| count.to_str()?.parse().ok()),
        named_by,
        environment: std::env::vars_os().collect(),
    })
}

/// What the flag says, or else its variable, and which of them.
fn package_manager(flag: Option<PackageManager>) -> Result<Option<Detected>> {
    const VARIABLE: Variable = variables::PACKAGE_MANAGER;
    let said = |reason: &str| {
        let reason = reason.to_owned();
        move |manager| Detected { manager, reason }
    };
    match flag {
        Some(manager) => Ok(Some(said("--package-manager")(manager))),
        None => Ok(parsed(VARIABLE, PackageManager::parse)?.map(said(VARIABLE.name))),
    }
}

/// What the flag says, or else the program's own variable, or else the one that builds have had for it all along.
fn source(flag: Option<PackageSource>) -> Result<Option<RequestedSource>> {
    if let Some(source) = flag {
        return Ok(Some(RequestedSource { source, by: "--source".to_owned() }));
    }
    for of in [variables::SOURCE, variables::SOURCE_OF_OLD] {
        if let Some(source) = parsed(of, PackageSource::parse)? {
            return Ok(Some(RequestedSource { source, by: of.name.to_owned() }));
        }
    }
    Ok(None)
}

/// A variable whose text means something.
fn parsed<T>(of: Variable, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>> {
    let Some(value) = variable(of) else { return Ok(None) };
    let name = of.name;
    parse(&value.to_string_lossy()).map(Some).map_err(|why| {
        Error::new(ErrorKind::Usage, format!("{name}: {why}"))
            .hint(format!("set it to another value, or unset {name}"))
    })
}

fn variable(of: Variable) -> Option<OsString> {
    set(of.name)
}

fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Where the cache lies; none if `DOCKER_PREP_CACHE` is `off`, or the environment names no home.
fn cache_place() -> Result<Option<CacheFolder>> {
    let limit = parsed(variables::CACHE_SIZE, place::parse_size)?.unwrap_or(place::DEFAULT_LIMIT);
    let folder = match variable(variables::CACHE) {
        Some(off) if off == "off" => None,
        Some(folder) => std::path::absolute(folder).ok(),
        None => place::default_folder(place::System::HERE, set),
    };
    Ok(folder.map(|folder| CacheFolder { folder, limit }))
}

/// The parts between commas that stand outside of braces.
fn split_list(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for c in value.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_split_outside_of_braces() {
        assert_eq!(split_list("@a/*, @b/{x,y},,c"), ["@a/*", "@b/{x,y}", "c"]);
        assert_eq!(split_list(""), [""; 0]);
    }

    /// The child that tests of other rooms start: what follows `--` is the program's. By itself it does nothing.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the exit code is the answer, and nothing is left to drop")]
    fn child_that_is_the_program() {
        let words: Vec<OsString> = std::env::args_os().skip_while(|word| word != "--").collect();
        if words.is_empty() {
            return;
        }
        let code = run(words, &|| Ok(CancelToken::new()));
        std::process::exit((0..=u8::MAX).find(|number| ExitCode::from(*number) == code).unwrap().into());
    }
}
