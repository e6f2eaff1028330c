//! `POST /agenda/v1/appointments`: books once, whatever is lost on the way.

mod outcome;
mod record;
mod wish;

use jiff::{Timestamp, ToSpan};
use lambda_http::{Body, Request, Response};
use ponte_domain::ids::TransactionId;
use ponte_platform::keys;
use ponte_trinks::booking::{Booker, BookingOutcome};
use ponte_trinks::client::TrinksError;
use ponte_trinks::requests::{RequestRecord, RequestStatus};

use crate::access::{Caller, authenticate};
use crate::agenda::{Agenda, Salon};
use crate::call::Call;
use crate::problem::{Problem, answer};
use crate::views::TakenView;
use crate::{limits, lists};

pub(crate) use outcome::{BookedView, QueuedView, alternatives};
pub(crate) use record::{booking_of, is_queued};
pub(crate) use wish::{BookingBody, note};

#[cfg(test)]
pub(crate) use record::tests;

use record::Standing;
use wish::Wish;

/// Answers one call.
pub async fn handle(agenda: &Agenda, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(agenda, &Call::new(request, now)).await)
}

async fn route(agenda: &Agenda, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(agenda, call).await?;
    call.route("POST", "appointments")?;
    book(agenda, call, &caller).await
}

/// Books an appointment.
///
/// The client is found by CPF or phone, else created. A repetition with the same `Idempotency-Key` and body answers the
/// same and books nothing again, for thirty days. 409 `hour_taken` brings the nearest free hours. Where no call to Trinks is
/// left: 429 at once, or 202 with `queue`.
#[utoipa::path(post, path = "/agenda/v1/appointments", tag = "agenda", operation_id = "agenda_book",
    params(("Idempotency-Key" = String, Header, description = "The caller's own name for this booking: a UUID", max_length = 80)),
    request_body = BookingBody,
    responses(
        (status = 201, body = BookedView),
        (status = 202, body = QueuedView, description = "It waits; ask `status_url`"),
        (status = 409, body = TakenView, description = "`hour_taken` with alternatives; `in_progress`, `given_up`"),
        (status = 422, description = "`refused` with Trinks' words; `unknown_service`; `idempotency_key_reused`")))]
async fn book(agenda: &Agenda, call: &Call<'_>, caller: &Caller) -> Result<Response<Body>, Problem> {
    let id = call.idempotency_key()?;
    let wish = Wish::read(call.body()?)?;
    let queue = wish.queue;
    let stored: Option<RequestRecord> = agenda.table.get(&keys::trinks_request(caller.salon.id(), &id)).await?;
    let turn = match stored {
        // What was answered stands, though its hour be over and its service gone: nothing is checked anew.
        Some(record) => match repeat(agenda, call, &caller.salon, record, &wish.fingerprint()).await? {
            Repeated::Answered(response) => return Ok(response),
            Repeated::TakenOver(record) => Turn { record, look_first: true, queue },
        },
        None => Turn { record: begin(agenda, call, &caller.salon, id, wish).await?, look_first: false, queue },
    };
    turn.play(agenda, call, caller).await
}

enum Repeated {
    Answered(Response<Body>),
    /// Ours now. An earlier try may have booked.
    TakenOver(RequestRecord),
}

/// What a key that was sent before is answered with.
async fn repeat(
    agenda: &Agenda,
    call: &Call<'_>,
    salon: &Salon,
    mut record: RequestRecord,
    fingerprint: &str,
) -> Result<Repeated, Problem> {
    match record::standing(&record, fingerprint, call.now) {
        Standing::Reused => Err(Problem::key_reused()),
        Standing::Settled => {
            learn_id(agenda, call, salon, &mut record).await;
            outcome::settled(agenda, salon, &record).await.map(Repeated::Answered)
        }
        Standing::Waiting => {
            // It may have died between writing and queueing. Should it wait already, the dispatcher does it once.
            if record.status != RequestStatus::Parked {
                agenda.enqueue(salon, &record.request).await?;
            }
            Ok(Repeated::Answered(outcome::queued(&record.request.id)))
        }
        Standing::InProgress => Err(in_progress()),
        Standing::Abandoned => {
            // Of two repetitions at once, one takes it over.
            let ours = record::write(&agenda.table, &mut record, call.now).await?;
            if ours { Ok(Repeated::TakenOver(record)) } else { Err(in_progress()) }
        }
    }
}

/// Trinks does not always tell an appointment's id at once, and nobody can move or cancel it without: a repetition looks for
/// it. What cannot be found now may be found by the next one.
async fn learn_id(agenda: &Agenda, call: &Call<'_>, salon: &Salon, record: &mut RequestRecord) {
    let Some(BookingOutcome::Booked { appointment: None, client }) = record.booked else { return };
    let Some(booking) = booking_of(record) else { return };
    let found = booker(agenda, call, salon).find(booking, client).await;
    if let Ok(Some(appointment)) = found {
        record.booked = Some(BookingOutcome::Booked { appointment: Some(appointment), client });
        keep(agenda, record, call.now).await;
    }
}

fn booker<'a>(agenda: &'a Agenda, call: &Call<'_>, salon: &'a Salon) -> Booker<'a> {
    Booker { trinks: &agenda.trinks, table: &agenda.table, at: salon.at(), now: salon.local(call.now) }
}

/// Keeps what came of a booking. Should that fail, it is answered all the same, because it is true; and a repetition looks
/// first.
async fn keep(agenda: &Agenda, record: &mut RequestRecord, now: Timestamp) {
    match record::write(&agenda.table, record, now).await {
        Ok(true) => {}
        Ok(false) => tracing::warn!(event = "agenda_outcome_not_kept", identifier = %record.request.id),
        Err(failure) => {
            tracing::warn!(event = "agenda_outcome_not_kept", identifier = %record.request.id, error = %failure);
        }
    }
}

