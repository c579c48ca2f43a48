//! The pieces of one archive on their way through all cores: compressed side by side, and handed back in order.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::deflate::compress_piece;
use crate::threads::Threads;

/// How many pieces are held at a time: memory has a bound, whatever the number of cores.
const MOST: usize = 4;

/// The pieces that were added and not handed back yet.
///
/// They have threads of their own, not those that pack: one of those that waits here would begin with another package,
/// and hold the text of both.
pub(super) struct Pieces {
    queue: Arc<Queue>,
    /// Where each will come from, the first one first.
    expected: VecDeque<Receiver<Compressed>>,
    helpers: Vec<JoinHandle<()>>,
}

type Compressed = io::Result<Vec<u8>>;

/// A piece that nobody compresses yet.
struct CompressionJob {
    /// With what stands before it.
    text: Vec<u8>,
    from: usize,
    is_last: bool,
    done: Sender<Compressed>,
}

impl CompressionJob {
    fn run(self) {
        // Nobody waits for it any more where the archive is given up.
        let _ = self.done.send(compress_piece(&self.text, self.from, self.is_last));
    }
}

impl Pieces {
    /// Begins a thread for each core besides the caller's.
    pub(super) fn begin(threads: Threads) -> Self {
        let queue = Arc::new(Queue::default());
        let help = |_| {
            let queue = Arc::clone(&queue);
            let work = move || {
                while let Some(job) = queue.wait() {
                    job.run();
                }
            };
            // With fewer of them it takes longer.
            thread::Builder::new().spawn(work).ok()
        };
        let helpers = (1..threads.count().min(MOST)).map_while(help).collect();
        Self { queue, expected: VecDeque::new(), helpers }
    }

    /// Has a piece compressed: what stands in a text from a place on.
    pub(super) fn add(&mut self, text: &[u8], from: usize, is_last: bool) {
        let (done, expected) = mpsc::channel();
        self.expected.push_back(expected);
        self.queue.add(CompressionJob { text: text.to_vec(), from, is_last, done });
    }

    /// The first of the pieces that are there, if there are as many as may be.
    pub(super) fn next_of_many(&mut self) -> Option<Compressed> {
        if self.expected.len() < MOST { None } else { self.next() }
    }
}

impl Iterator for Pieces {
    type Item = Compressed;

    /// The next piece, compressed. Whoever waits for it compresses others meanwhile.
    fn next(&mut self) -> Option<Compressed> {
        let expected = self.expected.pop_front()?;
        loop {
            if let Ok(piece) = expected.try_recv() {
                return Some(piece);
            }
            match self.queue.take() {
                Some(job) => job.run(),
                None => return Some(expected.recv().unwrap_or_else(|gone| Err(io::Error::other(gone)))),
            }
        }
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.queue.close();
        for helper in self.helpers.drain(..) {
            // One that panicked has left its piece undone, which was noticed.
            let _ = helper.join();
        }
    }
}

#[derive(Default)]
struct Queue {
    open: Mutex<Jobs>,
    changed: Condvar,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<CompressionJob>,
    is_closed: bool,
}

impl Queue {
    fn open(&self) -> MutexGuard<'_, Jobs> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, job: CompressionJob) {
        self.open().waiting.push_back(job);
        self.changed.notify_one();
    }

    /// The next job, if there is one.
    fn take(&self) -> Option<CompressionJob> {
        self.open().waiting.pop_front()
    }

    /// The next job, which may come yet; `None` at the end.
    fn wait(&self) -> Option<CompressionJob> {
        let is_idle = |jobs: &mut Jobs| jobs.waiting.is_empty() && !jobs.is_closed;
        let mut jobs = self.changed.wait_while(self.open(), is_idle).unwrap_or_else(PoisonError::into_inner);
        jobs.waiting.pop_front()
    }

    /// No more come, and those that are there are not needed.
    fn close(&self) {
        let mut jobs = self.open();
        jobs.waiting.clear();
        jobs.is_closed = true;
        self.changed.notify_all();
    }
}
