//! How a call is ended from outside: asked for between two steps, and waited for beside children.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::error::{Error, ErrorKind, Result, signal_name};

/// SIGINT, whose exit code stands for a call that was cancelled without a signal.
const SIGINT: i32 = 2;

/// Ends the calls that it was given to, from any thread. Clones are the same token.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library/world.rs"));
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let world = world()?;
/// use docker_prep::{CancelToken, ErrorKind, PrepareOptions, Project, Settings};
///
/// let cancel = CancelToken::new();
/// let project = Project::open(&world.product, &Settings::new().cancel(&cancel))?;
/// cancel.cancel();
/// let error = project.plan(&PrepareOptions::new()).unwrap_err();
/// assert!(matches!(error.kind(), ErrorKind::Interrupted(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// Cancelled for good, without a signal.
    is_cancelled: AtomicBool,
    /// The last signal that nobody has seen yet; 0 for none.
    latest: Arc<AtomicUsize>,
    /// The first signal that anybody saw; 0 for none.
    first: AtomicUsize,
    policy: SignalPolicy,
    /// Held while what is waited for changes, so that no waiter misses it.
    change: Mutex<()>,
    changed: Condvar,
}

/// What the owner of the process allows to be done with its signals while children run. By default nothing: no handler
/// is installed, and only children of our own are waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalPolicy {
    /// The signals that the token is told of. They are passed on to children; where there is none, the process keeps
    /// its signals to itself.
    pub watched: Vec<i32>,
}

impl CancelToken {
    /// One that nobody has cancelled, and that has no part in the process's signals.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One that also signal handlers cancel: they store the signal's number in `latest`.
    #[must_use]
    pub(crate) fn told_by_signals(latest: Arc<AtomicUsize>, policy: SignalPolicy) -> Self {
        Self(Arc::new(State { latest, policy, ..State::default() }))
    }

    /// Ends the calls as soon as they can be ended.
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// As [`Self::cancel`], because of a signal of this number: children get it too, and the error names it.
    pub fn cancel_by_signal(&self, signal: i32) {
        match usize::try_from(signal) {
            Ok(signal) if signal > 0 => self.0.latest.store(signal, Ordering::SeqCst),
            _ => self.0.is_cancelled.store(true, Ordering::SeqCst),
        }
        self.wake();
    }

    /// Whether the calls are to end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::SeqCst) || self.signal().is_some()
    }

    /// The number of the first signal that came, however often it is asked for.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        let State { latest, first, .. } = &*self.0;
        if first.load(Ordering::SeqCst) == 0 {
            let latest = latest.load(Ordering::SeqCst);
            // Where another thread was first, its signal stays.
            let _ = first.compare_exchange(0, latest, Ordering::SeqCst, Ordering::SeqCst);
        }
        i32::try_from(first.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }

    /// To be asked between two steps.
    ///
    /// # Errors
    /// The token is cancelled: [`ErrorKind::Interrupted`] with the signal, or with SIGINT where there was none.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(signal) = self.signal() {
            return Err(Error::new(
                ErrorKind::Interrupted(signal),
                format!("stopped by {}", signal_name(signal)),
            ));
        }
        if self.is_cancelled() {
            Err(Error::new(ErrorKind::Interrupted(SIGINT), "cancelled"))
        } else {
            Ok(())
        }
    }

    /// What may be done with the process's signals.
    #[must_use]
    #[cfg_attr(not(unix), expect(dead_code, reason = "only Unix passes signals on"))]
    pub(crate) fn policy(&self) -> &SignalPolicy {
        &self.0.policy
    }

    /// Makes nothing of the signals that came so far: a command has dealt with them.
    pub(crate) fn forget_signals(&self) {
        self.0.latest.store(0, Ordering::SeqCst);
        self.0.first.store(0, Ordering::SeqCst);
    }

    /// Has those look again who wait.
    pub(crate) fn wake(&self) {
        let _held = self.0.change.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.changed.notify_all();
    }

    /// Waits until what is waited for is there: looks whenever somebody [wakes](Self::wake) it. A signal handler wakes
    /// nobody.
    #[cfg_attr(not(unix), allow(dead_code, reason = "only Unix waits beside children"))]
    pub(crate) fn wait_while(&self, mut is_missing: impl FnMut() -> bool) {
        let held = self.0.change.lock().unwrap_or_else(PoisonError::into_inner);
        let held = self.0.changed.wait_while(held, |()| is_missing());
        drop(held.unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn the_first_signal_decides_until_it_is_dealt_with() {
        let token = CancelToken::new();
        assert_eq!(token.signal(), None);
        assert!(token.check().is_ok());
        token.cancel_by_signal(15);
        assert_eq!(token.signal(), Some(15));
        token.cancel_by_signal(2);
        assert_eq!(token.signal(), Some(15));
        let error = token.check().unwrap_err();
        assert_eq!((error.kind.exit_code(), &*error.to_string()), (143, "stopped by SIGTERM"));
        token.forget_signals();
        assert_eq!((token.signal(), token.is_cancelled()), (None, false));
    }

    #[test]
    fn what_a_handler_stores_is_seen() {
        let latest = Arc::new(AtomicUsize::new(0));
        let policy = SignalPolicy { watched: vec![15] };
        let token = CancelToken::told_by_signals(Arc::clone(&latest), policy.clone());
        assert!(!token.is_cancelled());
        latest.store(15, Ordering::SeqCst);
        assert!(token.is_cancelled());
        assert_eq!((token.signal(), token.policy()), (Some(15), &policy));
    }

    #[test]
    fn a_plain_cancel_is_for_good_and_for_all_clones() {
        let token = CancelToken::new();
        token.clone().cancel();
        token.forget_signals();
        assert!(token.is_cancelled());
        assert_eq!(token.signal(), None);
        let error = token.check().unwrap_err();
        assert_eq!((error.kind.exit_code(), &*error.to_string()), (130, "cancelled"));
        let odd = CancelToken::new();
        odd.cancel_by_signal(0);
        assert!(odd.is_cancelled());
        assert_eq!(odd.signal(), None);
    }

    #[test]
    fn who_waits_is_woken() {
        let token = CancelToken::new();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| token.wait_while(|| !token.is_cancelled()));
            token.cancel();
            waiter.join().unwrap();
        });
    }
}
