//! The threads that share a call's work: begun for it, and gone when it is done.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many threads work at a time, the calling one among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Threads(NonZero<usize>);

impl Threads {
    /// As many as were asked for, or else one for each core that this process may use. With one of them all is done on
    /// the calling thread, every step in the same order each time.
    pub(crate) fn new(asked: Option<NonZero<usize>>) -> Self {
        Self(asked.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZero::<usize>::MIN))
    }

    /// How many there are.
    pub(crate) fn count(self) -> usize {
        self.0.get()
    }

    /// What comes of each item, in their order; they are begun in it too. The calling thread works along and waits for
    /// the others, and nothing else is done on it meanwhile.
    pub(crate) fn map<T: Sync, R: Send>(self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let helpers = self.count().min(items.len()).saturating_sub(1);
        if helpers == 0 {
            return items.iter().map(work).collect();
        }
        let next = AtomicUsize::new(0);
        let share = || {
            let mut done = Vec::new();
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(place) else { return done };
                done.push((place, work(item)));
            }
        };
        let mut done = thread::scope(|scope| {
            let begin = |_| thread::Builder::new().spawn_scoped(scope, share).ok();
            // With fewer of them it takes longer.
            let helpers: Vec<_> = (0..helpers).map_while(begin).collect();
            let mut done = share();
            for helper in helpers {
                done.extend(helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            done
        });
        done.sort_unstable_by_key(|(place, _)| *place);
        done.into_iter().map(|(_, outcome)| outcome).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Barrier;

    use super::*;

    fn threads(count: usize) -> Threads {
        Threads::new(NonZero::new(count))
    }

    #[test]
    fn outcomes_come_in_the_order_of_their_items() {
        let items: Vec<usize> = (0..1000).collect();
        for count in [1, 2, 7] {
            assert_eq!(threads(count).map(&items, |item| item * 2), (0..2000).step_by(2).collect::<Vec<_>>());
        }
        assert_eq!(threads(4).map(&[0; 0], |item| *item), [0; 0]);
    }

    #[test]
    fn all_of_them_work_at_once() {
        let all = Barrier::new(4);
        let ids = threads(4).map(&[(); 4], |()| {
            all.wait();
            format!("{:?}", thread::current().id())
        });
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 4);
    }

    #[test]
    fn one_is_the_calling_thread() {
        let here = thread::current().id();
        assert_eq!(threads(1).map(&[(); 3], |()| thread::current().id()), [here; 3]);
    }
}
