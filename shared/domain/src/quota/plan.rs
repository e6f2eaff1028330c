//! What a key may do, and how carefully that is counted.

use std::ops::RangeInclusive;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::calendar::{self, Cycle};
use super::lane::PerLane;

/// Calls a minute of a key (contract section 2).
const PER_MINUTE: u32 = 60;
/// Calls a month of a key (contract section 2).
const PER_MONTH: u32 = 5_000;

/// Of 60: with nothing used, reconciliation stops at 30 and follow-up at 38. A booking needs about four calls, so five
/// people can book in the same minute whatever else goes on; a burst of webhooks comes through at ten a minute; and
/// reconciliation moves on at two, 120 an hour, when the others use all they can.
const MINUTE_RESERVES: PerLane = PerLane { interactive: 20, follow_up: 10, reconciliation: 2 };
/// Of 5,000: reconciliation stops at 75 % of the month, follow-up at 82 %, both together at 85 %, which are the
/// thresholds of the production setup in contract section 2; a hundred or two bookings are left then. Reconciliation
/// keeps five small windows a day.
const MONTH_RESERVES: PerLane = PerLane { interactive: 750, follow_up: 500, reconciliation: 150 };

/// A quota as it is set (contract section 11). Checked by [`QuotaPlan::new`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QuotaSettings {
    /// Calls a minute, at least 1.
    pub per_minute: u32,
    /// Calls a month, at least 1.
    pub per_month: u32,
    /// The day of the month on which the month's count begins anew, 1 to 28.
    pub reset_day: u8,
    /// The IANA zone in which that day begins.
    pub zone: String,
    /// Calls of each minute that are kept for each lane; together at most [`QuotaSettings::per_minute`].
    pub minute_reserves: PerLane,
    /// Calls of each month that are kept for each lane; together at most [`QuotaSettings::per_month`].
    pub month_reserves: PerLane,
    /// The most by which a Lambda's clock and Trinks' clock differ.
    pub clock_margin_seconds: u32,
    /// The most that passes between taking a token and the call's arrival at Trinks: the conditional write, connecting
    /// and sending. Twice the margin and this together stay below a minute.
    pub call_allowance_seconds: u32,
    /// From which share of the month's calls on a repeated 429 means that the month is spent, 1 to 100.
    pub near_quota_percent: u8,
}

impl Default for QuotaSettings {
    fn default() -> Self {
        Self {
            per_minute: PER_MINUTE,
            per_month: PER_MONTH,
            reset_day: 1,
            zone: "America/Sao_Paulo".to_owned(),
            minute_reserves: MINUTE_RESERVES,
            month_reserves: MONTH_RESERVES,
            clock_margin_seconds: 2,
            call_allowance_seconds: 10,
            near_quota_percent: 90,
        }
    }
}

impl QuotaSettings {
    /// The usual settings for a contract with other limits: the reserves keep their shares, rounded down (so a very
    /// small limit reserves nothing for the lower lanes).
    #[must_use]
    pub fn for_limits(per_minute: u32, per_month: u32) -> Self {
        Self {
            per_minute,
            per_month,
            minute_reserves: MINUTE_RESERVES.scaled(PER_MINUTE, per_minute),
            month_reserves: MONTH_RESERVES.scaled(PER_MONTH, per_month),
            ..Self::default()
        }
    }
}

/// Why settings are no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A limit of no calls at all.
    #[error("a limit of zero calls")]
    NoCalls,
    /// More is reserved than the limit allows.
    #[error("the reserves exceed the limit")]
    ReservesExceedLimit,
    /// Not every month has this day.
    #[error("the reset day is not between 1 and 28")]
    ResetDay,
    /// Not a zone of the IANA database.
    #[error("the time zone is unknown")]
    UnknownZone,
    /// The margins fill a minute: every token would count three times.
    #[error("the clock margin and the call allowance are too long")]
    MarginsTooLong,
    /// Not a share.
    #[error("the share near the quota is not between 1 and 100")]
    NearQuota,
}

/// A checked quota.
#[derive(Debug, Clone, PartialEq)]
pub struct QuotaPlan {
    settings: QuotaSettings,
    zone: TimeZone,
    reset_day: i8,
}

impl QuotaPlan {
    /// Checks settings.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub fn new(settings: QuotaSettings) -> Result<Self, PlanError> {
        if settings.per_minute == 0 || settings.per_month == 0 {
            return Err(PlanError::NoCalls);
        }
        let exceeds = |reserves: PerLane, limit: u32| reserves.total() > limit;
        if exceeds(settings.minute_reserves, settings.per_minute)
            || exceeds(settings.month_reserves, settings.per_month)
        {
            return Err(PlanError::ReservesExceedLimit);
        }
        let reset_day = i8::try_from(settings.reset_day).unwrap_or(0);
        if !(1..=28).contains(&reset_day) {
            return Err(PlanError::ResetDay);
        }
        let margin = u64::from(settings.clock_margin_seconds);
        if margin * 2 + u64::from(settings.call_allowance_seconds) >= 60 {
            return Err(PlanError::MarginsTooLong);
        }
        if !(1..=100).contains(&settings.near_quota_percent) {
            return Err(PlanError::NearQuota);
        }
        let zone = TimeZone::get(&settings.zone).map_err(|_| PlanError::UnknownZone)?;
        Ok(Self { settings, zone, reset_day })
    }

    /// The settings it was made of.
    #[must_use]
    pub fn settings(&self) -> &QuotaSettings {
        &self.settings
    }

    /// The most by which a Lambda's clock and Trinks' clock differ.
    #[must_use]
    pub fn clock_margin(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.settings.clock_margin_seconds))
    }

    /// Until when, by the Lambda's own clock, the call of a token taken at `now` may reach Trinks. The caller bounds
    /// the write, connecting and sending by it, and drops the token when it is too late: the token was charged to the
    /// windows up to then only.
    #[must_use]
    pub fn send_by(&self, now: Timestamp) -> Timestamp {
        calendar::after(now, SignedDuration::from_secs(i64::from(self.settings.call_allowance_seconds)))
    }

    /// The month cycle in which an instant falls.
    #[must_use]
    pub fn cycle_at(&self, at: Timestamp) -> Cycle {
        Cycle::at(at, self.reset_day, &self.zone)
    }

    /// The zone of the reset day.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The earliest and latest instant, by Trinks' clock, at which a call taken now arrives.
    fn arrival(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let margin = self.clock_margin();
        (calendar::before(now, margin), calendar::after(self.send_by(now), margin))
    }

    /// The minutes in which Trinks may count a call taken now: one or two.
    pub(super) fn minutes(&self, now: Timestamp) -> RangeInclusive<i64> {
        let (earliest, latest) = self.arrival(now);
        calendar::minute_of(earliest)..=calendar::minute_of(latest)
    }

    /// The cycles in which Trinks may count a call taken now, in order: one or two.
    pub(super) fn cycles(&self, now: Timestamp) -> Vec<Cycle> {
        let (earliest, latest) = self.arrival(now);
        let first = self.cycle_at(earliest);
        if latest < first.until { vec![first] } else { vec![first, self.cycle_at(latest)] }
    }

    /// When, by a Lambda's clock, a window that ends at this instant of Trinks' clock is certainly over.
    pub(super) fn over(&self, end: Timestamp) -> Timestamp {
        calendar::after(end, self.clock_margin())
    }

    /// When, by a Lambda's clock, this minute and those before it are certainly over.
    pub(super) fn minute_over(&self, minute: i64) -> Timestamp {
        self.over(calendar::minute_start(minute.saturating_add(1)))
    }
}
