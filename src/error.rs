//! The one error that leaves the library: what went wrong, by what the caller can do about it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::{fmt, io};

/// What kind of failure it is, by what can be done about it; it decides the program's exit code.
///
/// ```
/// use docker_prep::{ErrorKind, Project, Settings};
///
/// let error = Project::open("no/such/folder", &Settings::new()).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Usage);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call's words are off: exit 2.
    Usage,
    /// The state of the tree forbids it: exit 3.
    Refused,
    /// A package cannot be packed: exit 4.
    Packing,
    /// Something that is needed is not there, or cannot be read or written: exit 5.
    Environment,
    /// The program's command could not be started: a shell's 126 or 127. No call of the library runs one.
    NotRun(u8),
    /// It was cancelled, after what was begun had been undone: exit 128 + the number of the signal that came, or of
    /// SIGINT (2) where there was none.
    Interrupted(i32),
}

impl ErrorKind {
    /// The exit code of the contract.
    #[must_use]
    pub(crate) fn exit_code(self) -> u8 {
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
pub(crate) struct Problem {
    /// The path or name first, then the cause; lowercase, one line.
    pub(crate) message: String,
    /// The next step, as a command to type where there is one; of several lines only where [`Hint::lines`] made it.
    pub(crate) hint: Option<String>,
    /// What the message counts, a line each, for those who want to know more.
    pub(crate) details: Vec<String>,
}

/// What to do next. A text is one line, whatever names in it hold; what has several lines says so.
#[derive(Debug)]
pub(crate) struct Hint(String);

impl Hint {
    /// Lines that are shown as such: the end of a program's output, a diff, commands to type.
    pub(crate) fn lines<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) -> Self {
        Self(lines.into_iter().map(|line| Self::from(line.as_ref()).0).collect::<Vec<_>>().join("\n"))
    }
}

impl From<&str> for Hint {
    fn from(line: &str) -> Self {
        Self(line.replace('\n', "\\n"))
    }
}

impl From<String> for Hint {
    fn from(line: String) -> Self {
        Self::from(&*line)
    }
}

impl Problem {
    /// A problem with no advice yet.
    #[must_use]
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, details: Vec::new() }
    }

    /// The same, with what the message counts.
    #[must_use]
    pub(crate) fn details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// The same, with what to do next.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<Hint>) -> Self {
        self.hint = Some(hint.into().0);
        self
    }
}

/// The problems, each message once.
pub(crate) fn each_once(problems: impl IntoIterator<Item = Problem>) -> Vec<Problem> {
    let mut said = BTreeSet::new();
    problems.into_iter().filter(|problem| said.insert(problem.message.clone())).collect()
}

/// The problems, each with its advice; what several in a row advise is said behind the last of them.
pub(crate) fn with_hints(problems: &[Problem]) -> impl Iterator<Item = (&Problem, Option<&str>)> {
    problems.iter().enumerate().map(|(number, problem)| {
        let next = problems.get(number + 1).and_then(|next| next.hint.as_deref());
        (problem, problem.hint.as_deref().filter(|hint| next != Some(hint)))
    })
}

/// A failure: its kind, and each problem that was found (one call names them all). Printed, it is a line for each
/// problem, and an indented one for what to do about it.
///
/// ```
/// use docker_prep::{Project, Settings};
///
/// let error = Project::open("no/such/folder", &Settings::new()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "no/such/folder: no such project: no such file or directory\n  \
///      name the product's folder with -C DIR, or run the tool inside it"
/// );
/// assert_eq!(error.messages().count(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Error {
    /// Decides the exit code.
    pub(crate) kind: ErrorKind,
    /// At least one.
    pub(crate) problems: Vec<Problem>,
    /// What the system said, where it was that.
    cause: Option<Arc<io::Error>>,
}

