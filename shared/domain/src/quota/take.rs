//! Taking a token.

use jiff::Timestamp;

use super::lane::Lane;
use super::plan::QuotaPlan;
use super::state::QuotaState;

/// What asking for a token comes to.
///
/// A refusal that was computed from a remembered state holds for the current one too, because what was charged to a
/// window only grows; the exceptions are a changed plan and [`super::released`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Write this state, on the condition that the stored version is the one it was computed from; then the call may be
    /// made, until [`QuotaPlan::send_by`].
    Granted(QuotaState),
    /// Nothing for this lane in this minute, or everybody pauses.
    NextMinute {
        /// The earliest instant, by the asking Lambda's clock, at which it is worth asking again.
        at: Timestamp,
    },
    /// Nothing for this lane in this month.
    NextMonth {
        /// When, by the asking Lambda's clock, the next cycle has begun.
        at: Timestamp,
    },
}

/// Takes a token for one call (a page is a call). `now` is the asking Lambda's clock at this very moment: not that of
/// an earlier attempt. `purpose` says what for, in a few words that are always the same, for the console.
#[must_use]
pub fn take(state: &QuotaState, plan: &QuotaPlan, lane: Lane, purpose: &'static str, now: Timestamp) -> Taken {
    if let Some(at) = month_closed(state, plan, lane, now) {
        return Taken::NextMonth { at };
    }
    if let Some(at) = minute_closed(state, plan, lane, now) {
        return Taken::NextMinute { at };
    }
    Taken::Granted(charged(state, plan, lane, purpose, now))
}

/// Until when the month is closed for a lane, if it is.
fn month_closed(state: &QuotaState, plan: &QuotaPlan, lane: Lane, now: Timestamp) -> Option<Timestamp> {
    let settings = plan.settings();
    let full = |cycle: &super::Cycle| {
        let left = state.cycle_use(*cycle).map(|it| it.used.left(lane, settings.per_month, &settings.month_reserves));
        left.unwrap_or(0) == 0
    };
    // The last closed window counts: until it is over the call would be charged to it.
    let counted = plan.cycles(now).into_iter().rev().find(full).map(|cycle| plan.over(cycle.until));
    let spent = state.month_spent_until.filter(|until| now < *until);
    counted.max(spent)
}

/// Until when the minute is closed for a lane, if it is.
fn minute_closed(state: &QuotaState, plan: &QuotaPlan, lane: Lane, now: Timestamp) -> Option<Timestamp> {
    let settings = plan.settings();
    let full = |minute: &i64| {
        let left = state.minute_use(*minute).map(|it| it.left(lane, settings.per_minute, &settings.minute_reserves));
        left.unwrap_or(0) == 0
    };
    let counted = plan.minutes(now).rev().find(full).map(|minute| plan.minute_over(minute));
    let paused = state.pause.map(|pause| pause.until).filter(|until| now < *until);
    counted.max(paused)
}

/// The state with one call more, in every window in which Trinks may count it.
fn charged(state: &QuotaState, plan: &QuotaPlan, lane: Lane, purpose: &str, now: Timestamp) -> QuotaState {
    let mut next = state.clone();
    for minute in plan.minutes(now) {
        next.charge_minute(minute, lane);
    }
    for cycle in plan.cycles(now) {
        next.charge_cycle(cycle, lane, purpose);
    }
    next.pause = next.pause.map(|pause| super::Pause { tried: true, ..pause });
    next.month_spent_until = None;
    next.version = next.version.saturating_add(1);
    next
}
