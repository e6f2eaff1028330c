//! A connection's quota: `GET /console/v1/trinks/connections/{connection}/quota`, `POST .../quota/release`.

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::quota::{Lane, LaneStatus, QuotaStatus, WindowStatus};
use ponte_domain::trinks::ConnectionId;
use ponte_platform::http::json;
use ponte_trinks::quota_keeper::QuotaKeeper;
use serde::Serialize;
use utoipa::ToSchema;

use super::{connection, connection_id};
use crate::access::{Caller, Role, authenticate};
use crate::call::Call;
use crate::console::Console;
use crate::problem::{Problem, answer};
use crate::views::instant;

/// Where a key's quota stands. Around the end of a minute or month a call may count in both.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksQuota)]
pub(crate) struct QuotaView {
    minute: WindowView,
    month: WindowView,
    /// When this month's count began.
    #[schema(format = DateTime)]
    month_from: String,
    /// When the next month's count begins.
    #[schema(format = DateTime)]
    month_until: String,
    /// Until when nobody calls because Trinks answered 429; POST .../quota/release ends that.
    #[schema(format = DateTime)]
    blocked_until: Option<String>,
    /// 429 in a row.
    strikes: u8,
    /// The day on which the month's calls end at this month's pace; `null` when they last, and in the first three days.
    #[schema(format = Date)]
    runs_out_on: Option<String>,
    /// Who used this month's calls, the most first.
    purposes: Vec<PurposeView>,
}

/// A minute or a month.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksQuotaWindow)]
pub(crate) struct WindowView {
    limit: u32,
    used: u32,
    left: u32,
    /// The most urgent first.
    lanes: Vec<LaneView>,
}

/// A lane's part of a minute or month.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksQuotaLane)]
pub(crate) struct LaneView {
    #[schema(value_type = LaneName)]
    lane: Lane,
    /// Calls that are kept for it.
    reserve: u32,
    used: u32,
    /// Calls that it may still make, as long as no other lane goes beyond its reserve.
    left: u32,
}

/// What calls were made for.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksQuotaPurpose)]
pub(crate) struct PurposeView {
    purpose: String,
    used: u32,
}

/// `interactive`: a person waits. `follow_up`: a webhook asks for what it did not say. `reconciliation`: the daily comparison.
#[derive(ToSchema)]
#[schema(as = TrinksLane, rename_all = "snake_case")]
#[allow(dead_code, reason = "documents the names of the domain's type")]
pub(crate) enum LaneName {
    Interactive,
    FollowUp,
    Reconciliation,
}

/// Answers one call.
pub async fn handle(console: &Console, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(console, &Call::new(request, now)).await)
}

async fn route(console: &Console, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["trinks", "connections", id, "quota"], "GET") => show(console, &caller, &connection_id(id)?).await,
        (["trinks", "connections", _, "quota"], _) => Err(Problem::method("GET")),
        (["trinks", "connections", id, "quota", "release"], "POST") => {
            release(console, &caller, &connection_id(id)?).await
        }
        (["trinks", "connections", _, "quota", "release"], _) => Err(Problem::method("POST")),
        _ => Err(Problem::no_route()),
    }
}

/// Shows where a connection's quota stands, by this installation's own count.
#[utoipa::path(get, path = "/console/v1/trinks/connections/{connection}/quota", tag = "trinks", operation_id = "get_trinks_quota",
    params(("connection" = String, Path, description = "The connection's slug", pattern = "^[a-z0-9-]{1,40}$")),
    responses((status = 200, body = QuotaView), (status = 404, description = "No such connection")))]
pub(crate) async fn show(console: &Console, caller: &Caller, id: &ConnectionId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    let connection = connection(console, id).await?;
    let keeper = QuotaKeeper::new(console.table.clone());
    Ok(json(200, &QuotaView::from(keeper.status(&connection).await?)))
}

/// Ends a pause, or a month that Trinks said was spent: after more quota was bought, or another user of the key was stopped.
///
/// What was counted stays counted; a larger limit is set with PUT of the connection. Parked requests wait on until they are
/// released, or their month begins. Repeating is harmless. Needs the role manager.
#[utoipa::path(post, path = "/console/v1/trinks/connections/{connection}/quota/release", tag = "trinks",
    operation_id = "release_trinks_quota",
    params(("connection" = String, Path, description = "The connection's slug", pattern = "^[a-z0-9-]{1,40}$")),
    responses(
        (status = 200, body = QuotaView, description = "The quota as it is now"),
        (status = 404, description = "No such connection")))]
pub(crate) async fn release(console: &Console, caller: &Caller, id: &ConnectionId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let connection = connection(console, id).await?;
    let keeper = QuotaKeeper::new(console.table.clone());
    keeper.release(&connection).await?;
    caller.did("release_trinks_quota", id);
    Ok(json(200, &QuotaView::from(keeper.status(&connection).await?)))
}

impl From<QuotaStatus> for QuotaView {
    fn from(status: QuotaStatus) -> Self {
        let mut purposes: Vec<PurposeView> =
            status.purposes.into_iter().map(|(purpose, used)| PurposeView { purpose, used }).collect();
        purposes.sort_by_key(|purpose| std::cmp::Reverse(purpose.used));
        Self {
            minute: status.minute.into(),
            month: status.month.into(),
            month_from: instant(status.cycle_from),
            month_until: instant(status.cycle_until),
            blocked_until: status.blocked_until.map(instant),
            strikes: status.strikes,
            runs_out_on: status.runs_out_on.map(|day| day.to_string()),
            purposes,
        }
    }
}

impl From<WindowStatus> for WindowView {
    fn from(window: WindowStatus) -> Self {
        Self {
            limit: window.limit,
            used: window.used,
            left: window.limit.saturating_sub(window.used),
            lanes: window.lanes.into_iter().map(LaneView::from).collect(),
        }
    }
}

impl From<LaneStatus> for LaneView {
    fn from(status: LaneStatus) -> Self {
        Self { lane: status.lane, reserve: status.reserve, used: status.used, left: status.left }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ponte_domain::quota::{QuotaPlan, QuotaSettings, QuotaState, Taken, status, take};

    #[test]
    fn what_was_used_and_by_whom_is_shown() {
        let plan = QuotaPlan::new(QuotaSettings::default()).unwrap();
        let now = "2026-03-10T15:00:10Z".parse().unwrap();
        let mut state = QuotaState::default();
        for purpose in ["clients", "appointments", "appointments"] {
            let Taken::Granted(next) = take(&state, &plan, Lane::Reconciliation, purpose, now) else { continue };
            state = next;
        }
        let shown = serde_json::to_value(QuotaView::from(status(&state, &plan, now))).unwrap();
        assert_eq!(shown["month"]["left"], 4_997);
        assert_eq!(shown["minute"]["lanes"][2]["lane"], "reconciliation");
        assert_eq!(shown["purposes"][0], serde_json::json!({ "purpose": "appointments", "used": 2 }));
        assert_eq!(shown["month_until"], "2026-04-01T03:00:00Z");
    }
}
