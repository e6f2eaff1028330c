//! What a booking is answered with, the first time and every time after.

use jiff::Timestamp;
use lambda_http::http::HeaderValue;
use lambda_http::http::header::LOCATION;
use lambda_http::{Body, Response};
use ponte_domain::ids::TransactionId;
use ponte_domain::trinks::{AppointmentId, SalonProfessionalId};
use ponte_platform::http::{json, percent_encoded};
use ponte_platform::wire_money::WireMoney;
use ponte_trinks::booking::{Booking, BookingOutcome};
use ponte_trinks::requests::RequestRecord;
use serde::Serialize;
use utoipa::ToSchema;

use super::record::booking_of;
use crate::agenda::{Agenda, Salon};
use crate::lists::known_professionals;
use crate::problem::Problem;
use crate::views::{self, AlternativeView, TakenView, local};

/// 201: it stands.
#[derive(Serialize, ToSchema)]
#[schema(as = AgendaBooked)]
pub(crate) struct BookedView {
    /// `booked`.
    #[schema(example = "booked")]
    status: &'static str,
    /// The `Idempotency-Key`.
    #[schema(example = "3f2504e0-4f89-41d3-9a0c-0305e82c3301")]
    request: String,
    /// The appointment's id; `null` in the rare case that Trinks has not told it yet.
    #[schema(example = 5_000_001)]
    appointment: Option<u64>,
    /// The client, as found or created.
    #[schema(example = 8_000_001)]
    client: u64,
    #[schema(example = 1_300_001)]
    service: u64,
    /// As it was asked for; `null` where nobody was named.
    professional: Option<u64>,
    /// By the salon's clock.
    #[schema(example = "2026-12-01T14:00")]
    starts: String,
    #[schema(example = 40)]
    minutes: u32,
    price: WireMoney,
    /// Whose clock `starts` is of.
    #[schema(example = "America/Sao_Paulo")]
    time_zone: String,
}

/// 202: it waits for a call to Trinks.
#[derive(Serialize, ToSchema)]
#[schema(as = AgendaQueued)]
pub(crate) struct QueuedView {
    /// `queued`.
    #[schema(example = "queued")]
    status: &'static str,
    /// The `Idempotency-Key`.
    request: String,
    /// Where to ask what came of it.
    #[schema(example = "/agenda/v1/requests/3f2504e0-4f89-41d3-9a0c-0305e82c3301")]
    status_url: String,
}

/// The answer to a booking whose outcome is known.
pub(super) async fn settled(agenda: &Agenda, salon: &Salon, record: &RequestRecord) -> Result<Response<Body>, Problem> {
    match (&record.booked, booking_of(record)) {
        (Some(BookingOutcome::Booked { appointment, client }), Some(booking)) => {
            let appointment = appointment.map(AppointmentId::number);
            Ok(json(201, &booked(record, booking, appointment, client.number(), salon)))
        }
        (Some(BookingOutcome::Taken { .. }), _) => {
            let alternatives = alternatives(agenda, salon, record, record.at).await;
            Ok(json(409, &TakenView::new(alternatives, salon)))
        }
        (Some(BookingOutcome::Refused { reason }), _) => Err(refused(reason)),
        _ => Err(given_up(record.reason.as_deref())),
    }
}

/// The free hours that were found when the wanted one was taken.
pub(crate) async fn alternatives(
    agenda: &Agenda,
    salon: &Salon,
    record: &RequestRecord,
    now: Timestamp,
) -> Vec<AlternativeView> {
    let Some(BookingOutcome::Taken { alternatives }) = &record.booked else { return Vec::new() };
    if alternatives.is_empty() {
        return Vec::new();
    }
    let professionals = known_professionals(agenda, salon, now).await;
    views::alternatives(alternatives, salon.local(record.at), &professionals)
}

fn booked(
    record: &RequestRecord,
    booking: &Booking,
    appointment: Option<u64>,
    client: u64,
    salon: &Salon,
) -> BookedView {
    BookedView {
        status: "booked",
        request: record.request.id.to_string(),
        appointment,
        client,
        service: booking.service.number(),
        professional: booking.professional.map(SalonProfessionalId::number),
        starts: local(booking.starts),
        minutes: booking.minutes,
        price: booking.price.into(),
        time_zone: salon.time_zone().to_owned(),
    }
}

fn refused(reason: &str) -> Problem {
    Problem::refused("refused", format!("Trinks refuses this booking, and would again: {reason}"))
}

fn given_up(reason: Option<&str>) -> Problem {
    let reason = reason.unwrap_or("no reason was kept");
    let message = format!(
        "This booking was given up: {reason}. See whether the hour is booked at the salon before you send it with a new `Idempotency-Key`."
    );
    Problem::conflict("given_up", message)
}

/// 202 for a booking that waits.
pub(super) fn queued(id: &TransactionId) -> Response<Body> {
    let status_url = format!("/agenda/v1/requests/{}", percent_encoded(id.as_str()));
    let location = HeaderValue::from_str(&status_url);
    let mut response = json(202, &QueuedView { status: "queued", request: id.to_string(), status_url });
    if let Ok(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}
