//! How a command ended.

use crate::error::ErrorKind;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself, with this exit code.
    Exited(i32),
    /// By this signal.
    #[cfg_attr(not(unix), expect(dead_code, reason = "only Unix ends processes by signals"))]
    Killed(i32),
}

impl Ended {
    /// What a shell would say: the code, or 128 + the signal's number.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            // Windows has larger ones: none of them may look like success.
            Self::Exited(code) => u8::try_from(code).unwrap_or(u8::MAX),
            Self::Killed(signal) => ErrorKind::Interrupted(signal).exit_code(),
        }
    }
}
