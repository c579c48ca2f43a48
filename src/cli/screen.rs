//! Stderr: lines for people and, on a terminal, one line that tells how far the work is.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::text::{count, size};
use crate::report::Progress;

/// Work that is over sooner shows nothing.
const PATIENCE: Duration = Duration::from_millis(400);
/// How often the line changes.
const PAUSE: Duration = Duration::from_millis(100);
/// Back to the begin of the line, and nothing in it.
const CLEAR: &str = "\r\u{1b}[K";

/// Where lines go. Threads write at once: a line is never torn.
pub(super) struct Screen {
    begun: Instant,
    /// Whether the line of progress can be drawn, and over-written.
    draws: bool,
    state: Mutex<ScreenState>,
}

struct ScreenState {
    out: Box<dyn Write + Send>,
    /// When the line of progress was last drawn, if it stands there.
    drawn: Option<Instant>,
}

impl Screen {
    /// `draws`: a terminal that knows how to clear a line.
    pub(super) fn new(draws: bool) -> Self {
        Self::on(Box::new(io::stderr()), Instant::now(), draws)
    }

    fn on(out: Box<dyn Write + Send>, begun: Instant, draws: bool) -> Self {
        Self { begun, draws, state: Mutex::new(ScreenState { out, drawn: None }) }
    }

    /// Since the begin.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Writes whole lines. Where nobody can read them any more, there is nobody to tell.
    pub(super) fn lines(&self, text: &str) {
        let mut state = self.state();
        let clear = if state.drawn.take().is_some() { CLEAR } else { "" };
        let _ = write!(state.out, "{clear}{text}");
    }

    /// Draws how far the work is, now and then.
    pub(super) fn progress(&self, progress: Progress) {
        if !self.draws || self.elapsed() < PATIENCE {
            return;
        }
        let mut state = self.state();
        if progress.packed == progress.packages {
            return clear(&mut state);
        }
        if state.drawn.is_some_and(|drawn| drawn.elapsed() < PAUSE) {
            return;
        }
        let text = text(progress, self.elapsed());
        let _ = write!(state.out, "{CLEAR}{text}").and_then(|()| state.out.flush());
        state.drawn = Some(Instant::now());
    }

    fn state(&self) -> MutexGuard<'_, ScreenState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        clear(&mut self.state());
    }
}

fn clear(state: &mut ScreenState) {
    if state.drawn.take().is_some() {
        let _ = write!(state.out, "{CLEAR}").and_then(|()| state.out.flush());
    }
}

/// Shorter than any terminal is wide.
fn text(progress: Progress, elapsed: Duration) -> String {
    let Progress { packed, packages, bytes } = progress;
    let left = left(progress, elapsed).map(|left| format!(", {left} s left")).unwrap_or_default();
    format!("packing {packed} of {}, {}{left}", count(packages, "package"), size(bytes))
}

/// In seconds, once anything is known of the pace.
fn left(progress: Progress, elapsed: Duration) -> Option<u64> {
    let Progress { packed, packages, .. } = progress;
    let of_one = elapsed.checked_div(u32::try_from(packed).ok()?)?;
    let left = of_one.checked_mul(u32::try_from(packages.saturating_sub(packed)).ok()?)?;
    Some(left.as_secs().max(1))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// What a screen shows that began a minute ago.
    fn shown(draws: bool, use_it: impl FnOnce(&Screen)) -> String {
        #[derive(Clone, Default)]
        struct Shown(Arc<Mutex<Vec<u8>>>);
        impl Write for Shown {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let shown = Shown::default();
        let begun = Instant::now().checked_sub(Duration::from_secs(60)).unwrap();
        use_it(&Screen::on(Box::new(shown.clone()), begun, draws));
        String::from_utf8(shown.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_line_takes_the_place_of_progress_and_nothing_is_left_of_it() {
        let progress = |packed| Progress { packed, packages: 2, bytes: 5 };
        let all = |screen: &Screen| {
            screen.progress(progress(0));
            // Too soon for another one.
            screen.progress(progress(1));
            screen.lines("warning\n");
            screen.progress(progress(1));
            screen.progress(progress(2));
            screen.lines("packed\n");
        };
        assert_eq!(
            shown(true, all),
            format!(
                "{CLEAR}packing 0 of 2 packages, 5 B{CLEAR}warning\n{CLEAR}packing 1 of 2 packages, 5 B, 60 s \
                 left{CLEAR}packed\n"
            )
        );
        assert_eq!(shown(false, all), "warning\npacked\n");
        assert_eq!(
            shown(true, |screen| screen.progress(progress(0))),
            format!("{CLEAR}packing 0 of 2 packages, 5 B{CLEAR}")
        );
    }

    #[test]
    fn how_far_it_is() {
        let seconds = Duration::from_secs;
        let at =
            |packed, packages, bytes, elapsed| text(Progress { packed, packages, bytes }, seconds(elapsed));
        assert_eq!(at(12, 63, 3_200_000, 4), "packing 12 of 63 packages, 3.2 MB, 16 s left");
        assert_eq!(at(0, 1, 132_000_000, 9), "packing 0 of 1 package, 132.0 MB");
        assert_eq!(at(62, 63, 1000, 1), "packing 62 of 63 packages, 1.0 kB, 1 s left");
    }
}
