//! The other side: Trinks' own clock (the true time) and its own counters, which share no code with the rule.

use std::collections::BTreeMap;

use jiff::civil::date;
use jiff::tz::TimeZone;

/// A small generator (SplitMix64): the same seed gives the same world for ever.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From the first to the last, both included.
    pub(crate) fn between(&mut self, first: i64, last: i64) -> i64 {
        first + i64::try_from(self.next() % u64::try_from(last - first + 1).unwrap()).unwrap()
    }

    pub(crate) fn chance(&mut self, per_myriad: i64) -> bool {
        self.between(0, 9_999) < per_myriad
    }
}

/// The first instants of the cycles around some years, in milliseconds, by a walk over the calendar.
pub(crate) fn cycle_borders(reset_day: i8, zone: &str) -> Vec<i64> {
    let zone = TimeZone::get(zone).unwrap();
    let months = (2025..=2030_i16).flat_map(|year| (1..=12_i8).map(move |month| date(year, month, reset_day)));
    months.map(|day| day.to_zoned(zone.clone()).unwrap().timestamp().as_millisecond()).collect()
}

pub(crate) struct Trinks {
    pub(crate) per_minute: u32,
    pub(crate) per_month: u32,
    /// Whether the month is shorter than the plan says (somebody else uses the key): it is refused beyond it then. If
    /// not, passing it is the fault that the rule is there to prevent.
    pub(crate) shares_month: bool,
    pub(crate) borders: Vec<i64>,
    /// How often it refuses for no reason, in a myriad of calls; it goes on for some minutes then.
    pub(crate) spurious: i64,
    /// Whether it says how long.
    pub(crate) says_retry_after: bool,
    pub(crate) refusing_until: i64,
    pub(crate) refusals: u32,
    /// Calls let in, by minute and by cycle.
    pub(crate) minutes: BTreeMap<i64, u32>,
    pub(crate) cycles: BTreeMap<usize, u32>,
}

/// Its answer.
pub(crate) enum Answer {
    Done,
    TooMany { retry_after_seconds: Option<i64> },
}

impl Trinks {
    pub(crate) fn cycle(&self, at: i64) -> usize {
        self.borders.partition_point(|border| *border <= at)
    }

    /// A call arrives. A limit that would be passed is what the whole rule is there to prevent: the simulation ends.
    pub(crate) fn call(&mut self, at: i64, random: &mut Random) -> Answer {
        let minute = at.div_euclid(60_000);
        if at >= self.refusing_until && random.chance(self.spurious) {
            self.refusing_until = (minute + random.between(1, 6)) * 60_000;
        }
        if at < self.refusing_until {
            self.refusals += 1;
            let seconds = (self.refusing_until - at + 999) / 1_000;
            return Answer::TooMany { retry_after_seconds: self.says_retry_after.then_some(seconds) };
        }
        let cycle = self.cycle(at);
        if self.shares_month && self.cycles.get(&cycle).is_some_and(|calls| *calls >= self.per_month) {
            self.refusals += 1;
            return Answer::TooMany { retry_after_seconds: None };
        }
        let in_minute = self.minutes.entry(minute).or_default();
        *in_minute += 1;
        assert!(*in_minute <= self.per_minute, "TRINKS' MINUTE PASSED: {in_minute} calls in minute {minute}");
        let in_cycle = self.cycles.entry(cycle).or_default();
        *in_cycle += 1;
        assert!(*in_cycle <= self.per_month, "TRINKS' MONTH PASSED: {in_cycle} calls in cycle {cycle}");
        Answer::Done
    }
}
