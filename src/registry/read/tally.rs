//! Which answers there are, and whether they are enough to decide.

use std::time::Duration;

use crate::registry::{Answer, ProbeFinding, RegistryUrl};

/// The longest wait for a registry under its own name where `localhost` has answered all.
const GRACE: Duration = Duration::from_millis(250);

/// The answers of a probe.
pub(super) struct ProbeState {
    slots: Vec<Slot>,
    limit: Duration,
}

struct Slot {
    /// The address as it is written.
    url: RegistryUrl,
    /// Questions to the same registry have the same number.
    registry: usize,
    written: Option<Answer>,
    /// Outer: whether `localhost` is asked as well.
    localhost: Option<Option<Answer>>,
}

impl ProbeState {
    pub(super) fn new(limit: Duration) -> Self {
        Self { slots: Vec::new(), limit }
    }

    /// One question more, to the registry of this number.
    pub(super) fn expect(&mut self, url: &RegistryUrl, registry: usize, also_localhost: bool) {
        let localhost = also_localhost.then_some(None);
        self.slots.push(Slot { url: url.clone(), registry, written: None, localhost });
    }

    pub(super) fn put(&mut self, question: usize, from_localhost: bool, answer: Answer) {
        let Some(slot) = self.slots.get_mut(question) else { return };
        match from_localhost {
            true => slot.localhost = Some(Some(answer)),
            false => slot.written = Some(answer),
        }
    }

    /// Whether more answers would change nothing: all are there, or one says that the registry cannot be used.
    pub(super) fn is_decided(&self, now: Duration) -> bool {
        let mut decided = self.slots.iter().map(|slot| self.decided(slot, now));
        let fails = |slot| self.decided(slot, now).is_some_and(|answer| is_of_the_way(&answer.finding));
        decided.all(|answer| answer.is_some()) || self.slots.iter().any(fails)
    }

    /// When it may be decided though nothing more comes.
    pub(super) fn decided_by(&self) -> Option<Duration> {
        self.slots.iter().filter_map(|slot| self.end_of_grace(slot.registry)).min()
    }

    /// What is known when the probe ends before its limit: nothing of a question that was not waited for.
    pub(super) fn early(self, now: Duration) -> Vec<Option<Answer>> {
        self.slots.iter().map(|slot| self.decided(slot, now).cloned()).collect()
    }

    /// What is known where nothing more will come: `otherwise` of what has no answer.
    pub(super) fn last(self, now: Duration, otherwise: &ProbeFinding) -> Vec<Option<Answer>> {
        let answer = |slot: &Slot| {
            let known = self.decided(slot, now).or(slot.localhost()).or(slot.written.as_ref());
            known.cloned().unwrap_or_else(|| Answer {
                url: slot.url.clone(),
                finding: otherwise.clone(),
                took: now.min(self.limit),
            })
        };
        self.slots.iter().map(|slot| Some(answer(slot))).collect()
    }

    fn decided<'a>(&self, slot: &'a Slot, now: Duration) -> Option<&'a Answer> {
        match (&slot.written, slot.localhost()) {
            (Some(written), _) if slot.localhost.is_none() || is_of_a_server(&written.finding) => {
                Some(written)
            }
            (Some(_), Some(localhost)) => Some(localhost),
            (None, Some(localhost)) if self.end_of_grace(slot.registry).is_some_and(|end| end <= now) => {
                Some(localhost)
            }
            _ => None,
        }
    }

    /// The end of the wait for a registry's own name: only where `localhost` has answered all, and nobody yet by that
    /// name, whose look-up may hang.
    fn end_of_grace(&self, registry: usize) -> Option<Duration> {
        let slots = || self.slots.iter().filter(|slot| slot.registry == registry);
        let is_named =
            |slot: &Slot| slot.written.as_ref().is_some_and(|answer| is_of_a_server(&answer.finding));
        if slots().any(is_named) {
            return None;
        }
        let all: Option<Vec<_>> = slots().map(|slot| slot.localhost().map(|answer| answer.took)).collect();
        Some(all?.into_iter().max()?.saturating_add(GRACE.min(self.limit / 4)))
    }
}

impl Slot {
    fn localhost(&self) -> Option<&Answer> {
        self.localhost.as_ref().and_then(Option::as_ref)
    }
}

/// A failure of the way or of the server: no other answer can make up for it. One that timed out is the first of all
/// whose time is up, and so are they, a moment later.
fn is_of_the_way(finding: &ProbeFinding) -> bool {
    use ProbeFinding::{Denied, MissingPackage, MissingVersion, There, TimedOut};
    !matches!(finding, There | TimedOut | Denied(_) | MissingPackage | MissingVersion(_))
}

