//! Releasing parked requests before their month, and dropping one.

use std::time::Instant;

use jiff::Timestamp;
use lambda_http::{Body, Response};
use ponte_domain::ids::TransactionId;
use ponte_domain::trinks::{ConnectionId, EstablishmentId};
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::table::Unless;
use ponte_trinks::parked::{self, Parked};
use ponte_trinks::requests::{RequestRecord, RequestStatus};
use utoipa::ToSchema;

use super::view::{DroppedView, Released, path_id};
use super::{ParkedRequests, clear, connection, page};
use crate::access::{Caller, Role};
use crate::call::Call;
use crate::problem::Problem;
use crate::trinks::move_limit;
use crate::{limits, read};

/// How many to release.
#[derive(ToSchema)]
#[schema(as = ReleaseTrinksRequestsBody)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct ReleaseBody {
    /// At most so many, the most urgent and oldest first.
    #[schema(minimum = 1, maximum = 100, default = 100)]
    limit: Option<u8>,
}

/// Why to drop a request.
#[derive(ToSchema)]
#[schema(as = DropTrinksRequestBody)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct DropBody {
    /// What for. Whoever made the request is told, so it must not name people.
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
}

/// Queues parked requests now: after more quota was bought.
///
/// Those for which the month still has no call are parked again. A booking is looked for at Trinks before it is made. The call
/// ends after some seconds: repeat while there are `more`. Needs the role operator.
#[utoipa::path(post, path = "/console/v1/trinks/connections/{connection}/parked/release", tag = "trinks",
    operation_id = "release_trinks_parked_requests",
    params(("connection" = String, Path, description = "The connection's slug", pattern = "^[a-z0-9-]{1,40}$")),
    request_body(content = Option<ReleaseBody>),
    responses((status = 200, body = Released), (status = 404, description = "No such connection")))]
pub(crate) async fn release(
    requests: &ParkedRequests,
    call: &Call<'_>,
    caller: &Caller,
    id: &ConnectionId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Operator)?;
    let limit = move_limit(&call.optional_body(&["limit"])?)?;
    connection(&requests.console, id).await?;
    let (waiting, next) = page(requests, id, None, u16::try_from(limit).unwrap_or(u16::MAX)).await?;
    let mut told = released(requests, id, &waiting, call.now).await?;
    told.more |= next.is_some();
    caller.did("release_trinks_parked_requests", format!("{id}: {}", told.queued));
    Ok(json(200, &told))
}

async fn released(
    requests: &ParkedRequests,
    id: &ConnectionId,
    waiting: &[Parked],
    now: Timestamp,
) -> Result<Released, Problem> {
    let started = Instant::now();
    let mut told = Released::default();
    for one in waiting {
        if started.elapsed() >= limits::MOVING_TIME {
            told.more = true;
            break;
        }
        match parked::release(&requests.console.table, &requests.queue, id, one, now).await {
            Ok(true) => told.queued += 1,
            Ok(false) => told.cleared += 1,
            Err(failure) if told.queued + told.cleared == 0 => return Err(failure.into()),
            // What was done stands: the caller is told of it, and repeats for the rest.
            Err(failure) => {
                tracing::warn!(event = "trinks_release_stopped", failure = %failure);
                told.more = true;
                break;
            }
        }
    }
    Ok(told)
}

/// Drops a parked request: it will not be done, and whoever asks for its outcome is told why.
///
/// Needs the role operator.
#[utoipa::path(post, path = "/console/v1/trinks/connections/{connection}/parked/{request}/drop", tag = "trinks",
    operation_id = "drop_trinks_parked_request",
    params(
        ("connection" = String, Path, description = "The connection's slug", pattern = "^[a-z0-9-]{1,40}$"),
        ("request" = String, Path, description = "The parked request's `id`")),
    request_body = DropBody,
    responses(
        (status = 200, body = DroppedView),
        (status = 404, description = "`connection_not_found`, `parked_request_not_found`"),
        (status = 409, description = "`changed_meanwhile`")))]
pub(crate) async fn discard(
    requests: &ParkedRequests,
    call: &Call<'_>,
    caller: &Caller,
    (id, request): (&ConnectionId, &(EstablishmentId, TransactionId)),
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Operator)?;
    let reason = read::reason(&call.body(&["reason"], &[])?)?;
    connection(&requests.console, id).await?;
    let parked = find(requests, id, request).await?;
    // The record first: after a crash in between the request is still listed, and repeating finishes the work.
    fail(requests, &parked, &reason, call.now).await?;
    clear(requests, id, &parked).await?;
    caller.did("drop_trinks_parked_request", format!("{id}: {}", path_id(&parked)));
    Ok(json(200, &DroppedView { id: path_id(&parked), reason }))
}

async fn find(
    requests: &ParkedRequests,
    id: &ConnectionId,
    (salon, request): &(EstablishmentId, TransactionId),
) -> Result<Parked, Problem> {
    let mut after: Option<String> = None;
    for _ in 0..limits::TRINKS_LOOKED_AT / 100 {
        let (parked, next) = page(requests, id, after.as_deref(), 100).await?;
        let ours = |parked: &Parked| parked.request.salon == *salon && parked.request.id == *request;
        if let Some(found) = parked.into_iter().find(ours) {
            return Ok(found);
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    let message =
        "No such request is parked: it was released or dropped, or its month has begun. The list gives the ids.";
    Err(Problem::not_found("parked_request_not_found", message))
}

/// Notes in the request's record that it will not be done, unless it was.
async fn fail(requests: &ParkedRequests, parked: &Parked, reason: &str, now: Timestamp) -> Result<(), Problem> {
    let table = &requests.console.table;
    let key = keys::trinks_request(parked.request.salon, &parked.request.id);
    let record: Option<RequestRecord> = table.get(&key).await?;
    let Some(record) = record.filter(|record| record.status != RequestStatus::Done) else { return Ok(()) };
    let read = record.version;
    let failed = RequestRecord {
        status: RequestStatus::Failed,
        reason: Some(reason.to_owned()),
        at: now,
        version: read + 1,
        ..record
    };
    if table.put(&key, &failed, Unless::VersionIsNot(read)).await? {
        return Ok(());
    }
    Err(Problem::changed_meanwhile("request"))
}
