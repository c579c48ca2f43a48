//! What `scripts/dist` puts packages together with, and what the release workflow asks.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "reads programs, writes packages and says what it did; it is no part of the program"
)]

#[path = "mod.rs"]
mod distribution;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use distribution::target::{TARGETS, Target};
use distribution::{Assembly, Result, VERSION};

#[derive(Parser)]
enum Options {
    /// Lists the targets, a line each
    Targets,
    /// Writes archives, packages, checksums and the installer
    Assemble(Assemble),
    /// Whether a tag, Cargo.toml and CHANGELOG.md agree; prints what the changelog says of the version
    Check {
        /// As it was pushed: v1.2.3
        tag: String,
    },
}

#[derive(clap::Args)]
struct Assemble {
    /// The folder that gets all of it
    #[arg(long)]
    out: PathBuf,
    /// A program that was built: TARGET=PATH
    #[arg(long = "program", value_name = "TARGET=PATH")]
    programs: Vec<String>,
    /// A program that runs here, for completions and man pages
    #[arg(long)]
    native: Option<PathBuf>,
    /// A folder with archives that other machines have made
    #[arg(long = "join", value_name = "DIR")]
    joined: Vec<PathBuf>,
    /// Refuse where the program for some target is missing
    #[arg(long)]
    complete: bool,
    /// Where the sources are: https://…
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
    /// Where the archives will be, for the installer: https://…
    #[arg(long, value_name = "URL")]
    from: Option<String>,
}

fn main() -> ExitCode {
    let done = match Options::parse() {
        Options::Targets => {
            TARGETS.iter().for_each(|target| println!("{}", target.triple));
            Ok(())
        }
        Options::Assemble(options) => assemble(options),
        Options::Check { tag } => check(&tag),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dist: {error}");
            ExitCode::FAILURE
        }
    }
}

fn assemble(options: Assemble) -> Result<()> {
    let programs = options.programs.iter().map(|program| {
        let (target, path) = program.split_once('=').ok_or_else(|| format!("{program}: say TARGET=PATH"))?;
        Ok((Target::named(target)?, PathBuf::from(path)))
    });
    let assembly = Assembly {
        out: options.out,
        programs: programs.collect::<Result<_>>()?,
        native: options.native,
        joined: options.joined,
        is_complete: options.complete,
        repository: options.repository,
        from: options.from,
    };
    let lacking = distribution::assemble(&assembly)?;
    println!("dist: wrote {} of version {VERSION}", assembly.out.display());
    if !lacking.is_empty() {
        let lacking: Vec<String> = lacking.iter().map(|target| target.platform()).collect();
        println!("dist: npm/docker-prep-{VERSION}-bundled.tgz lacks {}", lacking.join(", "));
    }
    Ok(())
}

fn check(tag: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("CHANGELOG.md");
    let changelog = String::from_utf8(distribution::read(&path)?)?;
    println!("{}", distribution::release::notes(tag, VERSION, &changelog)?);
    Ok(())
}
