//! What is stored of a key's use.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::calendar::Cycle;
use super::lane::{Lane, PerLane};

/// Purposes that a cycle counts apart; with names of usual length the item stays below 4 kB.
pub const PURPOSES_PER_CYCLE: usize = 40;
/// Under which name the purposes beyond [`PURPOSES_PER_CYCLE`] are counted together.
pub const OTHER_PURPOSES: &str = "other";
/// Characters of a purpose's name that are kept.
const PURPOSE_CHARS: usize = 40;
/// Minutes that are kept: two are charged at a time, and one more for a Lambda whose clock is behind.
const MINUTES_KEPT: i64 = 3;
/// Cycles that are kept: two are charged at a time around a month's end; then the last one is history for the console.
const CYCLES_KEPT: usize = 2;

/// A key's use, as it is stored: plain maps, lists and numbers. The default is a key that was never used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaState {
    /// Raised with every change; written on the condition that the stored one is one less.
    pub version: u64,
    /// The newest minutes in which calls were charged, in order; at most three.
    #[serde(default)]
    pub minutes: Vec<MinuteUse>,
    /// The newest cycles in which calls were charged, in order; at most two.
    #[serde(default)]
    pub cycles: Vec<CycleUse>,
    /// Trinks answered 429, and no call was answered since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// Trinks says that the month is spent: until when, by a Lambda's clock.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "jiff::fmt::serde::timestamp::second::optional")]
    pub month_spent_until: Option<Timestamp>,
}

/// The calls charged to a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinuteUse {
    /// Which: whole minutes since 1970.
    pub minute: i64,
    /// By lane.
    pub used: PerLane,
}

/// The calls charged to a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleUse {
    /// The cycle's first instant.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub from: Timestamp,
    /// The next cycle's first instant.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub until: Timestamp,
    /// By lane.
    pub used: PerLane,
    /// By purpose: who used it, for the console. At most [`PURPOSES_PER_CYCLE`] and [`OTHER_PURPOSES`].
    #[serde(default)]
    pub purposes: BTreeMap<String, u32>,
}

/// Nobody calls for a while, since Trinks answered 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Until when, by a Lambda's clock.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub until: Timestamp,
    /// 429 in a row, where all those of one pause count as one.
    pub strikes: u8,
    /// Whether anybody called since the pause ended. If not, a further 429 answers a call from before it.
    pub tried: bool,
    /// Whose call was refused, for the console.
    pub lane: Lane,
}

impl QuotaState {
    /// What was charged to a minute; `None` when it is so old that it was forgotten.
    pub(super) fn minute_use(&self, minute: i64) -> Option<PerLane> {
        let newest = self.minutes.last().map_or(minute, |newest| newest.minute);
        let kept = self.minutes.iter().find(|kept| kept.minute == minute).map(|kept| kept.used);
        (minute > newest.saturating_sub(MINUTES_KEPT)).then(|| kept.unwrap_or_default())
    }

    /// What was charged to a cycle; `None` when it is so old that it was forgotten.
    pub(super) fn cycle_use(&self, cycle: Cycle) -> Option<CycleUse> {
        let forgotten = self.cycles.len() >= CYCLES_KEPT && self.cycles.iter().all(|kept| cycle.until <= kept.from);
        (!forgotten).then(|| self.cycle_use_or_carried(cycle))
    }

    /// A cycle's use. One that is not there but overlaps with one that is comes of a changed reset day or zone: it
    /// takes that one's calls over, since Trinks counts at least the later of them in it.
    fn cycle_use_or_carried(&self, cycle: Cycle) -> CycleUse {
        let exact = self.cycles.iter().find(|kept| kept.from == cycle.from);
        let newest_first = || self.cycles.iter().rev();
        let known = exact.or_else(|| newest_first().find(|kept| kept.overlaps(cycle)));
        let (used, purposes) = known.map(|kept| (kept.used, kept.purposes.clone())).unwrap_or_default();
        CycleUse { from: cycle.from, until: cycle.until, used, purposes }
    }

    /// Charges a call to a minute. The window only moves forward.
    pub(super) fn charge_minute(&mut self, minute: i64, lane: Lane) {
        let mut used = self.minute_use(minute).unwrap_or_default();
        used.add(lane);
        self.minutes.retain(|kept| kept.minute != minute);
        self.minutes.push(MinuteUse { minute, used });
        self.minutes.sort_unstable_by_key(|kept| kept.minute);
        let newest = self.minutes.last().map_or(minute, |newest| newest.minute);
        self.minutes.retain(|kept| kept.minute > newest.saturating_sub(MINUTES_KEPT));
    }

    /// Charges a call to a cycle.
    pub(super) fn charge_cycle(&mut self, cycle: Cycle, lane: Lane, purpose: &str) {
        let mut charged = self.cycle_use_or_carried(cycle);
        charged.add(lane, purpose);
        self.cycles.retain(|kept| !kept.overlaps(cycle));
        self.cycles.push(charged);
        self.cycles.sort_by_key(|kept| kept.from);
        let surplus = self.cycles.len().saturating_sub(CYCLES_KEPT);
        self.cycles.drain(..surplus);
    }
}

impl CycleUse {
    fn overlaps(&self, cycle: Cycle) -> bool {
        self.from < cycle.until && cycle.from < self.until
    }

    fn add(&mut self, lane: Lane, purpose: &str) {
        self.used.add(lane);
        let name: String = purpose.chars().take(PURPOSE_CHARS).collect();
        let apart = self.purposes.contains_key(&name) || self.purposes.len() < PURPOSES_PER_CYCLE;
        let count = self.purposes.entry(if apart { name } else { OTHER_PURPOSES.to_owned() }).or_default();
        *count = count.saturating_add(1);
    }
}
