//! How far the helper process came, as the first bytes of the file that it is told by.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use super::instructions::HEADER;
use crate::error::{Error, ErrorKind, io_cause};
use crate::process::child;

/// EINVAL; also for what the standard library refuses by itself, such as a NUL in a word.
const INVALID: i32 = 22;

/// How far the helper process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::isolated) enum Progress {
    /// Nothing of the command has run.
    Waiting,
    /// The process is the command, or will be at its next step.
    Begun,
    /// Nothing of the command has run, nor ever will.
    Failed(Failure),
}

/// What failed, and the system's number for why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::isolated) struct Failure {
    pub(in crate::isolated) step: Step,
    pub(in crate::isolated) code: i32,
}

/// What the helper does, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::isolated) enum Step {
    /// Reads what it is told.
    Instructions,
    /// Has mounts of its own.
    Unshare,
    /// Says who it is in a user namespace.
    Identity,
    /// Keeps its mounts to itself.
    Propagation,
    /// Covers the path of this number.
    Bind(usize),
    /// Goes to the working directory again, this time by what covers it.
    Folder,
    /// Gives up what rights it gained.
    Rights,
    /// Becomes the command.
    Execute,
}

impl Progress {
    /// The file's first bytes.
    pub(in crate::isolated) fn to_bytes(self) -> [u8; HEADER] {
        let text = match self {
            Self::Waiting => "waiting".to_owned(),
            Self::Begun => "begun".to_owned(),
            Self::Failed(Failure { step, code }) => match step {
                Step::Bind(number) => format!("failed {} {number} {code}", step.name()),
                _ => format!("failed {} 0 {code}", step.name()),
            },
        };
        let mut bytes = [b' '; HEADER];
        for (byte, of) in bytes.iter_mut().zip(text.bytes()) {
            *byte = of;
        }
        bytes[HEADER - 1] = b'\n';
        bytes
    }

    /// What the bytes say; what they do not say has not been done.
    pub(in crate::isolated) fn read(bytes: &[u8]) -> Self {
        let text = bytes.get(..HEADER).and_then(|header| std::str::from_utf8(header).ok());
        let words: Vec<&str> = text.unwrap_or_default().split_ascii_whitespace().collect();
        match &words[..] {
            ["begun"] => Self::Begun,
            ["failed", name, number, code] => {
                let step = number.parse().ok().and_then(|number| Step::named(name, number));
                let failure = step.zip(code.parse().ok()).map(|(step, code)| Failure { step, code });
                failure.map_or(Self::Waiting, Self::Failed)
            }
            _ => Self::Waiting,
        }
    }
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Unshare => "unshare",
            Self::Identity => "identity",
            Self::Propagation => "propagation",
            Self::Bind(_) => "bind",
            Self::Folder => "folder",
            Self::Rights => "rights",
            Self::Execute => "execute",
        }
    }

    fn named(name: &str, number: usize) -> Option<Self> {
        let all = [
            Self::Instructions,
            Self::Unshare,
            Self::Identity,
            Self::Propagation,
            Self::Bind(number),
            Self::Folder,
            Self::Rights,
            Self::Execute,
        ];
        all.into_iter().find(|step| step.name() == name)
    }
}

impl Failure {
    /// Of a system call.
    pub(in crate::isolated) fn of(step: Step) -> impl Fn(io::Error) -> Self {
        move |error| Self { step, code: error.raw_os_error().unwrap_or(INVALID) }
    }

    fn cause(self) -> io::Error {
        io::Error::from_raw_os_error(self.code)
    }

