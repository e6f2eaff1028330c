//! `GET /agenda/v1/requests/{key}`: what came of a booking.

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::ids::TransactionId;
use ponte_domain::trinks::AppointmentId;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_trinks::booking::BookingOutcome;
use ponte_trinks::requests::{RequestRecord, RequestStatus};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, authenticate};
use crate::agenda::Agenda;
use crate::book::{alternatives, booking_of, is_queued};
use crate::call::Call;
use crate::problem::{Problem, answer};
use crate::views::AlternativeView;

/// Where a booking stands.
#[derive(Serialize, ToSchema)]
#[schema(as = AgendaRequest)]
pub(crate) struct RequestView {
    /// The `Idempotency-Key`.
    #[schema(example = "3f2504e0-4f89-41d3-9a0c-0305e82c3301")]
    request: String,
    /// `in_progress`; `queued` for the next minute, `waiting_month` for the next month; `booked`; `hour_taken`; `refused`;
    /// `given_up`.
    #[schema(example = "booked")]
    status: &'static str,
    /// The appointment's id; `null` where there is none, or Trinks has not told it yet.
    #[schema(example = 5_000_001)]
    appointment: Option<u64>,
    /// The client, as found or created.
    client: Option<u64>,
    /// The nearest free hours, where the wanted one was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    alternatives: Option<Vec<AlternativeView>>,
    /// Why it was refused or given up, or what it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When this last changed.
    #[schema(format = DateTime)]
    changed_at: String,
    /// Whose clock `alternatives` are of.
    time_zone: String,
}

/// Answers one call.
pub async fn handle(agenda: &Agenda, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(agenda, &Call::new(request, now)).await)
}

async fn route(agenda: &Agenda, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(agenda, call).await?;
    match call.path().as_slice() {
        ["requests", key] => {
            call.must_be("GET")?;
            show(agenda, call, &caller, key).await
        }
        _ => Err(Problem::no_route()),
    }
}

/// Shows what came of a booking.
///
/// For bookings that were queued; those that were not are found as well, for thirty days.
#[utoipa::path(get, path = "/agenda/v1/requests/{key}", tag = "agenda", operation_id = "agenda_request",
    params(("key" = String, Path, description = "The booking's `Idempotency-Key`")),
    responses((status = 200, body = RequestView), (status = 404, description = "`request_not_found`")))]
async fn show(agenda: &Agenda, call: &Call<'_>, caller: &Caller, key: &str) -> Result<Response<Body>, Problem> {
    let none = || {
        let message = "No booking of the last thirty days has this key; or it was refused before anything was asked of Trinks, and can be sent again.";
        Problem::not_found("request_not_found", message)
    };
    let id = TransactionId::parse(key).ok_or_else(none)?;
    let stored: Option<RequestRecord> = agenda.table.get(&keys::trinks_request(caller.salon.id(), &id)).await?;
    // Requests of our own lie beside: they are nobody's business here.
    let record = stored.filter(|record| booking_of(record).is_some()).ok_or_else(none)?;
    let (status, appointment, client) = told(&record);
    let alternatives = match status {
        "hour_taken" => Some(alternatives(agenda, &caller.salon, &record, call.now).await),
        _ => None,
    };
    let view = RequestView {
        request: record.request.id.to_string(),
        status,
        appointment,
        client,
        alternatives,
        reason: reason(&record),
        changed_at: record.at.to_string(),
        time_zone: caller.salon.time_zone().to_owned(),
    };
    Ok(json(200, &view))
}

/// The status, the appointment and the client.
fn told(record: &RequestRecord) -> (&'static str, Option<u64>, Option<u64>) {
    match (&record.booked, record.status) {
        (Some(BookingOutcome::Booked { appointment, client }), _) => {
            ("booked", appointment.map(AppointmentId::number), Some(client.number()))
        }
        (Some(BookingOutcome::Taken { .. }), _) => ("hour_taken", None, None),
        (Some(BookingOutcome::Refused { .. }), _) => ("refused", None, None),
        (None, RequestStatus::Queued) => ("queued", None, None),
        (None, RequestStatus::Started) if is_queued(record) => ("queued", None, None),
        (None, RequestStatus::Started) => ("in_progress", None, None),
        (None, RequestStatus::Parked) => ("waiting_month", None, None),
        (None, RequestStatus::Done | RequestStatus::Failed) => ("given_up", None, None),
    }
}

/// Why it stands there. What a booking once waited for is no news when it is done.
fn reason(record: &RequestRecord) -> Option<String> {
    match &record.booked {
        Some(BookingOutcome::Refused { reason }) => Some(reason.clone()),
        Some(_) => None,
        None => record.reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::tests::record;

    #[test]
    fn each_state_has_its_name() {
        for (status, waited, expected) in [
            (RequestStatus::Started, false, "in_progress"),
            (RequestStatus::Started, true, "queued"),
            (RequestStatus::Queued, true, "queued"),
            (RequestStatus::Parked, true, "waiting_month"),
            (RequestStatus::Failed, true, "given_up"),
        ] {
            let record = RequestRecord { reason: waited.then(|| "waits".to_owned()), ..record(status) };
            assert_eq!(told(&record).0, expected, "{status:?}");
        }
    }

    #[test]
    fn what_a_booking_waited_for_is_not_told_once_it_is_done() {
        let done = RequestRecord {
            reason: Some("waits".into()),
            booked: Some(BookingOutcome::Taken { alternatives: Vec::new() }),
            ..record(RequestStatus::Done)
        };
        assert_eq!((told(&done).0, reason(&done)), ("hour_taken", None));
    }
}
