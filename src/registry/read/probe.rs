//! Asks registries for packages, all at once and within a limit.

#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};
use std::{io, thread};

use super::client::NetworkClients;
use super::exchange::{AddressedRegistry, Clock};
use super::tally::ProbeState;
use crate::error::io_cause;
use crate::registry::address::localhost_for;
use crate::registry::{Answer, Network, ProbeFinding, Question, Registry, Wanted};

/// How many ask at once.
const THREADS: usize = 32;
/// How often is looked whether a signal came.
const TICK: Duration = Duration::from_millis(20);

/// What the threads are given, and the calling one never holds: the last handle on a client waits, when it is
/// dropped, for whatever hangs.
struct ProbeJob {
    question: usize,
    address: usize,
    package: String,
    wanted: Wanted,
}

/// An address that is asked, before there is a client for it.
struct ProbeAddress {
    registry: Registry,
    as_localhost: bool,
    jobs: Vec<ProbeJob>,
}

struct Told {
    question: usize,
    from_localhost: bool,
    answer: Answer,
}

/// [`ask`], and how long it took.
pub(crate) fn ask_timed(
    questions: &[Question],
    limit: Duration,
    interrupted: &dyn Fn() -> bool,
) -> (Option<Vec<Option<Answer>>>, Duration) {
    let began = Instant::now();
    let answers = ask(questions, limit, interrupted);
    (answers, began.elapsed())
}

/// Asks all questions at once: an answer for each, in the same order. The limit is for all of them together, whatever
/// hangs; what has no answer by then has timed out. Where one answer says before that a registry cannot be used, the
/// others are not waited for, and `None` stands for those that are not known. `None` in all where `interrupted` says so.
pub(crate) fn ask(
    questions: &[Question],
    limit: Duration,
    interrupted: &dyn Fn() -> bool,
) -> Option<Vec<Option<Answer>>> {
    let clock = Clock { begin: Instant::now(), limit };
    let (places, mut tally) = sort(questions, limit);
    let over = Arc::new(AtomicBool::new(false));
    // Also where something above us panics.
    let _end = End(Arc::clone(&over));
    let (tell, told) = mpsc::channel();
    if let Err(error) = start(places, clock, Arc::clone(&over), tell) {
        let why = ProbeFinding::Unreachable(format!("no thread can be started: {}", io_cause(&error)));
        return Some(tally.last(clock.begin.elapsed(), &why));
    }
    loop {
        if interrupted() {
            return None;
        }
        let now = clock.begin.elapsed();
        if tally.is_decided(now) {
            return Some(tally.early(now));
        }
        if clock.left().is_zero() {
            return Some(tally.last(now, &ProbeFinding::TimedOut));
        }
        let soon = tally.decided_by().map_or(TICK, |by| by.saturating_sub(now).min(TICK));
        match told.recv_timeout(soon.min(clock.left())) {
            Ok(first) => {
                for Told { question, from_localhost, answer } in [first].into_iter().chain(told.try_iter()) {
                    tally.put(question, from_localhost, answer);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                let why = ProbeFinding::Unreachable("the question broke off".to_owned());
                return Some(tally.last(clock.begin.elapsed(), &why));
            }
        }
    }
}

struct End(Arc<AtomicBool>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Questions by the address that they go to.
fn sort(questions: &[Question], limit: Duration) -> (Vec<ProbeAddress>, ProbeState) {
    let mut places: Vec<ProbeAddress> = Vec::new();
    let mut tally = ProbeState::new(limit);
    for (number, Question { registry, package, wanted }) in questions.iter().enumerate() {
        let also_localhost = localhost_for(registry.url.exposed()).is_some();
        let mut written = 0;
        for as_localhost in [false, true].into_iter().take(1 + usize::from(also_localhost)) {
            let is_it =
                |place: &ProbeAddress| place.as_localhost == as_localhost && place.registry == *registry;
            let place = places.iter().position(is_it).unwrap_or_else(|| {
                places.push(ProbeAddress { registry: registry.clone(), as_localhost, jobs: Vec::new() });
                places.len() - 1
            });
            if !as_localhost {
                written = place;
            }
            places[place].jobs.push(ProbeJob {
                question: number,
                address: place,
                package: package.clone(),
                wanted: wanted.clone(),
            });
        }
        tally.expect(&registry.url, written, also_localhost);
    }
    (places, tally)
}

/// Starts the one thread that starts the others: nobody waits for any of them.
fn start(
    places: Vec<ProbeAddress>,
    clock: Clock,
    over: Arc<AtomicBool>,
    tell: Sender<Told>,
) -> io::Result<()> {
    let lead = move || lead(places, clock, &over, &tell);
    thread::Builder::new().name("probe".to_owned()).spawn(lead).map(drop)
}

/// An address that hangs keeps busy only its own threads: where there are few, each has some of its own.
fn lead(mut places: Vec<ProbeAddress>, clock: Clock, over: &Arc<AtomicBool>, tell: &Sender<Told>) {
    let mut lines: Vec<VecDeque<ProbeJob>> = Vec::new();
    lines.resize_with(places.len().min(THREADS), VecDeque::new);
    for (number, place) in places.iter_mut().enumerate() {
        lines[number % THREADS].append(&mut place.jobs.drain(..).collect());
    }
    let addresses = Arc::new(addresses(&places));
    let each = THREADS / lines.len().max(1);
    for jobs in lines {
        let jobs: Vec<ProbeJob> = jobs.into();
        let threads = each.min(jobs.len());
        let line = Arc::new(Line { jobs, next: AtomicUsize::new(0), addresses: Arc::clone(&addresses) });
        let mut started = 0;
        for _ in 0..threads {
            let (line, over, tell) = (Arc::clone(&line), Arc::clone(over), tell.clone());
            let work = move || line.work(clock, &over, &tell);
            started += usize::from(thread::Builder::new().name("probe".to_owned()).spawn(work).is_ok());
        }
        if started == 0 {
            line.work(clock, over, tell);
        }
    }
}

fn addresses(places: &[ProbeAddress]) -> Vec<AddressedRegistry> {
    let mut ways: Vec<Arc<NetworkClients>> = Vec::new();
    let mut address = |ProbeAddress { registry, as_localhost, .. }: &ProbeAddress| {
        let mut network = registry.network.clone();
        if *as_localhost {
            // A proxy's `localhost` is not ours.
            network = Network { http_proxy: None, https_proxy: None, ..network };
        }
        let way = ways.iter().find(|way| way.is_of(&network)).cloned().unwrap_or_else(|| {
            let way = Arc::new(NetworkClients::new(network));
            ways.push(Arc::clone(&way));
            way
        });
        AddressedRegistry::new(registry, *as_localhost, way)
    };
    places.iter().map(&mut address).collect()
}

/// Questions that the same threads ask one after the other.
struct Line {
    jobs: Vec<ProbeJob>,
    next: AtomicUsize,
    addresses: Arc<Vec<AddressedRegistry>>,
}

impl Line {
    fn work(&self, clock: Clock, over: &AtomicBool, tell: &Sender<Told>) {
        while let Some(job) = self.jobs.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let Some(address) = self.addresses.get(job.address) else { return };
            if over.load(Ordering::Relaxed) {
                return;
            }
            let finding = address.ask(&job.package, &job.wanted, clock);
            let answer = Answer { url: address.url.clone(), finding, took: clock.begin.elapsed() };
            let told = Told { question: job.question, from_localhost: address.as_localhost, answer };
            if tell.send(told).is_err() {
                return;
            }
        }
    }
}
