//! A verb each: observe, plan, then show or apply.

mod build;
pub mod cache;
mod cached;
mod damaged;
pub mod guard;
pub mod init;
mod install;
mod linked;
pub mod lockfile;
mod observed;
pub mod pack;
mod packing;
pub mod prepare;
pub mod restore;
pub mod run;
mod source;
pub mod status;
pub mod strip;
mod tree;

use self::prepare::Plan;
use crate::error::Problem;
use crate::model::build::Built;
use crate::model::ended::Ended;
use crate::model::source::Decision;
use crate::model::tarball::Tarball;

/// What happens while a command runs, for whoever shows it.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Something that stops nothing, but should be known.
    Warning(&'a Problem),
    /// Something that was left alone, or repaired.
    Notice(&'a str),
    /// What only those want to know who want to know more.
    Detail(&'a str),
    /// What `--build` did about a package.
    Built(&'a Built),
    /// How far packing is.
    Packing(Progress),
    /// A package was packed.
    Packed {
        /// What was packed.
        tarball: &'a Tarball,
        /// The same tarball lay there already.
        unchanged: bool,
    },
    /// Where packages come from, where that was not plain from the call.
    Decided(&'a Decision),
    /// The project is prepared, and the command of `run` begins.
    Prepared(&'a Plan),
    /// The command of `run` has ended.
    Ended(Ended),
    /// The project is restored behind the command of `run`.
    Restored(&'a restore::Outcome),
}

/// How far packing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many packages are done.
    pub packed: usize,
    /// How many there are.
    pub packages: usize,
    /// How many bytes of tarballs there are so far.
    pub bytes: u64,
}

/// Who shows the events. It may be called from several threads.
pub type Report<'a> = &'a (dyn Fn(Event<'_>) + Sync);

/// Reports each problem as a warning.
fn warn(report: Report<'_>, problems: &[Problem]) {
    for problem in problems {
        report(Event::Warning(problem));
    }
}
