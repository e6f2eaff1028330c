//! Trinks answered 429 although the ledger had a token: somebody else uses the key, or Trinks counts differently.

use jiff::{SignedDuration, Timestamp};

use super::calendar::{self, minute_of};
use super::lane::Lane;
use super::plan::QuotaPlan;
use super::state::{Pause, QuotaState};

/// The longest pause: with a key that Trinks refuses all day, 24 calls a day find out whether it still does.
pub const MOST_PAUSE_MINUTES: u32 = 60;

/// Trinks answered 429: everybody stops until the next full minute; when the first calls after that are refused again
/// for 2 minutes, then 4, up to [`MOST_PAUSE_MINUTES`]; or, with most of the month used, until the next cycle (contract
/// section 2). `Retry-After` makes the pause longer, up to the same bound. Many calls of one burst count as one.
///
/// Returns the state to write; `None` when everybody is stopped for that long already, so that a burst costs one write.
/// The call itself stays counted: 429 seem not to count at Trinks, but that is only observed.
#[must_use]
pub fn refused(
    state: &QuotaState,
    plan: &QuotaPlan,
    lane: Lane,
    now: Timestamp,
    retry_after: Option<SignedDuration>,
) -> Option<QuotaState> {
    let strikes = match state.pause {
        Some(pause) if pause.tried => pause.strikes.saturating_add(1),
        _ => 1,
    };
    let until = pause_end(plan, strikes, now).max(asked_end(plan, retry_after, now));
    let pause = match state.pause {
        // Answers to calls from before the pause: one incident, however late they come.
        Some(standing) if !standing.tried => Pause { until: standing.until.max(until), ..standing },
        _ => Pause { until, strikes, tried: false, lane },
    };
    let spent = (strikes > 1 && near_quota(state, plan, now)).then(|| plan.over(plan.cycle_at(now).until));
    let month_spent_until = state.month_spent_until.max(spent);
    let next =
        QuotaState { pause: Some(pause), month_spent_until, version: state.version.saturating_add(1), ..state.clone() };
    (next.pause != state.pause || next.month_spent_until != state.month_spent_until).then_some(next)
}

/// The end of the last minute of the pause. It begins with the minute in which Trinks refused at the latest.
fn pause_end(plan: &QuotaPlan, strikes: u8, now: Timestamp) -> Timestamp {
    let doubled = 1_u32.checked_shl(u32::from(strikes.saturating_sub(1))).unwrap_or(MOST_PAUSE_MINUTES);
    let minutes = i64::from(doubled.clamp(1, MOST_PAUSE_MINUTES));
    let refused_in = minute_of(calendar::after(now, plan.clock_margin()));
    plan.minute_over(refused_in.saturating_add(minutes - 1))
}

/// What `Retry-After` asks for, in whole seconds because that is what is stored.
fn asked_end(plan: &QuotaPlan, retry_after: Option<SignedDuration>, now: Timestamp) -> Timestamp {
    let most = SignedDuration::from_mins(i64::from(MOST_PAUSE_MINUTES));
    let asked = retry_after.unwrap_or_default().clamp(SignedDuration::ZERO, most);
    let end = calendar::after(plan.over(now), asked);
    let begun = i64::from(end.subsec_nanosecond() > 0);
    Timestamp::from_second(end.as_second().saturating_add(begun)).unwrap_or(end)
}

/// Whether so much of the month is used that a repeated 429 is best explained by it.
fn near_quota(state: &QuotaState, plan: &QuotaPlan, now: Timestamp) -> bool {
    let used = state.cycle_use(plan.cycle_at(now)).map_or(0, |it| it.used.total());
    let settings = plan.settings();
    u64::from(used) * 100 >= u64::from(settings.per_month) * u64::from(settings.near_quota_percent)
}

/// Trinks answered something else than 429 (an error of another kind too: it let the call in). Returns the state to
/// write when that ends a row of 429; `None`, nothing to write, in the usual case.
#[must_use]
pub fn answered(state: &QuotaState) -> Option<QuotaState> {
    // Before anybody tried, an answer is to a call from before the pause, and proves nothing.
    let ended = state.pause.is_some_and(|pause| pause.tried);
    ended.then(|| QuotaState { pause: None, version: state.version.saturating_add(1), ..state.clone() })
}

/// The operator knows better (more quota was bought, another user of the key was stopped): ends the pause and the spent
/// month that 429 brought about; the counts stay. Lambdas that remember the state from before find out with their next
/// write or read, so one that is told [`super::Taken::NextMonth`] from memory reads the item once to be sure.
#[must_use]
pub fn released(state: &QuotaState) -> QuotaState {
    QuotaState { pause: None, month_spent_until: None, version: state.version.saturating_add(1), ..state.clone() }
}
