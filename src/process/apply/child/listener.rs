//! Waits for what matters to whoever has children at work: that one has ended, or that they are to end.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nix::unistd::{getpid, getsid};
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::origin::WithOrigin;
use signal_hook::low_level::siginfo::{Cause, Origin};

use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result, io_cause};

/// A signal that is meant for the children too.
pub(super) struct Heard {
    pub(super) signal: i32,
    /// The terminal has sent it to the children already.
    pub(super) by_terminal: bool,
}

/// Who listens.
pub(super) enum Listener {
    /// Signal handlers, which the owner of the process allows.
    Signals(SignalsInfo<WithOrigin>),
    /// The token, and a thread for each child: nothing of the process is changed.
    Token {
        cancel: CancelToken,
        /// A child has ended since it was last asked for.
        has_ended: Arc<AtomicBool>,
        /// The children were told to end.
        was_heard: bool,
    },
}

impl Listener {
    /// Begins to listen, to `more` than the signals that are watched anyway where there are handlers.
    pub(super) fn new(cancel: &CancelToken, more: &[i32]) -> Result<Self> {
        let watched = &cancel.policy().watched;
        if watched.is_empty() {
            let (cancel, has_ended) = (cancel.clone(), Arc::default());
            return Ok(Self::Token { cancel, has_ended, was_heard: false });
        }
        SignalsInfo::new(watched.iter().chain([&SIGCHLD]).chain(more).copied())
            .map(Self::Signals)
            .map_err(|error| Error::new(ErrorKind::Environment, format!("cannot watch for signals: {error}")))
    }

    /// Whether all children of the process are ours to wait for.
    pub(super) fn has_the_process(&self) -> bool {
        matches!(self, Self::Signals(_))
    }

    /// Listens for the end of a child that was begun.
    pub(super) fn attend(&self, pid: Pid) -> Result<()> {
        let Self::Token { cancel, has_ended, .. } = self else { return Ok(()) };
        let (cancel, has_ended) = (cancel.clone(), Arc::clone(has_ended));
        let attend = move || {
            // It is not reaped here, so that its id stays its own while it may be sent a signal.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while waitid(WaitId::Pid(pid), options).is_err_and(|error| error == Errno::INTR) {}
            has_ended.store(true, Ordering::SeqCst);
            cancel.wake();
        };
        thread::Builder::new().spawn(attend).map(drop).map_err(|error| {
            Error::new(ErrorKind::Environment, format!("no thread can be started: {}", io_cause(&error)))
                .because(&error)
        })
    }

    /// Waits until a child may have ended, or for signals.
    pub(super) fn wait(&mut self) -> Vec<Heard> {
        match self {
            Self::Signals(queue) => queue
                .wait()
                .filter(|origin| origin.signal != SIGCHLD)
                .map(|origin| Heard { signal: origin.signal, by_terminal: is_from_terminal(&origin) })
                .collect(),
            Self::Token { cancel, has_ended, was_heard } => {
                let is_new = || !*was_heard && cancel.is_cancelled();
                cancel.wait_while(|| !has_ended.load(Ordering::SeqCst) && !is_new());
                has_ended.store(false, Ordering::SeqCst);
                if !is_new() {
                    return Vec::new();
                }
                *was_heard = true;
                vec![Heard { signal: cancel.signal().unwrap_or(SIGTERM), by_terminal: false }]
            }
        }
    }
}

/// Whether the kernel sent it to the whole foreground group, our command among it. Linux says so; elsewhere a process at
/// a terminal is taken to have been sent it from there.
fn is_from_terminal(origin: &Origin) -> bool {
    match (origin.signal, origin.cause) {
        (SIGINT | SIGQUIT, Cause::Kernel) => true,
        (SIGINT | SIGQUIT, Cause::Unknown) => std::io::stdin().is_terminal(),
        // The terminal is gone. It tells the leader of its session alone, as in a container, else the whole group.
        (SIGHUP, Cause::Kernel) => getsid(None).is_ok_and(|leader| leader != getpid()),
        _ => false,
    }
}
