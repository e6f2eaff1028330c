//! Lambdas with wrong clocks and old memories, a store with a condition on the version, and the network between.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

use ponte_domain::quota::{Lane, QuotaPlan, QuotaState};

use super::trinks::{Random, Trinks};

/// The most by which a Lambda's clock is wrong, and the most a call takes to arrive, in milliseconds.
pub(crate) const MARGIN: i64 = 2_000;
pub(crate) const ALLOWANCE: i64 = 10_000;

pub(crate) struct Lambda {
    /// By how much its clock is ahead.
    pub(crate) offset: i64,
    pub(crate) memory: QuotaState,
}

#[derive(Clone, Copy)]
pub(crate) struct Work {
    pub(crate) item: usize,
    pub(crate) lane: Lane,
    pub(crate) lambda: usize,
}

/// What a conditional write is for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// A token, taken at this instant of the Lambda's clock.
    Token { taken: i64 },
    /// "429", answered at this true instant.
    Refused { at: i64, retry_after_seconds: Option<i64> },
    /// "Answered".
    Answered,
}

pub(crate) enum Event {
    Demand {
        lane: Lane,
    },
    Ask(Work),
    Write {
        work: Work,
        base: u64,
        next: Box<QuotaState>,
        purpose: Purpose,
    },
    Send {
        work: Work,
        taken: i64,
        not_before: i64,
    },
    Arrive {
        work: Work,
        not_before: i64,
    },
    Answered {
        work: Work,
        refused: Option<(i64, Option<i64>)>,
    },
    Note {
        work: Work,
        purpose: Purpose,
    },
    /// A worker of a background lane looks for work.
    Idle {
        lane: Lane,
    },
}

/// What can go wrong on the way, in myriads.
pub(crate) struct Faults {
    /// A write is done, and its answer is lost.
    pub(crate) lost_answers: i64,
    /// A write takes seconds.
    pub(crate) slow_writes: i64,
    /// A Lambda starts anew, without memory and with another clock.
    pub(crate) restarts: i64,
    /// A call arrives at the very end of its allowance.
    pub(crate) slow_calls: i64,
}

/// Counts of a run.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) demanded: BTreeMap<Lane, u32>,
    pub(crate) done: BTreeMap<Lane, u32>,
    pub(crate) conflicts: u32,
    pub(crate) wasted: u32,
    pub(crate) parked: u32,
    pub(crate) given_up: u32,
    pub(crate) granted: u32,
    pub(crate) strikes: u8,
    pub(crate) stopped: u32,
}

pub(crate) struct World {
    pub(crate) plan: QuotaPlan,
    pub(crate) random: Random,
    pub(crate) faults: Faults,
    pub(crate) trinks: Trinks,
    pub(crate) tally: Tally,
    pub(crate) store: QuotaState,
    pub(crate) lambdas: Vec<Lambda>,
    events: BinaryHeap<Reverse<(i64, u64)>>,
    waiting: BTreeMap<u64, Event>,
    sequence: u64,
    pub(crate) now: i64,
    /// FIFO queues of the background lanes: waiting items, and the lanes' workers that found nothing.
    queues: BTreeMap<Lane, VecDeque<usize>>,
    resting: BTreeMap<Lane, u32>,
    pub(crate) finished: Vec<bool>,
    pub(crate) interactive_retries: BTreeMap<usize, u32>,
    /// Tokens by the windows in which Trinks may count them, by arithmetic of our own.
    pub(crate) minute_tokens: BTreeMap<(i64, Lane), u32>,
    pub(crate) cycle_tokens: BTreeMap<(usize, Lane), u32>,
    /// After a 429 was written down: no later token may arrive before this.
    pub(crate) stopped_until: i64,
}

