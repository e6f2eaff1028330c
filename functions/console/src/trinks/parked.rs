//! Requests that wait for the next month.
//!
//! `GET /console/v1/trinks/connections/{connection}/parked`, `POST .../parked/release`, `POST .../parked/{request}/drop`.

mod acts;
mod view;

use jiff::Timestamp;
use lambda_http::{Body, Error, Request, Response};
use ponte_domain::ids::TransactionId;
use ponte_domain::trinks::{ConnectionId, EstablishmentId};
use ponte_platform::aws::Aws;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::settings;
use ponte_trinks::parked::{self, Parked};
use ponte_trinks::queue::RequestQueue;

use super::{connection, connection_id, page_limit};
use crate::access::{Caller, Role, authenticate};
use crate::call::Call;
use crate::console::Console;
use crate::cursor;
use crate::problem::{Problem, answer};
// `#[derive(OpenApi)]` needs the generated companions of the handlers.
pub(crate) use acts::{__path_discard, __path_release, discard, release};
use view::{ParkedList, ParkedView};

/// What the Lambda builds once.
pub struct ParkedRequests {
    console: Console,
    queue: RequestQueue,
}

impl ParkedRequests {
    /// Connects as the environment says.
    ///
    /// # Errors
    /// A setting is missing.
    pub fn from_env() -> Result<Self, Error> {
        let aws = Aws::from_env()?;
        let url = settings::required("PONTE_TRINKS_REQUESTS_QUEUE_URL")?;
        Ok(Self::new(Console::over(&aws)?, RequestQueue::new(aws.sqs(), url)))
    }

    /// With given connections: for tests.
    #[must_use]
    pub fn new(console: Console, queue: RequestQueue) -> Self {
        Self { console, queue }
    }
}

/// Answers one call.
pub async fn handle(requests: &ParkedRequests, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(requests, &Call::new(request, now)).await)
}

async fn route(requests: &ParkedRequests, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(&requests.console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["trinks", "connections", id, "parked"], "GET") => list(requests, call, &caller, &connection_id(id)?).await,
        (["trinks", "connections", _, "parked"], _) => Err(Problem::method("GET")),
        (["trinks", "connections", id, "parked", "release"], "POST") => {
            release(requests, call, &caller, &connection_id(id)?).await
        }
        (["trinks", "connections", id, "parked", request, "drop"], "POST") => {
            discard(requests, call, &caller, (&connection_id(id)?, &request_id(request)?)).await
        }
        (["trinks", "connections", _, "parked", "release"] | ["trinks", "connections", _, "parked", _, "drop"], _) => {
            Err(Problem::method("POST"))
        }
        _ => Err(Problem::no_route()),
    }
}

/// `<salon>-<id>`: an id is one salon's. A salon's number holds no hyphen.
fn request_id(text: &str) -> Result<(EstablishmentId, TransactionId), Problem> {
    let wrong = || Problem::bad("invalid_request", "The path names a parked request by the `id` that the list gives.");
    let (salon, id) = text.split_once('-').ok_or_else(wrong)?;
    Ok((salon.parse().map_err(|_| wrong())?, TransactionId::parse(id).ok_or_else(wrong)?))
}

/// Lists the requests that wait for the next month, the most urgent and oldest first.
#[utoipa::path(get, path = "/console/v1/trinks/connections/{connection}/parked", tag = "trinks",
    operation_id = "list_trinks_parked_requests",
    params(
        ("connection" = String, Path, description = "The connection's slug", pattern = "^[a-z0-9-]{1,40}$"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u16>, Query, description = "At most so many; 50 by default", minimum = 1, maximum = 100)),
    responses((status = 200, body = ParkedList), (status = 404, description = "No such connection")))]
pub(crate) async fn list(
    requests: &ParkedRequests,
    call: &Call<'_>,
    caller: &Caller,
    id: &ConnectionId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    let limit = u16::try_from(page_limit(call)?).unwrap_or(u16::MAX);
    let after = call.query("cursor").map(|given| cursor::decode(&given)).transpose()?;
    connection(&requests.console, id).await?;
    let (parked, next) = page(requests, id, after.as_deref(), limit).await?;
    let parked = parked.iter().map(ParkedView::from).collect();
    Ok(json(200, &ParkedList { parked, next: next.map(|place| cursor::encode(&place)) }))
}

async fn page(
    requests: &ParkedRequests,
    id: &ConnectionId,
    after: Option<&str>,
    limit: u16,
) -> Result<(Vec<Parked>, Option<String>), Problem> {
    Ok(requests.console.table.query_page(&keys::trinks_parked_partition(id), after, limit).await?)
}

/// Takes a parked request out of the list.
async fn clear(requests: &ParkedRequests, id: &ConnectionId, parked: &Parked) -> Result<(), Problem> {
    Ok(requests.console.table.delete(&parked::key(id, &parked.request)).await?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_path_names_a_request_by_salon_and_id() {
        let (salon, id) = request_id("7-3F2504E0-4F89-41D3-9A0C-0305E82C3301").unwrap();
        assert_eq!((salon.number(), id.as_str()), (7, "3f2504e0-4f89-41d3-9a0c-0305e82c3301"));
        for text in ["", "7", "7-", "0-x", "x-y"] {
            assert_eq!(request_id(text).unwrap_err().code(), "invalid_request", "{text}");
        }
    }
}
