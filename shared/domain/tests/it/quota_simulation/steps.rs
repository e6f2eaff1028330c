//! What a Lambda, the store and the network do, step by step, and what must hold at each.

use jiff::{SignedDuration, Timestamp};
use ponte_domain::quota::{Lane, QuotaState, Taken, answered, refused, take};

use super::trinks::Answer;
use super::world::{ALLOWANCE, Event, MARGIN, Purpose, Work, World};

impl World {
    fn clock(&self, lambda: usize) -> Timestamp {
        Timestamp::from_millisecond(self.now + self.lambdas[lambda].offset).unwrap()
    }

    pub(crate) fn ask(&mut self, work: Work) {
        let clock = self.clock(work.lambda);
        let state = &self.lambdas[work.lambda].memory;
        let base = state.version;
        match take(state, &self.plan, work.lane, work.lane.as_str(), clock) {
            Taken::Granted(next) => {
                let purpose = Purpose::Token { taken: clock.as_millisecond() };
                self.put(work, base, next, purpose);
            }
            Taken::NextMinute { at } => {
                let paused = state.pause.is_some_and(|pause| clock < pause.until);
                assert!(at > clock && (paused || at <= clock + SignedDuration::from_secs(74)));
                if paused {
                    self.tally.stopped += 1;
                } else {
                    self.check_minute_reserve(work.lane, clock.as_millisecond());
                }
                self.again(work, at);
            }
            Taken::NextMonth { at } => {
                if state.month_spent_until.is_none_or(|until| until <= clock) {
                    self.check_cycle_reserve(work.lane, clock.as_millisecond());
                }
                self.tally.parked += 1;
                self.again(work, at);
            }
        }
    }

    /// Work waits until it was told to come again; whoever takes it up then has another clock. A person asks once more.
    fn again(&mut self, work: Work, at: Timestamp) {
        let wait = at.as_millisecond() - self.clock(work.lambda).as_millisecond();
        if work.lane == Lane::Interactive {
            let retries = self.interactive_retries.entry(work.item).or_default();
            *retries += 1;
            if *retries > 1 || wait > 74_000 {
                self.tally.given_up += 1;
                return;
            }
        }
        let lambda = usize::try_from(self.random.next() % self.lambdas.len() as u64).unwrap();
        let jitter = self.random.between(0, 300);
        self.schedule(self.now + wait + jitter, Event::Ask(Work { lambda, ..work }));
    }

    /// The minutes and cycles in which Trinks may count a call taken at this instant of a Lambda's clock.
    fn span(taken: i64) -> (i64, i64) {
        (taken - MARGIN, taken + MARGIN + ALLOWANCE)
    }

    /// The bound: a lane is refused only when, for a minute in which the call might be counted, the lane was given its
    /// reserve in tokens taken (by their Lambdas' clocks) from 12 s before that minute to 2 s after it.
    fn check_minute_reserve(&self, lane: Lane, clock: i64) {
        let (first, last) = Self::span(clock);
        let reserve = self.plan.settings().minute_reserves.of(lane);
        let had = |minute: i64| self.minute_tokens.get(&(minute, lane)).copied().unwrap_or(0) >= reserve;
        let minutes = first.div_euclid(60_000)..=last.div_euclid(60_000);
        assert!(minutes.into_iter().any(had), "RESERVE WITHHELD: {lane:?} in a minute, at {clock}");
    }

    /// The same for a month.
    fn check_cycle_reserve(&self, lane: Lane, clock: i64) {
        let (first, last) = Self::span(clock);
        let reserve = self.plan.settings().month_reserves.of(lane);
        let had = |cycle: usize| self.cycle_tokens.get(&(cycle, lane)).copied().unwrap_or(0) >= reserve;
        let cycles = self.trinks.cycle(first)..=self.trinks.cycle(last);
        assert!(cycles.into_iter().any(had), "RESERVE WITHHELD: {lane:?} in a month, at {clock}");
    }

    fn put(&mut self, work: Work, base: u64, next: QuotaState, purpose: Purpose) {
        let slow = self.random.chance(self.faults.slow_writes);
        let way = if slow { self.random.between(1_000, 12_000) } else { self.random.between(2, 30) };
        self.schedule(self.now + way, Event::Write { work, base, next: Box::new(next), purpose });
    }