    /// Why there can be no namespace, as a part of a sentence.
    pub(in crate::isolated) fn reason(self) -> String {
        let cause = io_cause(&self.cause());
        match self.step {
            // What the kernel answers where `user.max_user_namespaces` or its like is used up.
            Step::Unshare if self.cause().kind() == io::ErrorKind::StorageFull => {
                "this system allows no more namespaces (see sysctl user.max_user_namespaces and \
                 user.max_mnt_namespaces)"
                    .to_owned()
            }
            Step::Unshare => format!("the kernel does not let this user make a mount namespace ({cause})"),
            Step::Identity => format!(
                "the kernel does not let this user act in a user namespace ({cause}; AppArmor is the cause where sysctl \
                 kernel.apparmor_restrict_unprivileged_userns is 1)"
            ),
            Step::Propagation if self.code == INVALID => {
                "a mount namespace cannot keep its mounts to itself where / is no mount, as in a chroot"
                    .to_owned()
            }
            Step::Propagation => {
                format!("the kernel does not let a mount namespace keep its mounts to itself ({cause})")
            }
            Step::Bind(_) => format!("the kernel does not let a mount namespace mount anything ({cause})"),
            Step::Folder => format!("the working directory cannot be entered in a mount namespace ({cause})"),
            Step::Rights => format!("rights that a user namespace brings cannot be given up ({cause})"),
            Step::Instructions | Step::Execute => format!("the helper process cannot do its work ({cause})"),
        }
    }

    /// The error of a call that was to run `program` with these paths covered.
    pub(in crate::isolated) fn error<'a>(
        self,
        program: &OsStr,
        target: impl FnOnce(usize) -> Option<&'a Path>,
    ) -> Error {
        let cause = self.cause();
        let message = match self.step {
            Step::Execute => return child::not_started(program, &cause),
            Step::Bind(number) => {
                let target = target(number).unwrap_or(Path::new("?")).display();
                let cause = io_cause(&cause);
                format!("{target}: cannot be covered by a mount: {cause}; the command was not begun")
            }
            _ => format!("{}; the command was not begun", self.reason()),
        };
        Error::new(ErrorKind::Environment, message).because(&cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let steps = [
            Step::Instructions,
            Step::Unshare,
            Step::Identity,
            Step::Propagation,
            Step::Bind(0),
            Step::Bind(usize::MAX),
            Step::Folder,
            Step::Rights,
            Step::Execute,
        ];
        let failed = steps.map(|step| Progress::Failed(Failure { step, code: i32::MIN }));
        for progress in failed.into_iter().chain([Progress::Waiting, Progress::Begun]) {
            assert_eq!(Progress::read(&progress.to_bytes()), progress);
        }
    }

    #[test]
    fn what_says_nothing_has_not_begun() {
        let mut other = Progress::Begun.to_bytes();
        other[0] = 0xff;
        for bytes in [&b""[..], b"begun", &other, &[0; HEADER]] {
            assert_eq!(Progress::read(bytes), Progress::Waiting);
        }
    }

    #[test]
    fn a_failure_says_what_and_why() {
        let error = |step, code| {
            let targets = [Path::new("/p/package.json")];
            Failure { step, code }.error(OsStr::new("make"), |number| targets.get(number).copied())
        };
        let text = |step, code| error(step, code).to_string();
        assert_eq!(
            text(Step::Bind(0), 20),
            "/p/package.json: cannot be covered by a mount: not a directory; the command was not begun"
        );
        assert_eq!(
            text(Step::Unshare, 1),
            "the kernel does not let this user make a mount namespace (operation not permitted); the command was \
             not begun"
        );
        assert!(text(Step::Identity, 1).contains("operation not permitted; AppArmor is the cause where"));
        assert!(text(Step::Propagation, 22).contains("as in a chroot"));
        assert!(text(Step::Propagation, 13).contains("(permission denied)"));
        assert!(text(Step::Unshare, 28).contains("user.max_user_namespaces"));
        assert_eq!(error(Step::Execute, 2).kind(), ErrorKind::NotRun(127));
        assert_eq!(error(Step::Execute, 13).kind(), ErrorKind::NotRun(126));
        assert!(text(Step::Execute, 2).starts_with("make: command not found\n"));
        assert_eq!(error(Step::Rights, 1).kind(), ErrorKind::Environment);
    }
}
