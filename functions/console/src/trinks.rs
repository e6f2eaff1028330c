//! Trinks: connections, salons, quota, messages that need a person, dead letters and parked requests.

pub mod connections;
pub mod dead_letters;
pub mod messages;
pub mod parked;
pub mod quota;
pub mod salons;

use std::ops::RangeInclusive;

use ponte_domain::trinks::{ConnectionId, EstablishmentId};
use ponte_platform::fields::Fields;
use ponte_platform::keys;
use ponte_trinks::connection::Connection;

use crate::call::Call;
use crate::console::Console;
use crate::problem::Problem;
use crate::{limits, read};

/// A connection's slug out of the path.
fn connection_id(text: &str) -> Result<ConnectionId, Problem> {
    let wrong = || Problem::bad("invalid_connection", "A connection's id is 1 to 40 of a-z, 0-9 and -.");
    ConnectionId::parse(text).ok_or_else(wrong)
}

/// A salon's number out of the path.
fn establishment_id(text: &str) -> Result<EstablishmentId, Problem> {
    let wrong = |_| Problem::bad("invalid_establishment", "A salon is named by its number at Trinks, above 0.");
    text.parse().map_err(wrong)
}

/// A connection that must be there.
async fn connection(console: &Console, id: &ConnectionId) -> Result<Connection, Problem> {
    let found: Option<Connection> = console.table.get(&keys::trinks_connection(id)).await?;
    found.ok_or_else(|| {
        let message = format!("There is no connection `{id}`. Make it with PUT /console/v1/trinks/connections/{id}.");
        Problem::not_found("connection_not_found", message)
    })
}

/// The query's `limit` for a page.
fn page_limit(call: &Call<'_>) -> Result<usize, Problem> {
    let range: RangeInclusive<u64> = limits::TRINKS_PAGE;
    let must = || Problem::field("limit", format!("a whole number from {} to {}", range.start(), range.end()));
    let given = call.query("limit").map_or(Ok(limits::TRINKS_PAGE_DEFAULT), |text| text.parse().map_err(|_| must()))?;
    usize::try_from(given).ok().filter(|_| range.contains(&given)).ok_or_else(must)
}

/// The body's `limit` for moving messages.
fn move_limit(body: &Fields<'_>) -> Result<usize, Problem> {
    Ok(read::whole(body, "limit", &limits::MOVED_AT_ONCE)?.unwrap_or(limits::MOVED_DEFAULT))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_path_names_connections_by_slug_and_salons_by_number() {
        assert_eq!(connection_id("demo-1").unwrap().as_str(), "demo-1");
        assert_eq!(connection_id("Demo").unwrap_err().code(), "invalid_connection");
        assert_eq!(establishment_id("1253").unwrap().number(), 1253);
        for text in ["0", "-1", "x", ""] {
            assert_eq!(establishment_id(text).unwrap_err().code(), "invalid_establishment", "{text}");
        }
    }
}