    /// The store: it writes only over the version the writer knew, and shows the current one otherwise.
    pub(crate) fn write(&mut self, work: Work, base: u64, next: QuotaState, purpose: Purpose) {
        let back = self.random.between(2, 10);
        if self.store.version != base {
            self.tally.conflicts += 1;
            self.lambdas[work.lambda].memory = self.store.clone();
            let again = match purpose {
                Purpose::Token { .. } => Event::Ask(work),
                note => Event::Note { work, purpose: note },
            };
            return self.schedule(self.now + back, again);
        }
        assert_eq!(next.version, base + 1);
        self.store = next.clone();
        let not_before = self.stopped_until;
        self.written(work, purpose);
        let lost = self.random.chance(self.faults.lost_answers);
        if !lost {
            self.lambdas[work.lambda].memory = next;
        }
        match purpose {
            // The token is used up for nothing; the Lambda tries again with what it remembers.
            Purpose::Token { .. } if lost => {
                self.tally.wasted += 1;
                self.schedule(self.now + 1_000, Event::Ask(work));
            }
            Purpose::Token { taken } => self.schedule(self.now + back, Event::Send { work, taken, not_before }),
            Purpose::Refused { .. } | Purpose::Answered => {}
        }
    }

    fn written(&mut self, work: Work, purpose: Purpose) {
        match purpose {
            Purpose::Token { taken } => {
                self.tally.granted += 1;
                let (first, last) = Self::span(taken);
                for minute in first.div_euclid(60_000)..=last.div_euclid(60_000) {
                    *self.minute_tokens.entry((minute, work.lane)).or_default() += 1;
                }
                for cycle in self.trinks.cycle(first)..=self.trinks.cycle(last) {
                    *self.cycle_tokens.entry((cycle, work.lane)).or_default() += 1;
                }
            }
            Purpose::Refused { at, .. } => self.stop(at),
            Purpose::Answered => {}
        }
    }

    /// A 429 of this true instant is written down: its minute is spent.
    fn stop(&mut self, at: i64) {
        self.stopped_until = self.stopped_until.max((at.div_euclid(60_000) + 1) * 60_000);
        self.tally.strikes = self.tally.strikes.max(self.store.pause.map_or(0, |pause| pause.strikes));
    }

    pub(crate) fn send(&mut self, work: Work, taken: i64, not_before: i64) {
        let by = taken - self.lambdas[work.lambda].offset + ALLOWANCE;
        let send_by = self.plan.send_by(Timestamp::from_millisecond(taken).unwrap()).as_millisecond();
        assert_eq!(by, send_by - self.lambdas[work.lambda].offset);
        let way = if self.random.chance(self.faults.slow_calls) { ALLOWANCE } else { self.random.between(5, 400) };
        // Too late, or it would be: the client's time limit drops the token, and the call is not made.
        if self.now >= by {
            self.tally.wasted += 1;
            return self.ask(work);
        }
        self.schedule((self.now + way).min(by), Event::Arrive { work, not_before });
    }

    pub(crate) fn arrive(&mut self, work: Work, not_before: i64) {
        assert!(self.now >= not_before, "A CALL AFTER 429: its token was given after the minute was spent");
        let answer = self.trinks.call(self.now, &mut self.random);
        let back = self.random.between(20, 900);
        let refused = match answer {
            Answer::Done => {
                assert!(!std::mem::replace(&mut self.finished[work.item], true), "an item was done twice");
                *self.tally.done.entry(work.lane).or_default() += 1;
                None
            }
            Answer::TooMany { retry_after_seconds } => Some((self.now, retry_after_seconds)),
        };
        self.schedule(self.now + back, Event::Answered { work, refused });
    }

    pub(crate) fn answer(&mut self, work: Work, refused: Option<(i64, Option<i64>)>) {
        match refused {
            None => {
                self.note(work, Purpose::Answered);
                if work.lane != Lane::Interactive {
                    self.schedule(self.now + 1, Event::Idle { lane: work.lane });
                }
            }
            Some((at, retry_after_seconds)) => {
                self.note(work, Purpose::Refused { at, retry_after_seconds });
                self.schedule(self.now + 50, Event::Ask(work));
            }
        }
    }

    /// Writes down what an answer means for the others.
    pub(crate) fn note(&mut self, work: Work, purpose: Purpose) {
        let clock = self.clock(work.lambda);
        let memory = &self.lambdas[work.lambda].memory;
        let next = match purpose {
            Purpose::Refused { retry_after_seconds, .. } => {
                let retry_after = retry_after_seconds.map(SignedDuration::from_secs);
                refused(memory, &self.plan, work.lane, clock, retry_after)
            }
            _ => answered(memory),
        };
        let base = memory.version;
        match (next, purpose) {
            (Some(next), _) => self.put(work, base, next, purpose),
            (None, Purpose::Refused { at, .. }) => self.stop(at),
            (None, _) => {}
        }
    }
}
