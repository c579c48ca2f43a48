//! Work on all cores, whose outcome is seen onto the disk beside it: whoever works would stand still for that.

use std::sync::{Mutex, MutexGuard, Once, PoisonError, mpsc};
use std::thread;

use crate::error::Problem;
use crate::threads::Threads;

/// How many outcomes are waited for at a time until the disk has them, besides the threads that work. With one of those
/// all are synced at the end, so that every step comes in the same order each time.
const SYNCERS: usize = 4;

/// What comes of working at each place, by place; the work is begun in the given order. What may be lost is synced.
pub(super) fn each<T: Send>(
    threads: Threads,
    order: &[usize],
    work: impl Fn(usize) -> Result<T, Problem> + Sync,
    may_be_lost: impl Fn(&T) -> bool + Sync,
    sync: impl Fn(&T) -> Result<(), Problem> + Sync,
) -> Vec<Result<T, Problem>> {
    let done = Mutex::new(Vec::with_capacity(order.len()));
    let finish = |place, outcome| locked(&done).push((place, outcome));
    let (unsynced, waiting) = mpsc::channel::<(usize, T)>();
    let waiting = Mutex::new(waiting);
    let next = || locked(&waiting).recv();
    let sync_all = || {
        while let Ok((place, outcome)) = next() {
            finish(place, sync(&outcome).map(|()| outcome));
        }
    };
    let syncers = if threads.count() == 1 { 0 } else { SYNCERS };
    let first = Once::new();
    thread::scope(|scope| {
        let begin = || {
            for _ in 0..syncers {
                // Without any, all are synced at the end.
                let _ = thread::Builder::new().spawn_scoped(scope, sync_all);
            }
        };
        threads.map(order, |place| match (*place, work(*place)) {
            (place, Ok(outcome)) if may_be_lost(&outcome) => {
                first.call_once(begin);
                // Who waits for it is there until all is done.
                let _ = unsynced.send((place, outcome));
            }
            (place, outcome) => finish(place, outcome),
        });
        drop(unsynced);
        sync_all();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn what_may_be_lost_is_synced_once_and_all_comes_back_by_place() {
        let fails = |place: usize, of: usize| place % 7 == of;
        for threads in [1, 4] {
            let threads = Threads::new(NonZero::new(threads));
            let synced = AtomicUsize::new(0);
            let work =
                |place| if fails(place, 1) { Err(Problem::new(format!("{place}"))) } else { Ok(place) };
            let sync = |place: &usize| {
                synced.fetch_add(1, Ordering::Relaxed);
                if fails(*place, 2) { Err(Problem::new(format!("lost {place}"))) } else { Ok(()) }
            };
            let is_even = |place: &usize| place.is_multiple_of(2);
            let order: Vec<usize> = (0..100).rev().collect();
            let done = each(threads, &order, work, is_even, sync);
            let expected = |place: usize| match work(place) {
                Ok(place) if is_even(&place) && fails(place, 2) => Err(Problem::new(format!("lost {place}"))),
                other => other,
            };
            assert_eq!(done, (0..100).map(expected).collect::<Vec<_>>(), "{threads:?}");
            let evens = (0..100).filter(|place| is_even(place) && !fails(*place, 1)).count();
            assert_eq!(synced.into_inner(), evens, "{threads:?}");
        }
    }
}
