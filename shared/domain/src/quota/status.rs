//! The quota as the console shows it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::calendar::{self, Cycle};
use super::lane::{Lane, PerLane};
use super::plan::QuotaPlan;
use super::state::QuotaState;

/// Days of a cycle before its pace says anything about the rest: a weekend is not a month.
pub const FORECAST_AFTER_DAYS: i64 = 3;

/// A key's quota at an instant. Counts are the ledger's, so around the end of a window a call may stand in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuotaStatus {
    /// This minute.
    pub minute: WindowStatus,
    /// This cycle.
    pub month: WindowStatus,
    /// The cycle's first instant.
    pub cycle_from: Timestamp,
    /// The next cycle's first instant.
    pub cycle_until: Timestamp,
    /// Until when nobody calls because Trinks answered 429.
    pub blocked_until: Option<Timestamp>,
    /// 429 in a row so far; 0 when calls are answered.
    pub strikes: u8,
    /// The day, in the plan's zone, on which the month's calls end if it goes on at this cycle's pace. `None` when they
    /// last, and in the first [`FORECAST_AFTER_DAYS`].
    pub runs_out_on: Option<Date>,
    /// Who used this cycle's calls.
    pub purposes: BTreeMap<String, u32>,
}

/// A window's use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WindowStatus {
    /// Calls that it has.
    pub limit: u32,
    /// Calls charged to it.
    pub used: u32,
    /// The lanes, the most urgent first.
    pub lanes: Vec<LaneStatus>,
}

/// A lane's use of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LaneStatus {
    /// Which.
    pub lane: Lane,
    /// Calls that are kept for it.
    pub reserve: u32,
    /// Calls charged to it.
    pub used: u32,
    /// Calls that it may still make, as long as no other lane makes any beyond its reserve.
    pub left: u32,
}

/// Describes a key's quota. It charges nothing.
#[must_use]
pub fn status(state: &QuotaState, plan: &QuotaPlan, now: Timestamp) -> QuotaStatus {
    let settings = plan.settings();
    let cycle = plan.cycle_at(now);
    let in_minute = state.minute_use(calendar::minute_of(now)).unwrap_or_default();
    let (in_month, purposes) = state.cycle_use(cycle).map(|it| (it.used, it.purposes)).unwrap_or_default();
    let pause = state.pause.map(|pause| pause.until);
    QuotaStatus {
        minute: window(&in_minute, settings.per_minute, &settings.minute_reserves),
        month: window(&in_month, settings.per_month, &settings.month_reserves),
        cycle_from: cycle.from,
        cycle_until: cycle.until,
        blocked_until: pause.max(state.month_spent_until).filter(|until| now < *until),
        strikes: state.pause.map_or(0, |pause| pause.strikes),
        runs_out_on: runs_out_on(in_month.total(), plan, cycle, now),
        purposes,
    }
}

fn window(used: &PerLane, limit: u32, reserves: &PerLane) -> WindowStatus {
    let lane = |lane: Lane| LaneStatus {
        lane,
        reserve: reserves.of(lane),
        used: used.of(lane),
        left: used.left(lane, limit, reserves),
    };
    WindowStatus { limit, used: used.total(), lanes: Lane::ALL.into_iter().map(lane).collect() }
}

/// The day on which the limit is reached when the rest of the cycle goes on like its beginning.
fn runs_out_on(used: u32, plan: &QuotaPlan, cycle: Cycle, now: Timestamp) -> Option<Date> {
    let elapsed = now.duration_since(cycle.from);
    if elapsed < SignedDuration::from_hours(24 * FORECAST_AFTER_DAYS) {
        return None;
    }
    let limit = i64::from(plan.settings().per_month);
    // A cycle has below 2^22 seconds and a limit is below 2^32: the product fits. Spent already means today.
    let seconds = elapsed.as_secs().checked_mul(limit)?.checked_div(i64::from(used))?.max(elapsed.as_secs());
    let end = calendar::after(cycle.from, SignedDuration::from_secs(seconds));
    (end < cycle.until).then(|| end.to_zoned(plan.zone().clone()).date())
}
