//! Pending adjustments: differences between what a till took off a sale and what the account paid, for a person to settle.
//!
//! `GET /console/v1/programs/{program}/pending-adjustments`, `POST .../pending-adjustments/{pending}/resolution`.

mod resolution;

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::ids::{ProgramId, StoreId, TransactionId};
use ponte_domain::ledger::{PendingAdjustment, PendingStatus};
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::wire_money::WireMoney;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{Caller, Role, authenticate};
use crate::call::{Call, program_id, store_id};
use crate::console::Console;
use crate::problem::{Problem, answer};
use crate::views::{NoteView, StoreRef, instant, status_name};
use crate::{cursor, limits};

// `#[derive(OpenApi)]` needs the generated companion of the handler.
pub(crate) use resolution::{__path_resolve, resolve};

/// A pending adjustment as it is stored: the till's Lambdas write the adjustment, a person's resolution adds the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRecord {
    /// The adjustment.
    #[serde(flatten)]
    pub pending: PendingAdjustment,
    /// When a person resolved it.
    #[serde(
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub resolved_at: Option<Timestamp>,
    /// With which key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<String>,
    /// When it leaves the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
}

/// A difference between till and account.
#[derive(Serialize, ToSchema)]
#[schema(as = PendingAdjustment)]
pub(crate) struct PendingView {
    /// What its resolution's path names it by.
    #[schema(example = "1-11222333000181-3f2504e0-4f89-41d3-9a0c-0305e82c3301")]
    id: String,
    store: StoreRef,
    /// The sale's `IdentificadorTransacao`.
    transaction: String,
    note: NoteView,
    /// The member's pseudonym.
    member: String,
    /// What is missing: positive to debit, negative to give back.
    amount: WireMoney,
    #[schema(format = DateTime)]
    at: String,
    /// `open`, `settled`, `dismissed`, or `void` when its sale was reversed.
    #[schema(example = "open")]
    status: &'static str,
    /// Who resolved it, and why so.
    resolution: Option<String>,
    #[schema(format = DateTime)]
    resolved_at: Option<String>,
    /// The id of the key that resolved it.
    resolved_by: Option<String>,
}

/// A page of pending adjustments.
#[derive(Serialize, ToSchema)]
pub(crate) struct PendingList {
    pending_adjustments: Vec<PendingView>,
    /// The next page's `cursor`; `null` when this was the last.
    next: Option<String>,
}

impl From<PendingRecord> for PendingView {
    fn from(record: PendingRecord) -> Self {
        let pending = record.pending;
        Self {
            id: format!("{}-{}-{}", pending.store.environment.code(), pending.store.cnpj, pending.id),
            store: pending.store.into(),
            transaction: pending.id.to_string(),
            note: pending.note.into(),
            member: pending.member.as_str().to_owned(),
            amount: pending.amount.into(),
            at: instant(pending.at),
            status: status_name(pending.status),
            resolution: pending.resolution,
            resolved_at: record.resolved_at.map(instant),
            resolved_by: record.resolved_by,
        }
    }
}

/// Answers one call.
pub async fn handle(console: &Console, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(console, &Call::new(request, now)).await)
}

async fn route(console: &Console, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["programs", program, "pending-adjustments"], "GET") => {
            list(console, call, &caller, &program_id(program)?).await
        }
        (["programs", _, "pending-adjustments"], _) => Err(Problem::method("GET")),
        (["programs", program, "pending-adjustments", pending, "resolution"], "POST") => {
            let (store, id) = pending_id(pending)?;
            resolve(console, call, &caller, &keys::pending(&program_id(program)?, store, &id)).await
        }
        (["programs", _, "pending-adjustments", _, "resolution"], _) => Err(Problem::method("POST")),
        _ => Err(Problem::no_route()),
    }
}

/// `<environment>-<cnpj>-<id>`. Neither of the first two holds a hyphen.
fn pending_id(text: &str) -> Result<(StoreId, TransactionId), Problem> {
    let wrong = || {
        Problem::bad(
            "invalid_pending_adjustment",
            "The path names a pending adjustment by the `id` that the list gives.",
        )
    };
    let mut parts = text.splitn(3, '-');
    let (environment, cnpj, id) = (parts.next(), parts.next(), parts.next());
    let store = store_id(environment.unwrap_or_default(), cnpj.unwrap_or_default()).map_err(|_| wrong())?;
    Ok((store, id.and_then(TransactionId::parse).ok_or_else(wrong)?))
}

