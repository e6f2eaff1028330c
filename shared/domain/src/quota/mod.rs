//! The quota of a Trinks API key: 60 calls a minute and 5,000 a month, shared by all Lambdas
//! (contract `trinks.md` sections 2, 10 and 11; design section 5).
//!
//! One DynamoDB item per key holds a [`QuotaState`]. A Lambda takes the state it remembers (or
//! [`QuotaState::default`]), calls [`take()`], and writes the state it is given on the condition that the stored version
//! is still the one it started from (version 0 also stands for "no item"). When the condition fails, DynamoDB hands the
//! current item back and the Lambda calls [`take()`] again, with the time it is by then. The call to Trinks is made after
//! the write, and only until [`QuotaPlan::send_by`]. A write whose answer is lost has used a token up for nothing: that
//! is the safe side.
//!
//! # Whose minute
//! Trinks counts by its own clock, when the call reaches it. A Lambda knows neither: its clock is off by up to the
//! clock margin `m` (2 s), and the call arrives up to the call allowance `a` (10 s) after the token. A token taken when
//! the Lambda's clock shows `t` can thus be counted by Trinks in any window that touches `t-m ..= t+m+a`, and it is
//! charged to **every** such window: to one from second 2 to 48 of a minute, to two otherwise, and in the same way
//! around the first instant of a month. Whatever Trinks counts in a window was charged to it here, so Trinks' own count
//! never passes the limit. The price is that a call in the last 12 s or the first 2 s of a minute uses up two minutes'
//! tokens; under load it is hardly paid, because the tokens of a minute are gone before its end.
//!
//! # Who may
//! Each [`Lane`] has a reserve per minute and per month. A lane may take a token when, in every window charged,
//! `used + Σ over the other lanes of max(0, reserve - used) < limit`. So a lane always gets what is reserved
//! for it, beyond that the first to come is served, and a lane stops where what is left is reserved for others.

mod calendar;
mod lane;
mod plan;
mod refused;
mod state;
mod status;
mod take;
#[cfg(test)]
mod tests;

pub use calendar::Cycle;
pub use lane::{Lane, PerLane};
pub use plan::{PlanError, QuotaPlan, QuotaSettings};
pub use refused::{MOST_PAUSE_MINUTES, answered, refused, released};
pub use state::{CycleUse, MinuteUse, OTHER_PURPOSES, PURPOSES_PER_CYCLE, Pause, QuotaState};
pub use status::{FORECAST_AFTER_DAYS, LaneStatus, QuotaStatus, WindowStatus, status};
pub use take::{Taken, take};
