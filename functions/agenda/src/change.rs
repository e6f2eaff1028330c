//! Changes of an appointment, once per `Idempotency-Key`.
//!
//! Unlike a booking, a change can be seen at the appointment itself: whoever does not know whether it was done reads it,
//! and writes only what differs. The record under the key keeps the answer, so that a late repetition does not undo what
//! was changed since.

use jiff::{SignedDuration, Timestamp};
use lambda_http::{Body, Response};
use ponte_domain::fingerprint::Fingerprint;
use ponte_domain::trinks::AppointmentId;
use ponte_platform::failure::Failure;
use ponte_platform::http::json_text;
use ponte_platform::keys::{self, Key};
use ponte_platform::table::{Replaced, Table};
use ponte_trinks::client::RestAppointment;
use ponte_trinks::events::AppointmentStatus;
use ponte_trinks::requests::KEPT_DAYS;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::agenda::{Agenda, Salon};
use crate::call::Call;
use crate::problem::Problem;
use crate::views::AppointmentView;

/// An appointment after a change.
#[derive(Serialize, ToSchema)]
#[schema(as = AgendaChangedAppointment)]
pub(crate) struct ChangedView {
    #[serde(flatten)]
    pub(crate) appointment: AppointmentView,
    /// `false`: it was so already, and nothing was written.
    pub(crate) changed: bool,
}

/// The kinds of change; a key may stand for one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Reschedule,
    Confirm,
    Cancel,
}

impl Change {
    /// The name that keys and logs use.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reschedule => "reschedule",
            Self::Confirm => "confirm",
            Self::Cancel => "cancel",
        }
    }
}

/// A change as it is stored: what its key stands for, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ChangeRecord {
    fingerprint: String,
    appointment: AppointmentId,
    /// What was answered; none while it is not known to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Kept>,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    at: Timestamp,
    version: u64,
    ttl: i64,
}

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    status: u16,
    body: String,
}

/// What a key stands for.
pub(crate) enum Taken {
    /// It was done: the same answer again.
    Answered(Response<Body>),
    /// It is to be done, or to be looked at again.
    Ours(Turn),
}

/// A change that is to be done.
pub(crate) struct Turn {
    key: Key,
    record: ChangeRecord,
}

/// Binds the caller's key to a change, or finds what was answered to it before.
pub(crate) async fn take(
    agenda: &Agenda,
    salon: &Salon,
    call: &Call<'_>,
    change: Change,
    appointment: AppointmentId,
    meaning: Fingerprint,
) -> Result<Taken, Problem> {
    let id = call.idempotency_key()?;
    let pk = keys::trinks_request(salon.id(), &id).pk;
    let key = Key { pk, sk: change.as_str().to_ascii_uppercase() };
    let fingerprint = meaning.with(Some(change.as_str())).with(Some(&appointment.to_string())).finish();
    let ttl = call.now.saturating_add(SignedDuration::from_hours(24 * KEPT_DAYS)).unwrap_or(call.now).as_second();
    let fresh = ChangeRecord { fingerprint, appointment, answer: None, at: call.now, version: 1, ttl };
    let record = bind(&agenda.table, &key, fresh).await?;
    Ok(match record.answer {
        Some(kept) => Taken::Answered(json_text(kept.status, kept.body)),
        None => Taken::Ours(Turn { key, record }),
    })
}

/// The record that stands under the key: the fresh one, or an earlier one of the same meaning.
async fn bind(table: &Table, key: &Key, fresh: ChangeRecord) -> Result<ChangeRecord, Problem> {
    match table.replace(key, &fresh, 0).await? {
        Replaced::Written => Ok(fresh),
        Replaced::Current(Some(record)) if record.fingerprint == fresh.fingerprint => Ok(record),
        Replaced::Current(Some(_)) => Err(Problem::key_reused()),
        Replaced::Current(None) => Err(Failure::Unavailable("a record came and went".into()).into()),
    }
}

impl Turn {
    /// Answers, and keeps the answer. Should keeping fail, it is answered all the same: a repetition finds the appointment
    /// as it is now.
    pub(crate) async fn answer(
        mut self,
        agenda: &Agenda,
        call: &Call<'_>,
        status: u16,
        view: &impl Serialize,
    ) -> Result<Response<Body>, Problem> {
        let body = serde_json::to_string(view).map_err(|error| Failure::Bug(error.to_string()))?;
        let read = self.record.version;
        self.record.answer = Some(Kept { status, body: body.clone() });
        self.record.version += 1;
        self.record.at = call.now;
        match agenda.table.replace(&self.key, &self.record, read).await {
            Ok(Replaced::Written) => {}
            // The same change sent twice at once: both did it, which is once.
            Ok(Replaced::Current(_)) => tracing::info!(event = "agenda_change_twice", key = self.key.sk),
            Err(failure) => tracing::warn!(event = "agenda_outcome_not_kept", key = self.key.sk, error = %failure),
        }
        Ok(json_text(status, body))
    }
}

/// 409 for an appointment that is over: changing it would change what was done or paid.
pub(crate) fn must_be_open(found: &RestAppointment) -> Result<(), Problem> {
    match found.status {
        AppointmentStatus::Finished | AppointmentStatus::NoShow | AppointmentStatus::InService => {
            let message = "The appointment has begun or is over: only the salon can change it.";
            Err(Problem::conflict("appointment_closed", message))
        }
        _ => Ok(()),
    }
}

/// 409 for an appointment that was cancelled.
pub(crate) fn must_stand(found: &RestAppointment) -> Result<(), Problem> {
    if found.status.is_cancelled() {
        let message = "The appointment is cancelled. Book another one.";
        return Err(Problem::conflict("appointment_cancelled", message));
    }
    must_be_open(found)
}