/// A result whose error is [`Error`].
///
/// ```
/// use docker_prep::{Project, Result, Settings};
///
/// fn is_free(folder: &str) -> Result<bool> {
///     Ok(Project::open(folder, &Settings::new())?.lock().is_ok())
/// }
/// # let _ = is_free;
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with one problem.
    #[must_use]
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::all(kind, vec![Problem::new(message)])
    }

    /// An error of several problems.
    #[must_use]
    pub(crate) fn all(kind: ErrorKind, problems: Vec<Problem>) -> Self {
        Self { kind, problems, cause: None }
    }

    /// Adds the next step to the last problem.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<Hint>) -> Self {
        if let Some(last) = self.problems.last_mut() {
            last.hint = Some(hint.into().0);
        }
        self
    }

    /// An I/O failure: `cannot <verb> <path>: <cause>`.
    #[must_use]
    pub(crate) fn io(kind: ErrorKind, verb: &str, path: &Path, cause: &io::Error) -> Self {
        Self::new(kind, format!("cannot {verb} {}: {}", path.display(), io_cause(cause))).because(cause)
    }

    /// The same, because of what the system said.
    #[must_use]
    pub(crate) fn because(mut self, cause: &io::Error) -> Self {
        let copy = match cause.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(cause.kind(), cause.to_string()),
        };
        self.cause = Some(Arc::new(copy));
        self
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Each problem that was found: the path or name first, then the cause; on one line.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.problems.iter().map(|problem| problem.message.as_str())
    }

    /// What to do next, as commands of the program to type where there are some: what problems in a row have in common
    /// is said once.
    ///
    /// ```
    /// use docker_prep::{Project, Settings};
    ///
    /// let error = Project::open("no/such/folder", &Settings::new()).unwrap_err();
    /// assert!(error.hints().any(|hint| hint.starts_with("name the product's folder")));
    /// ```
    pub fn hints(&self) -> impl Iterator<Item = &str> {
        with_hints(&self.problems).filter_map(|(_, hint)| hint)
    }
}

/// Of the same kind, with the same problems.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, &self.problems) == (other.kind, &other.problems)
    }
}

impl Eq for Error {}

/// An I/O error's cause without the `(os error N)` that says nothing to a reader.
#[must_use]
pub(crate) fn io_cause(cause: &io::Error) -> String {
    let text = cause.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

/// A signal as people know it.
#[must_use]
pub(crate) fn signal_name(signal: i32) -> String {
    #[cfg(unix)]
    let name = signal_hook::low_level::signal_name(signal);
    // The only one that there is elsewhere.
    #[cfg(not(unix))]
    let name = (signal == 2).then_some("SIGINT");
    name.map_or_else(|| format!("signal {signal}"), str::to_owned)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (problem, hint)) in with_hints(&self.problems).enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            f.write_str(&problem.message)?;
            if let Some(hint) = hint {
                write!(f, "\n  {hint}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    /// What the system said, as an [`io::Error`]: of the call that failed, where it was one.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn what_problems_in_a_row_advise_is_said_once() {
        let problem = |message: &str, hint: &str| Problem::new(message).hint(hint);
        let problems = vec![problem("a", "x"), problem("b", "x"), problem("c", "y"), problem("d", "x")];
        let error = Error::all(ErrorKind::Packing, problems);
        assert_eq!(error.to_string(), "a\nb\n  x\nc\n  y\nd\n  x");
        assert_eq!(error.hints().collect::<Vec<_>>(), ["x", "y", "x"]);
    }

    #[test]
    fn the_systems_own_error_is_the_source() {
        let missing = io::Error::from_raw_os_error(2);
        let error = Error::io(ErrorKind::Environment, "read", Path::new("x"), &missing).hint("make it");
        let source = error.source().and_then(|source| source.downcast_ref::<io::Error>()).unwrap();
        assert_eq!(source.raw_os_error(), Some(2));
        assert_eq!(error.hints().collect::<Vec<_>>(), ["make it"]);
        let own = io::Error::new(io::ErrorKind::InvalidData, "no text");
        let error = Error::io(ErrorKind::Refused, "read", Path::new("x"), &own);
        assert_eq!(error.messages().collect::<Vec<_>>(), ["cannot read x: no text"]);
        assert_eq!(error.source().unwrap().to_string(), "no text");
        let plain = Error::new(ErrorKind::Refused, "cannot read x: no text");
        assert!(plain.source().is_none());
        assert_eq!(plain, error, "the source is no part of what is compared");
    }
}
