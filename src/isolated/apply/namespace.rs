//! The helper process that mounts and then becomes the command; and whoever calls it.

#[cfg(target_os = "linux")]
mod call;
#[cfg(not(target_os = "linux"))]
#[path = "namespace/elsewhere.rs"]
mod call;
#[cfg(target_os = "linux")]
mod helper;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;

use std::ffi::OsString;
use std::process::ExitCode;

pub(crate) use self::call::{NamespaceCall, is_possible};

/// Does what the helper process is there for, where the process's words say that it is one: it becomes a command, or
/// returns the exit code of one that could not. The process must have no second thread and no signal handler.
pub fn become_command(words: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    #[cfg(target_os = "linux")]
    {
        let mut words = words.into_iter().skip(1);
        let is_helper = words.next().is_some_and(|word| word == crate::isolated::namespace::HELPER);
        is_helper.then(|| ExitCode::from(helper::run(words.next().as_deref())))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = words;
        None
    }
}
