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
/// How wide a terminal is that does not say so.
const USUAL_WIDTH: usize = 80;
/// No pace is known before packing has taken as long as this …
const LEAST_TIME: Duration = Duration::from_secs(2);
/// … and one part in so many of the work is done.
const LEAST_PART: u64 = 10;

/// Where lines go. Threads write at once: a line is never torn.
pub(super) struct Screen {
    begun: Instant,
    /// Whether the line of progress can be drawn, and over-written.
    draws: bool,
    /// How wide the terminal is now, if that is known: people make windows larger and smaller.
    width: Box<dyn Fn() -> Option<usize> + Send + Sync>,
    state: Mutex<ScreenState>,
}

struct ScreenState {
    out: Box<dyn Write + Send>,
    /// When the line of progress was last drawn, if it stands there.
    drawn: Option<Instant>,
    /// When packing began.
    packing: Option<Instant>,
}

impl Screen {
    /// `draws`: a terminal that knows how to clear a line.
    pub(super) fn new(draws: bool) -> Self {
        let width = || terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| usize::from(width.0));
        Self::on(Box::new(io::stderr()), Box::new(width), Instant::now(), draws)
    }

    fn on(
        out: Box<dyn Write + Send>,
        width: Box<dyn Fn() -> Option<usize> + Send + Sync>,
        begun: Instant,
        draws: bool,
    ) -> Self {
        let state = ScreenState { out, drawn: None, packing: None };
        Self { begun, draws, width, state: Mutex::new(state) }
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

    /// Takes the line of progress away, before something else is written to the same terminal.
    pub(super) fn make_room(&self) {
        clear(&mut self.state());
    }

    /// Draws how far the work is, now and then.
    pub(super) fn progress(&self, progress: Progress) {
        if !self.draws {
            return;
        }
        let mut state = self.state();
        let packing = *state.packing.get_or_insert_with(Instant::now);
        if progress.packed == progress.packages {
            return clear(&mut state);
        }
        let is_soon = |drawn: Instant| drawn.elapsed() < PAUSE;
        if self.elapsed() < PATIENCE || state.drawn.is_some_and(is_soon) {
            return;
        }
        let width = (self.width)().filter(|width| *width > 0).unwrap_or(USUAL_WIDTH);
        // In the last column, some terminals begin the next line already.
        let text = fitting(&texts(progress, packing.elapsed()), width - 1);
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

/// The line, and what there is of it for narrower terminals.
fn texts(progress: Progress, elapsed: Duration) -> [String; 4] {
    let Progress { packed, packages, bytes, .. } = progress;
    let left = left(progress, elapsed).map(|left| format!(", {left} s left")).unwrap_or_default();
    let of = format!("{packed} of {packages}");
    [
        format!("packing {packed} of {}, {}{left}", count(packages, "package"), size(bytes)),
        format!("packing {of}{left}"),
        format!("packing {of}"),
        of,
    ]
}

/// The first that fits into so many columns, or as much as fits of the last.
fn fitting(texts: &[String], columns: usize) -> String {
    let whole = texts.iter().find(|text| cut(text, columns).len() == text.len());
    whole.cloned().or_else(|| texts.last().map(|text| cut(text, columns))).unwrap_or_default()
}

/// In seconds, once the pace is known: of the first packages, which are the largest, it tells nothing.
fn left(progress: Progress, elapsed: Duration) -> Option<u64> {
    let Progress { done, work, .. } = progress;
    if elapsed < LEAST_TIME || done == 0 || done < work / LEAST_PART {
        return None;
    }
    let milliseconds = elapsed.as_millis().checked_mul(u128::from(work.saturating_sub(done)))?;
    let left = milliseconds.checked_div(u128::from(done))?.div_ceil(1000);
    u64::try_from(left).ok().map(|left| left.max(1))
}

/// As much of a text as fits into so many columns on any terminal: what is no ASCII is taken for wide, also where it is
/// drawn narrow, or over the character before it.
fn cut(text: &str, columns: usize) -> String {
    let mut left = columns;
    let fits = |c: &char| {
        let width = if c.is_ascii() { 1 } else { 2 };
        let does = width <= left;
        left = left.saturating_sub(width);
        does
    };
    text.chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use proptest::prelude::*;

    use super::*;

    /// What is written, for a test to read.
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

    fn a_minute_ago() -> Instant {
        Instant::now().checked_sub(Duration::from_secs(60)).unwrap()
    }

    /// What a screen of some width shows that began a minute ago.
    fn shown(draws: bool, use_it: impl FnOnce(&Screen)) -> String {
        let shown = Shown::default();
        use_it(&Screen::on(Box::new(shown.clone()), Box::new(|| None), a_minute_ago(), draws));
        String::from_utf8(shown.0.lock().unwrap().clone()).unwrap()
    }

    fn progress(packed: usize) -> Progress {
        Progress { packed, packages: 2, bytes: 5, done: 0, work: 9 }
    }

    #[test]
    fn a_line_takes_the_place_of_progress_and_nothing_is_left_of_it() {
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
                "{CLEAR}packing 0 of 2 packages, 5 B{CLEAR}warning\n{CLEAR}packing 1 of 2 packages, 5 B{CLEAR}packed\n"
            )
        );
        assert_eq!(shown(false, all), "warning\npacked\n");
        let data = |screen: &Screen| {
            screen.progress(progress(0));
            screen.make_room();
            screen.make_room();
        };
        for one in [&data, &(|screen: &Screen| screen.progress(progress(0))) as &dyn Fn(&Screen)] {
            assert_eq!(shown(true, one), format!("{CLEAR}packing 0 of 2 packages, 5 B{CLEAR}"));
        }
    }

    #[test]
    fn the_line_is_as_long_as_the_terminal_is_wide_at_that_moment() {
        let width = Arc::new(AtomicUsize::new(80));
        let (shown, now) = (Shown::default(), Arc::clone(&width));
        let width_now = move || Some(now.load(Ordering::Relaxed));
        let screen = Screen::on(Box::new(shown.clone()), Box::new(width_now), a_minute_ago(), true);
        for columns in [80, 20, 5, 1, 0] {
            width.store(columns, Ordering::Relaxed);
            screen.progress(progress(1));
            screen.make_room();
        }
        let shown = String::from_utf8(shown.0.lock().unwrap().clone()).unwrap();
        let drawn: Vec<&str> = shown.split(CLEAR).collect();
        let whole = "packing 1 of 2 packages, 5 B";
        assert_eq!(drawn, ["", whole, "", "packing 1 of 2", "", "1 of", "", "", "", whole, ""]);
    }

    /// A terminal of its own, which says itself how wide it is, and what a person sees of it.
    #[cfg(target_os = "linux")]
    #[test]
    fn on_a_terminal_the_line_stays_one_line() {
        use std::fs::File;
        use std::io::Read as _;
        use std::os::fd::OwnedFd;

        use rustix::fs::{Mode, OFlags};
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        use rustix::termios::{Winsize, tcsetwinsize};

        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let person = openpt(flags).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let side: OwnedFd = rustix::fs::open(&*name, flags, Mode::empty()).unwrap();
        let (out, asked) = (File::from(side.try_clone().unwrap()), side.try_clone().unwrap());
        let width = move || terminal_size::terminal_size_of(&asked).map(|(width, _)| usize::from(width.0));
        let screen = Screen::on(Box::new(out), Box::new(width), a_minute_ago(), true);
        let mut person = File::from(person);
        let mut until = |what: &str| {
            let mut seen = String::new();
            while !seen.ends_with(what) {
                let mut buffer = [0; 256];
                let read = person.read(&mut buffer).unwrap();
                seen.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            }
            seen
        };
        for (columns, whole) in [
            (80, "packing 1234 of 12345 packages, 99.9 MB"),
            (40, "packing 1234 of 12345 packages, 99.9 MB"),
            (39, "packing 1234 of 12345"),
            (20, "1234 of 12345"),
            (10, "1234 of 1"),
        ] {
            tcsetwinsize(&side, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
            let progress = Progress { packed: 1234, packages: 12345, bytes: 99_900_000, done: 0, work: 1 };
            screen.progress(progress);
            screen.lines("END\n");
            let seen = until("END\r\n");
            let drawn = seen.split(CLEAR).nth(1).unwrap();
            assert_eq!(drawn, whole, "{columns}");
        }
    }

    #[test]
    fn how_far_it_is() {
        let seconds = Duration::from_secs;
        let at = |packed, packages, bytes, done, elapsed| {
            let [whole, ..] = texts(Progress { packed, packages, bytes, done, work: 1000 }, seconds(elapsed));
            whole
        };
        assert_eq!(at(12, 63, 3_200_000, 200, 4), "packing 12 of 63 packages, 3.2 MB, 16 s left");
        assert_eq!(at(0, 1, 132_000_000, 0, 9), "packing 0 of 1 package, 132.0 MB");
        assert_eq!(at(62, 63, 1000, 999, 3), "packing 62 of 63 packages, 1.0 kB, 1 s left");
        let narrow = texts(Progress { done: 500, work: 1000, ..progress(1) }, seconds(4));
        assert_eq!(narrow[1..], ["packing 1 of 2, 4 s left", "packing 1 of 2", "1 of 2"]);
    }

    #[test]
    fn the_pace_is_told_once_it_is_known() {
        let at = |done, milliseconds| {
            left(Progress { done, work: 1000, ..progress(1) }, Duration::from_millis(milliseconds))
        };
        assert_eq!([at(0, 60_000), at(99, 60_000), at(900, 1999)], [None; 3]);
        assert_eq!([at(100, 2000), at(500, 2000), at(1000, 2000)], [Some(18), Some(2), Some(1)]);
        let nothing = Progress { done: 0, work: 0, ..progress(1) };
        assert_eq!(left(nothing, Duration::from_secs(60)), None);
    }

    #[test]
    fn wide_and_combined_characters_never_take_another_line() {
        assert_eq!(cut("包ab", 3), "包a");
        assert_eq!(cut("包ab", 1), "");
        assert_eq!(cut("e\u{301}x", 2), "e");
        assert_eq!(cut("abc", 0), "");
    }

    proptest! {
        #[test]
        fn what_is_cut_is_a_begin_that_fits(text in ".{0,40}", columns in 0_usize..50) {
            let cut = cut(&text, columns);
            prop_assert!(text.starts_with(&cut));
            let widest: usize = cut.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
            prop_assert!(widest <= columns);
        }
    }
}