/// Somebody answers at the address.
fn is_of_a_server(finding: &ProbeFinding) -> bool {
    use ProbeFinding::{NoName, Proxy, Refused, TimedOut, Unreachable};
    !matches!(finding, NoName | Refused | Unreachable(_) | Proxy(_) | TimedOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(2);

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn answer(finding: ProbeFinding, millis: u64) -> Answer {
        Answer { url: RegistryUrl::new("asked"), finding, took: at(millis) }
    }

    /// Two questions to one registry.
    fn tally(also_localhost: bool) -> ProbeState {
        let mut tally = ProbeState::new(LIMIT);
        tally.expect(&RegistryUrl::new("written"), 0, also_localhost);
        tally.expect(&RegistryUrl::new("written"), 0, also_localhost);
        tally
    }

    fn findings(answers: Vec<Option<Answer>>) -> Vec<Option<ProbeFinding>> {
        answers.into_iter().map(|answer| answer.map(|answer| answer.finding)).collect()
    }

    #[test]
    fn all_answers_decide() {
        let mut tally = tally(false);
        tally.put(1, false, answer(ProbeFinding::There, 1));
        assert!(!tally.is_decided(at(1)));
        tally.put(0, false, answer(ProbeFinding::MissingPackage, 2));
        assert!(tally.is_decided(at(2)));
        assert_eq!(
            findings(tally.early(at(2))),
            [Some(ProbeFinding::MissingPackage), Some(ProbeFinding::There)]
        );
    }

    #[test]
    fn a_failure_of_the_way_decides_alone_and_the_rest_is_not_known() {
        let text = String::new;
        for finding in [
            ProbeFinding::NoName,
            ProbeFinding::Refused,
            ProbeFinding::Unreachable(text()),
            ProbeFinding::Proxy(text()),
            ProbeFinding::Tls(text()),
            ProbeFinding::Status(500),
            ProbeFinding::NotNpm(text()),
        ] {
            let mut tally = tally(false);
            tally.put(1, false, answer(finding.clone(), 1));
            assert!(tally.is_decided(at(1)), "{finding:?}");
            assert_eq!(findings(tally.early(at(1))), [None, Some(finding)]);
        }
    }

    #[test]
    fn what_a_later_failure_outranks_does_not_decide() {
        for finding in [
            ProbeFinding::There,
            ProbeFinding::TimedOut,
            ProbeFinding::Denied(401),
            ProbeFinding::MissingPackage,
            ProbeFinding::MissingVersion(None),
        ] {
            let mut tally = tally(false);
            tally.put(0, false, answer(finding.clone(), 1));
            assert!(!tally.is_decided(at(1)), "{finding:?}");
        }
    }

    #[test]
    fn the_name_as_written_counts_if_anybody_answers_there() {
        let mut tally = tally(true);
        for question in [0, 1] {
            tally.put(question, true, answer(ProbeFinding::There, 1));
        }
        tally.put(0, false, answer(ProbeFinding::Denied(401), 2));
        // Somebody is there, so that the other answer is worth the whole limit.
        assert_eq!(tally.decided_by(), None);
        assert!(!tally.is_decided(at(1999)));
        tally.put(1, false, answer(ProbeFinding::NoName, 3));
        assert!(tally.is_decided(at(3)));
        assert_eq!(
            findings(tally.early(at(3))),
            [Some(ProbeFinding::Denied(401)), Some(ProbeFinding::There)]
        );
    }

    #[test]
    fn localhost_that_answered_all_waits_shortly_for_a_name_that_hangs() {
        let mut tally = tally(true);
        tally.put(0, true, answer(ProbeFinding::There, 5));
        assert_eq!(tally.decided_by(), None);
        tally.put(1, true, answer(ProbeFinding::There, 10));
        assert_eq!(tally.decided_by(), Some(at(260)));
        assert!(!tally.is_decided(at(259)));
        assert!(tally.is_decided(at(260)));
        assert_eq!(findings(tally.early(at(260))), [Some(ProbeFinding::There), Some(ProbeFinding::There)]);
    }

    #[test]
    fn a_name_that_means_nothing_leaves_it_to_localhost() {
        let mut tally = tally(true);
        tally.put(0, false, answer(ProbeFinding::NoName, 1));
        assert!(!tally.is_decided(at(1)), "localhost has not answered");
        tally.put(0, true, answer(ProbeFinding::Refused, 2));
        assert!(tally.is_decided(at(2)));
        assert_eq!(findings(tally.early(at(2))), [Some(ProbeFinding::Refused), None]);
    }

    #[test]
    fn at_the_limit_the_rest_timed_out() {
        let mut tally = tally(true);
        tally.put(0, false, answer(ProbeFinding::Refused, 1));
        let last = tally.last(at(2017), &ProbeFinding::TimedOut);
        assert_eq!(
            last[1],
            Some(Answer { url: RegistryUrl::new("written"), finding: ProbeFinding::TimedOut, took: LIMIT })
        );
        assert_eq!(findings(last), [Some(ProbeFinding::Refused), Some(ProbeFinding::TimedOut)]);
    }
}
