//! What `scripts/bench` and `scripts/bench-guard` measure with. It calls programs, and nothing of the library.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "makes worlds, runs programs in them and prints what they took; it is no part of the program"
)]

mod chart;
mod guard;
mod machine;
mod measure;
mod pack;
mod random;
mod report;
mod result;
mod ways;
mod world;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[derive(Parser)]
enum Options {
    /// Measures docker-prep beside other packers
    Pack(pack::Options),
    /// Times the guard beside `git grep --cached`
    Guard(guard::Options),
    /// Runs one command, and writes down what it took
    #[command(hide = true)]
    Child(measure::Child),
}

fn main() -> ExitCode {
    let done = match Options::parse() {
        Options::Pack(options) => pack::run(&options),
        Options::Guard(options) => guard::run(&options),
        Options::Child(child) => child.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The repository that this was built from.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program to be measured, which cargo builds above the folder of this one.
fn program() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let built = own.parent().and_then(Path::parent).ok_or("this program lies in no target folder")?;
    Ok(built.join("docker-prep"))
}

/// Puts a path before what is said of it.
fn at<E: std::fmt::Display>(path: &Path) -> impl Fn(E) -> String + '_ {
    move |error| format!("{}: {error}", path.display())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    Ok(std::fs::read(path).map_err(at(path))?)
}

fn read_text(path: &Path) -> Result<String> {
    Ok(std::fs::read_to_string(path).map_err(at(path))?)
}

/// Writes a file, and makes the folders that it lies in.
fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(at(folder))?;
    }
    Ok(std::fs::write(path, content).map_err(at(path))?)
}