impl World {
    pub(crate) fn new(
        seed: u64,
        plan: QuotaPlan,
        trinks: Trinks,
        faults: Faults,
        lambdas: usize,
        workers: u32,
    ) -> Self {
        let mut random = Random(seed);
        // The two extremes are always there.
        let offsets = [MARGIN, -MARGIN].into_iter().chain((2..lambdas).map(|_| random.between(-MARGIN, MARGIN)));
        let lambdas = offsets.map(|offset| Lambda { offset, memory: QuotaState::default() }).collect();
        let background = [Lane::FollowUp, Lane::Reconciliation];
        Self {
            plan,
            random,
            faults,
            trinks,
            tally: Tally::default(),
            store: QuotaState::default(),
            lambdas,
            events: BinaryHeap::new(),
            waiting: BTreeMap::new(),
            sequence: 0,
            now: 0,
            queues: background.map(|lane| (lane, VecDeque::new())).into(),
            resting: background.map(|lane| (lane, workers)).into(),
            finished: Vec::new(),
            interactive_retries: BTreeMap::new(),
            minute_tokens: BTreeMap::new(),
            cycle_tokens: BTreeMap::new(),
            stopped_until: 0,
        }
    }

    /// Somebody wants a call at a true instant.
    pub(crate) fn demand(&mut self, at: i64, lane: Lane) {
        self.schedule(at, Event::Demand { lane });
    }

    /// Runs until nothing is left to do. Background work must all be done, each item once.
    pub(crate) fn run(&mut self) {
        let mut steps = 0_u32;
        while let Some(Reverse((at, sequence))) = self.events.pop() {
            let event = self.waiting.remove(&sequence).unwrap();
            self.now = at;
            self.step(event);
            steps += 1;
            assert!(steps < 20_000_000, "the work never ends");
        }
        for lane in [Lane::FollowUp, Lane::Reconciliation] {
            assert_eq!(self.tally.done.get(&lane), self.tally.demanded.get(&lane), "{lane:?}: work was lost");
        }
        let interactive = |counts: &BTreeMap<Lane, u32>| counts.get(&Lane::Interactive).copied().unwrap_or(0);
        assert_eq!(
            interactive(&self.tally.done) + self.tally.given_up,
            interactive(&self.tally.demanded),
            "a person never got an answer"
        );
        // The ledger's side of the same truth.
        let in_ledger: BTreeSet<i64> = self.store.minutes.iter().map(|it| it.minute).collect();
        assert!(in_ledger.len() <= 3 && self.store.cycles.len() <= 2);
    }

    pub(crate) fn schedule(&mut self, at: i64, event: Event) {
        self.sequence += 1;
        self.events.push(Reverse((at, self.sequence)));
        self.waiting.insert(self.sequence, event);
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Demand { lane } => self.demanded(lane),
            Event::Idle { lane } => self.idle(lane),
            Event::Ask(work) => self.ask(work),
            Event::Write { work, base, next, purpose } => self.write(work, base, *next, purpose),
            Event::Send { work, taken, not_before } => self.send(work, taken, not_before),
            Event::Arrive { work, not_before } => self.arrive(work, not_before),
            Event::Answered { work, refused } => self.answer(work, refused),
            Event::Note { work, purpose } => self.note(work, purpose),
        }
    }

    fn demanded(&mut self, lane: Lane) {
        *self.tally.demanded.entry(lane).or_default() += 1;
        let item = self.finished.len();
        self.finished.push(false);
        let Some(queue) = self.queues.get_mut(&lane) else {
            return self.start(item, lane);
        };
        queue.push_back(item);
        let resting = self.resting.get_mut(&lane).unwrap();
        if *resting > 0 {
            *resting -= 1;
            self.idle(lane);
        }
    }

    fn idle(&mut self, lane: Lane) {
        match self.queues.get_mut(&lane).and_then(VecDeque::pop_front) {
            Some(item) => self.start(item, lane),
            None => *self.resting.entry(lane).or_default() += 1,
        }
    }

    /// Any Lambda takes it up.
    fn start(&mut self, item: usize, lane: Lane) {
        let lambda = usize::try_from(self.random.next() % self.lambdas.len() as u64).unwrap();
        if self.random.chance(self.faults.restarts) {
            let offset = self.random.between(-MARGIN, MARGIN);
            self.lambdas[lambda] = Lambda { offset, memory: QuotaState::default() };
        }
        self.ask(Work { item, lane, lambda });
    }
}
