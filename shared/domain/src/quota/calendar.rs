//! Minutes and month cycles as Trinks counts them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Seconds of a minute window.
const MINUTE: i64 = 60;

/// A month of the contract: from the reset day's first instant to that of the next month's, which is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cycle {
    /// Its first instant.
    pub from: Timestamp,
    /// The next cycle's first instant.
    pub until: Timestamp,
}

impl Cycle {
    /// The cycle in which an instant falls. Instants are compared, not calendar dates: around a change of the clock a
    /// date may come twice or begin at one o'clock.
    pub(super) fn at(now: Timestamp, reset_day: i8, zone: &TimeZone) -> Self {
        let month = now.to_zoned(zone.clone()).date().first_of_month();
        let start = |months: i32| reset_instant(month, months, reset_day, zone);
        let this = start(0);
        if now < this { Self { from: start(-1), until: this } } else { Self { from: this, until: start(1) } }
    }
}

/// The first instant of the reset day, so many months from this one.
fn reset_instant(month: Date, months: i32, reset_day: i8, zone: &TimeZone) -> Timestamp {
    let end_of_time = if months < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let day = month.checked_add(months.months()).and_then(|month| month.with().day(reset_day).build());
    day.and_then(|day| day.to_zoned(zone.clone())).map_or(end_of_time, |zoned| zoned.timestamp())
}

/// The minute in which an instant falls, counted from 1970. Every zone in use is off UTC by whole minutes, so a
/// calendar minute is the same everywhere.
pub(super) fn minute_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(MINUTE)
}

/// A minute's first instant.
pub(super) fn minute_start(minute: i64) -> Timestamp {
    Timestamp::from_second(minute.saturating_mul(MINUTE)).unwrap_or(Timestamp::MAX)
}

/// So much later; the end of time when there is no such instant.
pub(super) fn after(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// So much earlier.
pub(super) fn before(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}
