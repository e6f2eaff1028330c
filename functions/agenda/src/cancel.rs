//! `POST /agenda/v1/appointments/{id}/cancellation`.

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::fingerprint::Fingerprint;
use ponte_domain::trinks::AppointmentId;
use ponte_trinks::client::CancelledBy;
use ponte_trinks::events::AppointmentStatus;
use utoipa::ToSchema;

use crate::access::{Caller, authenticate};
use crate::agenda::Agenda;
use crate::appointment::find;
use crate::call::Call;
use crate::change::{Change, ChangedView, Taken, must_be_open, take};
use crate::limits;
use crate::problem::{Problem, answer};
use crate::read::{self, Checks, Object};
use crate::views::AppointmentView;

/// Why an appointment is cancelled, and by whom.
#[derive(ToSchema)]
#[schema(as = AgendaCancellation)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct CancellationBody {
    /// Shown to the salon.
    #[schema(min_length = 1, max_length = 200, example = "Não poderei comparecer")]
    reason: String,
    /// `client` or `establishment`.
    #[schema(default = "client", example = "client")]
    by: Option<String>,
}

/// A cancellation, read.
struct Cancellation {
    reason: String,
    by: CancelledBy,
}

/// Answers one call.
pub async fn handle(agenda: &Agenda, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(agenda, &Call::new(request, now)).await)
}

async fn route(agenda: &Agenda, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(agenda, call).await?;
    cancel(agenda, call, &caller, call.appointment("POST", &["cancellation"])?).await
}

/// Cancels an appointment.
///
/// One that is cancelled already stays so, with the reason it has.
#[utoipa::path(post, path = "/agenda/v1/appointments/{id}/cancellation", tag = "agenda", operation_id = "agenda_cancel",
    params(
        ("id" = u64, Path, description = "The appointment's id"),
        ("Idempotency-Key" = String, Header, description = "The caller's own name for this change: a UUID", max_length = 80)),
    request_body = CancellationBody,
    responses(
        (status = 200, body = ChangedView),
        (status = 404, description = "`appointment_not_found`"),
        (status = 409, description = "`appointment_closed`"),
        (status = 422, description = "`refused` with Trinks' words; `idempotency_key_reused`")))]
async fn cancel(
    agenda: &Agenda,
    call: &Call<'_>,
    caller: &Caller,
    id: AppointmentId,
) -> Result<Response<Body>, Problem> {
    let Cancellation { reason, by } = Cancellation::read(call.body()?)?;
    let salon = &caller.salon;
    let meaning = Fingerprint::default().with(Some(&reason)).with(Some(name(by)));
    let turn = match take(agenda, salon, call, Change::Cancel, id, meaning).await? {
        Taken::Answered(response) => return Ok(response),
        Taken::Ours(turn) => turn,
    };
    let mut found = find(agenda, salon, id).await?;
    must_be_open(&found)?;
    let changed = !found.status.is_cancelled();
    if changed {
        agenda.trinks.cancel(salon.at(), id, by, &reason).await?;
        caller.did(Change::Cancel.as_str(), id);
        found.status = AppointmentStatus::Cancelled;
    }
    turn.answer(agenda, call, 200, &ChangedView { appointment: AppointmentView::of(&found, salon), changed }).await
}

fn name(by: CancelledBy) -> &'static str {
    match by {
        CancelledBy::Client => "client",
        CancelledBy::Establishment => "establishment",
    }
}

impl Cancellation {
    fn read(text: &str) -> Result<Self, Problem> {
        let mut checks = Checks::default();
        let body = Object::parse(text, &["reason", "by"], &mut checks)?;
        let reason = body.required(&mut checks, "reason", read::text_must(limits::REASON_CHARS), |text| {
            read::fits(text, limits::REASON_CHARS).then(|| text.to_owned())
        });
        let by = body.read(&mut checks, "by", "`client` or `establishment`", |text| {
            [CancelledBy::Client, CancelledBy::Establishment].into_iter().find(|by| name(*by) == text)
        });
        let (Some(reason), true) = (reason, checks.are_fine()) else { return Err(checks.problem()) };
        Ok(Self { reason, by: by.unwrap_or(CancelledBy::Client) })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_cancellation_needs_a_reason_and_is_the_clients_unless_said() {
        assert_eq!(Cancellation::read(r#"{"reason":"Viagem"}"#).ok().unwrap().by, CancelledBy::Client);
        let by = Cancellation::read(r#"{"reason":"Viagem","by":"establishment"}"#).ok().unwrap().by;
        assert_eq!(by, CancelledBy::Establishment);
        for (text, wrong) in
            [("{}", "reason"), (r#"{"reason":"  "}"#, "reason"), (r#"{"reason":"x","by":"cat"}"#, "by")]
        {
            assert_eq!(Cancellation::read(text).err().unwrap().wrong(), [wrong], "{text}");
        }
    }
}
