//! A verb each: observe, plan, then show or apply.

mod damaged;
pub mod pack;
mod packing;
pub mod prepare;
pub mod restore;
pub mod status;
mod tree;

use crate::error::Problem;
use crate::model::tarball::Tarball;

/// What happens while a command runs, for whoever shows it.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Something that stops nothing, but should be known.
    Warning(&'a Problem),
    /// Something that was left alone, or repaired.
    Notice(&'a str),
    /// A package was packed.
    Packed {
        /// What was packed.
        tarball: &'a Tarball,
        /// The same tarball lay there already.
        unchanged: bool,
    },
}

/// Who shows the events. It may be called from several threads.
pub type Report<'a> = &'a (dyn Fn(Event<'_>) + Sync);

/// Reports each problem as a warning.
fn warn(report: Report<'_>, problems: &[Problem]) {
    for problem in problems {
        report(Event::Warning(problem));
    }
}
