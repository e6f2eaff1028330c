//! Requests that wait for the next month: SQS keeps a message 14 days at most (design section 5).

use jiff::Timestamp;
use ponte_domain::quota::Lane;
use ponte_domain::trinks::ConnectionId;
use ponte_platform::failure::Failure;
use ponte_platform::keys::{self, Key};
use ponte_platform::table::{Table, Unless};
use serde::{Deserialize, Serialize};

use crate::queue::RequestQueue;
use crate::requests::QueuedRequest;

/// A parked request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// The request.
    pub request: QueuedRequest,
    /// When it was parked.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub parked_at: Timestamp,
    /// When its month begins.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub until: Timestamp,
}

/// Where a request is parked: sorted by urgency, then age. One that is released and parked again has another place, so that
/// clearing the first does not lose it.
#[must_use]
pub fn key(connection: &ConnectionId, request: &QueuedRequest) -> Key {
    let rank = Lane::ALL.iter().position(|lane| *lane == request.lane).unwrap_or(Lane::ALL.len());
    Key {
        pk: keys::trinks_parked_partition(connection),
        sk: format!("{rank}#{:013}#{}#{}", request.queued_at.as_millisecond(), request.id, request.releases),
    }
}

/// Parks a request; parking it again changes nothing.
pub async fn park(
    table: &Table,
    connection: &ConnectionId,
    request: &QueuedRequest,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), Failure> {
    let parked = Parked { request: request.clone(), parked_at: now, until };
    table.put(&key(connection, request), &parked, Unless::Anything).await.map(drop)
}

/// The parked requests of a connection, the most urgent and oldest first.
pub async fn parked(table: &Table, connection: &ConnectionId, most: usize) -> Result<Vec<Parked>, Failure> {
    table.query(&keys::trinks_parked_partition(connection), "", most).await
}

/// Queues a parked request now, whatever its month. `false` when it was done meanwhile: then it is only cleared.
pub async fn release(
    table: &Table,
    queue: &RequestQueue,
    connection: &ConnectionId,
    parked: &Parked,
    now: Timestamp,
) -> Result<bool, Failure> {
    let queued = queue.send_again(table, connection, &parked.request, now).await?;
    table.delete(&key(connection, &parked.request)).await?;
    Ok(queued)
}
