//! A verb each: observe, plan, then show or apply.

mod notice;

pub use self::notice::Notice;
use crate::build::BuiltPackage;
use crate::error::Problem;
use crate::npm::tarball::Tarball;
use crate::prepare::prepare::PreparePlan;
use crate::process::ended::Ended;
use crate::source::model::Decision;
pub(crate) use crate::transaction::tree::interrupted;

/// What happens while a command runs, for whoever shows it.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Something that stops nothing, but should be known.
    Warning(&'a Problem),
    /// Something that was left alone, or repaired.
    Notice(Notice<'a>),
    /// The cache is not used, and why.
    NoCache(&'a str),
    /// What `--build` did about a package.
    Built(&'a BuiltPackage),
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
    Prepared(&'a PreparePlan),
    /// The command of `run` has ended.
    Ended(Ended),
    /// The project is restored behind the command of `run`.
    Restored(&'a crate::prepare::restore::RestoreOutcome),
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
pub(crate) fn warn(report: Report<'_>, problems: &[Problem]) {
    for problem in problems {
        report(Event::Warning(problem));
    }
}