fn in_progress() -> Problem {
    let message = "This booking is in progress. Repeat it after `Retry-After` seconds with the same `Idempotency-Key`.";
    Problem::conflict("in_progress", message).after(limits::IN_PROGRESS_SECONDS)
}

/// Checks what depends on the moment, and writes that somebody is at it.
async fn begin(
    agenda: &Agenda,
    call: &Call<'_>,
    salon: &Salon,
    id: TransactionId,
    wish: Wish,
) -> Result<RequestRecord, Problem> {
    bookable(salon, call.now, wish.starts)?;
    let fingerprint = wish.fingerprint();
    let service = lists::service(agenda, salon, wish.service, call.now).await?;
    let record = record::begun(salon, id, fingerprint, wish.booking(&service), call.now);
    // The same booking sent twice at once: one of them begins it.
    if record::begin(&agenda.table, &record).await? { Ok(record) } else { Err(in_progress()) }
}

/// 400 for an hour that is over or too far away.
pub(crate) fn bookable(salon: &Salon, now: Timestamp, starts: jiff::civil::DateTime) -> Result<(), Problem> {
    let local = salon.local(now);
    let latest = local.saturating_add(limits::DAYS_AHEAD.days());
    if starts > local && starts <= latest {
        return Ok(());
    }
    let must = format!("in the future and within {} days; at the salon it is {local:.0}", limits::DAYS_AHEAD);
    Err(Problem::field("starts", must))
}

/// One try of a booking that is ours.
struct Turn {
    record: RequestRecord,
    /// An earlier try may have booked.
    look_first: bool,
    /// The caller would rather wait than be refused.
    queue: bool,
}

impl Turn {
    async fn play(mut self, agenda: &Agenda, call: &Call<'_>, caller: &Caller) -> Result<Response<Body>, Problem> {
        let Some(booking) = booking_of(&self.record) else { return Err(Problem::key_reused()) };
        match booker(agenda, call, &caller.salon).book(booking, self.look_first).await {
            Ok(outcome) => {
                self.audit(caller, &outcome);
                self.record.settle(outcome);
                keep(agenda, &mut self.record, call.now).await;
                outcome::settled(agenda, &caller.salon, &self.record).await
            }
            Err(error) => self.failed(agenda, call, caller, error).await,
        }
    }

    fn audit(&self, caller: &Caller, outcome: &BookingOutcome) {
        if let BookingOutcome::Booked { appointment, .. } = outcome {
            let appointment = appointment.map_or_else(|| "unknown".to_owned(), |id| id.to_string());
            caller.did("book", format_args!("{appointment} by {}", self.record.request.id));
        }
    }

    async fn failed(
        self,
        agenda: &Agenda,
        call: &Call<'_>,
        caller: &Caller,
        error: TrinksError,
    ) -> Result<Response<Body>, Problem> {
        match error {
            TrinksError::MinuteSpent { again_at } | TrinksError::MonthSpent { again_at }
                if self.queue && self.is_of_use_at(&caller.salon, again_at) =>
            {
                self.wait(agenda, call, caller, again_at, &error).await
            }
            TrinksError::Conflict => {
                self.let_go(agenda).await;
                let message =
                    "Trinks will not create this client: it conflicts with one on file. Book with `client.id`.";
                Err(Problem::conflict("client_conflict", message))
            }
            TrinksError::MinuteSpent { .. }
            | TrinksError::MonthSpent { .. }
            | TrinksError::KeyRefused { .. }
            | TrinksError::Unavailable { maybe_done: false, .. } => {
                self.let_go(agenda).await;
                Err(error.into())
            }
            // The record stays as begun: a repetition looks before it books.
            TrinksError::Unreadable(_) | TrinksError::Platform(_) => {
                tracing::error!(event = "agenda_outcome_unknown", identifier = %self.record.request.id, error = %error);
                Err(Problem::unknown())
            }
            other => Err(other.into()),
        }
    }

    /// Whether the hour is still to come by then: nobody shall wait for what cannot be made. What may have been made already
    /// is looked for at any time.
    fn is_of_use_at(&self, salon: &Salon, at: Timestamp) -> bool {
        self.look_first || booking_of(&self.record).is_some_and(|booking| salon.local(at) < booking.starts)
    }

    /// Nothing was booked: the key is free again. After an earlier try nobody knows, so the record stays.
    async fn let_go(&self, agenda: &Agenda) {
        if self.look_first {
            return;
        }
        if let Err(failure) = agenda.table.delete(&record::key_of(&self.record)).await {
            // Then a repetition waits a little, and looks first.
            tracing::warn!(event = "agenda_key_not_freed", identifier = %self.record.request.id, error = %failure);
        }
    }

    /// Hands the booking to the dispatcher: first the record, then the message, so that the dispatcher finds whose it is. A
    /// repetition sends the message again, should this die in between.
    async fn wait(
        mut self,
        agenda: &Agenda,
        call: &Call<'_>,
        caller: &Caller,
        again_at: Timestamp,
        reason: &TrinksError,
    ) -> Result<Response<Body>, Problem> {
        // The dispatcher looks before it books what it finds begun.
        self.record.status = if self.look_first { RequestStatus::Started } else { RequestStatus::Queued };
        self.record.reason = Some(reason.to_string());
        self.record.request.queued_at = call.now;
        self.record.ttl = record::kept_from(again_at.max(call.now));
        if !record::write(&agenda.table, &mut self.record, call.now).await? {
            return Err(in_progress());
        }
        agenda.enqueue(&caller.salon, &self.record.request).await?;
        caller.did("queue_booking", &self.record.request.id);
        Ok(outcome::queued(&self.record.request.id))
    }
}
