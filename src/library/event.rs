//! What happens while a call lasts.

use crate::cli;
use crate::error::Problem;
use crate::report::{self, Progress};

/// Something that happens while a call lasts, for whoever shows it; see [`Settings::on_event`](crate::Settings::on_event).
///
/// ```
/// use docker_prep::{Event, Settings};
///
/// let settings = Settings::new().on_event(|event| match event {
///     Event::Warning { message, .. } => eprintln!("warning: {message}"),
///     Event::Progress { packed, packages, .. } => eprintln!("{packed} of {packages}"),
///     _ => {}
/// });
/// # let _ = settings;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Something that stops nothing, but should be known.
    #[non_exhaustive]
    Warning {
        /// The path or name first, then the cause.
        message: String,
        /// What to do next, where there is something.
        hint: Option<String>,
    },
    /// Something that was left alone, or repaired.
    #[non_exhaustive]
    Notice {
        /// What it is, in a line for each file that it is about.
        message: String,
    },
    /// How far packing is.
    #[non_exhaustive]
    Progress {
        /// How many packages are done.
        packed: usize,
        /// How many there are.
        packages: usize,
        /// How many bytes of tarballs were made so far.
        bytes: u64,
    },
    /// A package was packed.
    #[non_exhaustive]
    Packed {
        /// The package's name.
        name: String,
        /// The package's version.
        version: String,
        /// The same tarball lay there already.
        unchanged: bool,
    },
    /// Where packages come from, where that was not plain from the call.
    #[non_exhaustive]
    Decided {
        /// Why.
        reason: String,
        /// What follows.
        then: String,
    },
}

impl Event {
    /// The event as owned data, one for each of several warnings; nothing for one that no call of the library can lead
    /// to.
    pub(super) fn of(event: report::Event<'_>) -> Vec<Self> {
        let warning = |problem: &Problem| Self::Warning {
            message: problem.message.clone(),
            hint: problem.hint.clone(),
        };
        vec![match event {
            report::Event::Warning(problem) => warning(problem),
            report::Event::Warnings(problems) => return problems.iter().map(warning).collect(),
            report::Event::Notice(notice) => Self::Notice { message: cli::sentence(notice) },
            report::Event::NoCache(why) => Self::Warning { message: cli::not_used(why), hint: None },
            report::Event::Packing(Progress { packed, packages, bytes, .. }) => {
                Self::Progress { packed, packages, bytes }
            }
            report::Event::Packed { tarball, unchanged } => {
                Self::Packed { name: tarball.name.clone(), version: tarball.version.clone(), unchanged }
            }
            report::Event::Decided { reason, then } => {
                Self::Decided { reason: reason.to_owned(), then: then.to_owned() }
            }
            report::Event::Built { .. } => return Vec::new(),
        }]
    }
}
