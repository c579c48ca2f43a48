//! Signals that end the program, noted and asked for between two steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Kind, Result, signal_name};

/// The signals that came since the program began.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// The last one that nobody has seen yet; 0 for none.
    latest: Arc<AtomicUsize>,
    /// The first one that anybody saw; 0 for none.
    first: Arc<AtomicUsize>,
    /// Those that are noted.
    watched: Vec<i32>,
}

impl Signals {
    /// Notes SIGINT, SIGTERM, SIGHUP and SIGQUIT from now on, instead of dying of them. A SIGHUP that is ignored from
    /// the start, as under nohup, stays ignored. A SIGINT does not: a script's `docker-prep … &` is begun with it
    /// ignored, and who sends it one by name shall have the project restored.
    ///
    /// # Errors
    /// The system does not let it.
    pub fn install() -> Result<Self> {
        let mut signals = Self::default();
        #[cfg(unix)]
        {
            use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
            for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
                if signal == SIGHUP && is_ignored(signal) {
                    continue;
                }
                signals.note(signal)?;
            }
        }
        #[cfg(not(unix))]
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signals.note(signal)?;
        }
        Ok(signals)
    }

    fn note(&mut self, signal: i32) -> Result<()> {
        let number = usize::try_from(signal).unwrap_or(usize::MAX);
        signal_hook::flag::register_usize(signal, Arc::clone(&self.latest), number).map_err(|error| {
            Error::new(Kind::Environment, format!("cannot watch for signal {signal}: {error}"))
        })?;
        self.watched.push(signal);
        Ok(())
    }

    /// The signals that are noted.
    #[must_use]
    pub fn watched(&self) -> &[i32] {
        &self.watched
    }

    /// Makes nothing of the signals that came so far: somebody else has dealt with them.
    pub fn forget(&self) {
        self.latest.store(0, Ordering::SeqCst);
        self.first.store(0, Ordering::SeqCst);
    }

    /// The first signal that came, however often it is asked for.
    #[must_use]
    pub fn received(&self) -> Option<i32> {
        let first = match self.first.load(Ordering::SeqCst) {
            0 => {
                let latest = self.latest.load(Ordering::SeqCst);
                self.first
                    .compare_exchange(0, latest, Ordering::SeqCst, Ordering::SeqCst)
                    .unwrap_or_else(|seen| seen);
                self.first.load(Ordering::SeqCst)
            }
            first => first,
        };
        i32::try_from(first).ok().filter(|signal| *signal != 0)
    }

    /// To be asked between two steps.
    ///
    /// # Errors
    /// A signal came: [`Kind::Interrupted`] with its number.
    pub fn check(&self) -> Result<()> {
        match self.received() {
            None => Ok(()),
            Some(signal) => {
                Err(Error::new(Kind::Interrupted(signal), format!("stopped by {}", signal_name(signal))))
            }
        }
    }
}

/// Sees to it that children can be waited for. A process that was begun with SIGCHLD ignored, as some daemons begin
/// theirs, is told nothing of how its children ended: not even whether git did well.
pub fn hear_of_children() {
    // Any handler will do, and where there can be none the call that waits says so.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGCHLD, Arc::default());
}

/// Sees to it that a file that grows beyond `ulimit -f` is an error like a full disk, and not the end.
pub fn outlive_big_files() {
    #[cfg(unix)]
    let _ = signal_hook::flag::register(rustix::process::Signal::XFSZ.as_raw(), Arc::default());
}

/// Whether the process was begun with this signal ignored. There is no call for it that is safe in Rust's sense.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let mask = if cfg!(target_os = "linux") {
        std::fs::read_to_string("/proc/self/status").ok().and_then(|status| {
            status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(|mask| mask.trim().to_owned())
        })
    } else {
        // macOS and the BSDs; where ps knows no such column the signal counts as not ignored.
        let pid = std::process::id().to_string();
        let ps = std::process::Command::new("ps").args(["-o", "sigignore=", "-p", &pid]).output();
        ps.ok().and_then(|output| String::from_utf8(output.stdout).ok()).map(|mask| mask.trim().to_owned())
    };
    mask.and_then(|mask| u128::from_str_radix(&mask, 16).ok())
        .is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

    use super::*;

    #[test]
    fn the_first_one_decides_until_it_is_dealt_with() {
        let signals = Signals::default();
        assert_eq!(signals.received(), None);
        assert!(signals.check().is_ok());
        signals.latest.store(15, Ordering::SeqCst);
        assert_eq!(signals.received(), Some(15));
        signals.latest.store(2, Ordering::SeqCst);
        assert_eq!(signals.received(), Some(15));
        let error = signals.check().unwrap_err();
        assert_eq!((error.kind.exit_code(), &*error.to_string()), (143, "stopped by SIGTERM"));
        signals.forget();
        assert_eq!(signals.received(), None);
    }

    /// The child that the next test starts; by itself it does nothing.
    #[test]
    fn child_that_notes_its_signals() {
        let Ok(which) = std::env::var("DOCKER_PREP_TEST_SIGNAL") else { return };
        let signals = Signals::install().unwrap();
        signal_hook::low_level::raise(which.parse().unwrap()).unwrap();
        println!("received {:?}", signals.received());
    }

    #[test]
    fn signals_are_noted_and_nohup_is_respected() {
        let this = std::env::current_exe().unwrap();
        let run = |prefix: &str, signal: i32| {
            let line = format!(
                "{prefix} exec \"$0\" --exact --nocapture {}",
                "apply::signal::tests::child_that_notes_its_signals"
            );
            let output = std::process::Command::new("sh")
                .args(["-c", &line])
                .arg(&this)
                .env("DOCKER_PREP_TEST_SIGNAL", signal.to_string())
                .output()
                .unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            assert!(run("", signal).contains(&format!("received Some({signal})")));
        }
        assert!(run("trap '' HUP;", SIGHUP).contains("received None"));
        assert!(run("trap '' HUP;", SIGTERM).contains("received Some(15)"));
    }
}
