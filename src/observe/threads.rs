//! The threads that share a call's work: one for each core.

/// Has the calling thread work along instead of waiting for the others: one thread less to begin, and with
/// `RAYON_NUM_THREADS=1` none at all, so that every step comes in the same order each time.
pub fn share_this_thread() {
    let mut threads = rayon::ThreadPoolBuilder::new().use_current_thread();
    // Counted while this thread may still go everywhere.
    if std::env::var_os("RAYON_NUM_THREADS").is_none()
        && let Ok(cores) = std::thread::available_parallelism()
    {
        threads = threads.num_threads(cores.get());
    }
    let spread = Spread::begin();
    // An error says that the threads are there already.
    if threads.build_global().is_ok() {
        rayon::broadcast(|thread| {
            if thread.index() > 0 {
                spread.leave();
            }
        });
        // Not waited for: whoever is awakened to do it goes on with the work that comes next.
        let cores = spread.0;
        rayon::spawn_broadcast(move |_| Spread(cores).end());
    }
    spread.end();
}

/// Sees to it that threads do not begin their work on the core of the one that began them. Some kernels leave them
/// there, each waiting for the other, until they look at their balance again: 20 ms on virtual machines, which is
/// longer than many a call takes.
#[derive(Clone, Copy)]
struct Spread(Option<Cores>);

#[cfg(any(target_os = "linux", target_os = "android"))]
#[derive(Clone, Copy)]
struct Cores {
    /// Where threads may run.
    allowed: rustix::thread::CpuSet,
    /// The same without the one that the calling thread is on.
    others: rustix::thread::CpuSet,
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl Spread {
    /// Keeps the calling thread, and those that it begins, on its core. Nothing is done where there is but one.
    fn begin() -> Self {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
        let (core, Ok(allowed)) = (sched_getcpu(), sched_getaffinity(None)) else { return Self(None) };
        let (mut others, mut this) = (allowed, CpuSet::new());
        others.unset(core);
        this.set(core);
        let is_kept = others.count() > 0 && allowed.is_set(core) && sched_setaffinity(None, &this).is_ok();
        Self(is_kept.then_some(Cores { allowed, others }))
    }

    /// Moves another thread to the other cores.
    fn leave(self) {
        if let Some(Cores { others, .. }) = self.0 {
            let _ = rustix::thread::sched_setaffinity(None, &others);
        }
    }

    /// Lets a thread go everywhere again.
    fn end(self) {
        if let Some(Cores { allowed, .. }) = self.0 {
            let _ = rustix::thread::sched_setaffinity(None, &allowed);
        }
    }
}

/// Elsewhere threads find a core by themselves.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[derive(Clone, Copy)]
enum Cores {}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl Spread {
    fn begin() -> Self {
        Self(None)
    }

    fn leave(self) {}

    fn end(self) {}
}

#[cfg(test)]
#[cfg(any(target_os = "linux", target_os = "android"))]
mod tests {
    use std::sync::mpsc;

    use rustix::thread::{sched_getaffinity, sched_getcpu};

    use super::*;

    #[test]
    fn threads_leave_the_core_that_they_were_begun_on_and_may_come_back() {
        let allowed = sched_getaffinity(None).unwrap();
        let spread = Spread::begin();
        let core = sched_getcpu();
        let (left, seen) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let began = sched_getcpu();
                spread.leave();
                let moved = sched_getcpu();
                spread.end();
                left.send((began, moved, sched_getaffinity(None).unwrap())).unwrap();
            });
        });
        let (began, moved, at_the_end) = seen.recv().unwrap();
        assert_eq!((began, at_the_end), (core, allowed));
        assert!(allowed.count() == 1 || moved != core, "{moved}");
        spread.end();
        assert_eq!(sched_getaffinity(None).unwrap(), allowed);
    }
}
