//! The one error that leaves the library: what went wrong, by what the caller can do about it.

use std::fmt;
use std::path::Path;

/// What kind of failure it is; it decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The call's words are off: exit 2.
    Usage,
    /// The state of the tree forbids it: exit 3.
    Refused,
    /// A package cannot be packed: exit 4.
    Packing,
    /// Something that the program needs is not there: exit 5.
    Environment,
    /// The command of `run` could not be started: a shell's 126 or 127.
    NotRun(u8),
    /// A signal ended it, after what was begun had been undone: exit 128 + its number.
    Interrupted(i32),
}

impl Kind {
    /// The exit code of the contract.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Packing => 4,
            Self::Environment => 5,
            Self::NotRun(code) => code,
            Self::Interrupted(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}

/// One thing that is wrong: where, why, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path or name first, then the cause; lowercase, one line.
    pub message: String,
    /// The next step, as a command to type where there is one.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem with no advice yet.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// The same, with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A failure: its kind, and each problem that was found (one run names them all).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// At least one.
    pub problems: Vec<Problem>,
}

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with one problem.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, problems: vec![Problem::new(message)] }
    }

    /// An error of several problems.
    #[must_use]
    pub fn all(kind: Kind, problems: Vec<Problem>) -> Self {
        Self { kind, problems }
    }

    /// Adds the next step to the last problem.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(last) = self.problems.last_mut() {
            last.hint = Some(hint.into());
        }
        self
    }

    /// An I/O failure: `cannot <verb> <path>: <cause>`.
    #[must_use]
    pub fn io(kind: Kind, verb: &str, path: &Path, cause: &std::io::Error) -> Self {
        Self::new(kind, format!("cannot {verb} {}: {}", path.display(), io_cause(cause)))
    }
}

/// An I/O error's cause without the `(os error N)` that says nothing to a reader.
#[must_use]
pub(crate) fn io_cause(cause: &std::io::Error) -> String {
    let text = cause.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

/// A signal as people know it.
#[must_use]
pub(crate) fn signal_name(signal: i32) -> String {
    match signal_hook::low_level::signal_name(signal) {
        Some(name) => name.to_owned(),
        None => format!("signal {signal}"),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            f.write_str(&problem.message)?;
            if let Some(hint) = &problem.hint {
                write!(f, "\n  {hint}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