/// Lists pending adjustments, by store.
#[utoipa::path(get, path = "/console/v1/programs/{program}/pending-adjustments", tag = "pending adjustments",
    operation_id = "list_pending_adjustments",
    params(
        ("program" = String, Path, description = "The programme's slug", pattern = "^[a-z0-9-]{1,40}$"),
        ("status" = Option<String>, Query, description = "`open` (default), or `all`: also those resolved within a year",
            pattern = "^(open|all)$"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u16>, Query, description = "At most so many; 50 by default", minimum = 1, maximum = 100)),
    responses((status = 200, body = PendingList), (status = 404, description = "No such programme")))]
async fn list(
    console: &Console,
    call: &Call<'_>,
    caller: &Caller,
    program: &ProgramId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    let all = match call.query("status").as_deref() {
        None | Some("open") => false,
        Some("all") => true,
        Some(_) => return Err(Problem::field("status", "`open` or `all`")),
    };
    let limit = page_limit(call)?;
    let after = call.query("cursor").map(|given| cursor::decode(&given)).transpose()?;
    console.program(program).await?;
    let wanted = |record: &PendingRecord| all || record.pending.status == PendingStatus::Open;
    let (records, next) = page(console, program, after, limit, wanted).await?;
    let pending_adjustments = records.into_iter().map(PendingView::from).collect();
    Ok(json(200, &PendingList { pending_adjustments, next: next.map(|place| cursor::encode(&place)) }))
}

fn page_limit(call: &Call<'_>) -> Result<usize, Problem> {
    let range = limits::PENDING_PAGE;
    let must = || Problem::field("limit", format!("a whole number from {} to {}", range.start(), range.end()));
    let given =
        call.query("limit").map_or(Ok(limits::PENDING_PAGE_DEFAULT), |text| text.parse().map_err(|_| must()))?;
    usize::try_from(given).ok().filter(|_| range.contains(&given)).ok_or_else(must)
}

/// Reads on until the page is full, the list is over, or so many were looked at.
async fn page(
    console: &Console,
    program: &ProgramId,
    mut after: Option<String>,
    limit: usize,
    wanted: impl Fn(&PendingRecord) -> bool,
) -> Result<(Vec<PendingRecord>, Option<String>), Problem> {
    let partition = keys::pending_partition(program);
    let mut found = Vec::new();
    let mut looked_at = 0;
    loop {
        let (records, next): (Vec<PendingRecord>, _) =
            console.table.query_page(&partition, after.as_deref(), 100).await?;
        looked_at += records.len();
        for record in records.into_iter().filter(&wanted) {
            if found.len() == limit {
                // `after` is the last one found: the next page starts behind it.
                return Ok((found, after));
            }
            after = Some(keys::pending(program, record.pending.store, &record.pending.id).sk);
            found.push(record);
        }
        after = next;
        if after.is_none() || looked_at >= limits::PENDING_LOOKED_AT {
            return Ok((found, after));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_paths_id_names_store_and_transaction() {
        let (store, id) = pending_id("1-11222333000181-3F2504E0-4F89-41D3-9A0C-0305E82C3301").unwrap();
        assert_eq!(store.to_string(), "1#11222333000181");
        assert_eq!(id.as_str(), "3f2504e0-4f89-41d3-9a0c-0305e82c3301");
        for text in ["", "1", "1-11222333000181", "1-11222333000181-", "2-11222333000181-x", "1-1-x"] {
            assert_eq!(pending_id(text).unwrap_err().code(), "invalid_pending_adjustment", "{text}");
        }
    }

    #[test]
    fn what_a_till_wrote_is_read_and_its_resolution_kept() {
        let pending = resolution::tests::open_pending();
        let written: serde_dynamo::Item = serde_dynamo::to_item(&pending).unwrap();
        let read: PendingRecord = serde_dynamo::from_item(written).unwrap();
        assert_eq!(read.pending, pending);
        let resolved = PendingRecord {
            resolved_at: Some(Timestamp::UNIX_EPOCH),
            resolved_by: Some("k".into()),
            ttl: Some(1),
            ..read
        };
        let item: serde_dynamo::Item = serde_dynamo::to_item(&resolved).unwrap();
        assert_eq!(serde_dynamo::from_item::<_, PendingRecord>(item).unwrap(), resolved);
    }
}
