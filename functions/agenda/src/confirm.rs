//! `POST /agenda/v1/appointments/{id}/confirmation`.

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::fingerprint::Fingerprint;
use ponte_domain::trinks::AppointmentId;
use ponte_trinks::client::StatusChange;
use ponte_trinks::events::AppointmentStatus;

use crate::access::{Caller, authenticate};
use crate::agenda::Agenda;
use crate::appointment::find;
use crate::call::Call;
use crate::change::{Change, ChangedView, Taken, must_stand, take};
use crate::problem::{Problem, answer};
use crate::read::{Checks, Object};
use crate::views::AppointmentView;

/// Answers one call.
pub async fn handle(agenda: &Agenda, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(agenda, &Call::new(request, now)).await)
}

async fn route(agenda: &Agenda, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(agenda, call).await?;
    confirm(agenda, call, &caller, call.appointment("POST", &["confirmation"])?).await
}

/// Confirms an appointment.
///
/// One that is confirmed already stays so. The body is empty.
#[utoipa::path(post, path = "/agenda/v1/appointments/{id}/confirmation", tag = "agenda", operation_id = "agenda_confirm",
    params(
        ("id" = u64, Path, description = "The appointment's id"),
        ("Idempotency-Key" = String, Header, description = "The caller's own name for this change: a UUID", max_length = 80)),
    responses(
        (status = 200, body = ChangedView),
        (status = 404, description = "`appointment_not_found`"),
        (status = 409, description = "`appointment_cancelled`, `appointment_closed`"),
        (status = 422, description = "`refused` with Trinks' words; `idempotency_key_reused`")))]
async fn confirm(
    agenda: &Agenda,
    call: &Call<'_>,
    caller: &Caller,
    id: AppointmentId,
) -> Result<Response<Body>, Problem> {
    let mut checks = Checks::default();
    Object::parse(call.body()?, &[], &mut checks)?;
    if !checks.are_fine() {
        return Err(checks.problem());
    }
    let salon = &caller.salon;
    let turn = match take(agenda, salon, call, Change::Confirm, id, Fingerprint::default()).await? {
        Taken::Answered(response) => return Ok(response),
        Taken::Ours(turn) => turn,
    };
    let mut found = find(agenda, salon, id).await?;
    must_stand(&found)?;
    let changed = found.status != AppointmentStatus::Confirmed;
    if changed {
        agenda.trinks.set_status(salon.at(), id, StatusChange::Confirmed).await?;
        caller.did(Change::Confirm.as_str(), id);
        found.status = AppointmentStatus::Confirmed;
    }
    turn.answer(agenda, call, 200, &ChangedView { appointment: AppointmentView::of(&found, salon), changed }).await
}
