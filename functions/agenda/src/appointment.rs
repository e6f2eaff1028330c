//! `GET /agenda/v1/appointments/{id}`, and finding an appointment of a salon.

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::trinks::AppointmentId;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_trinks::client::{Period, RestAppointment, TrinksError};
use ponte_trinks::picture::AppointmentPicture;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, authenticate};
use crate::agenda::{Agenda, Salon};
use crate::call::Call;
use crate::lists::Age;
use crate::problem::{Problem, answer};
use crate::views::AppointmentView;

/// An appointment, and where that was read.
#[derive(Serialize, ToSchema)]
#[schema(as = AgendaShownAppointment)]
pub(crate) struct ShownView {
    #[serde(flatten)]
    appointment: AppointmentView,
    /// `trinks`; or `copy`, what its webhooks told last, while Trinks cannot be asked.
    #[schema(example = "trinks")]
    source: &'static str,
    #[serde(flatten)]
    age: Age,
}

/// Answers one call.
pub async fn handle(agenda: &Agenda, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(agenda, &Call::new(request, now)).await)
}

async fn route(agenda: &Agenda, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(agenda, call).await?;
    show(agenda, call, &caller, call.appointment("GET", &[])?).await
}

/// Shows an appointment.
///
/// While no call to Trinks is left, or Trinks is down, what was last heard of it is answered, with its age.
#[utoipa::path(get, path = "/agenda/v1/appointments/{id}", tag = "agenda", operation_id = "agenda_appointment",
    params(("id" = u64, Path, description = "The appointment's id")),
    responses((status = 200, body = ShownView), (status = 404, description = "`appointment_not_found`")))]
async fn show(agenda: &Agenda, call: &Call<'_>, caller: &Caller, id: AppointmentId) -> Result<Response<Body>, Problem> {
    let salon = &caller.salon;
    let (appointment, source, read_at) = match agenda.trinks.appointment(salon.at(), id).await {
        Ok(found) => {
            must_belong(agenda, salon, &found).await?;
            (AppointmentView::of(&found, salon), "trinks", call.now)
        }
        Err(
            error
            @ (TrinksError::MinuteSpent { .. } | TrinksError::MonthSpent { .. } | TrinksError::Unavailable { .. }),
        ) => match picture(agenda, salon, id).await? {
            Some(picture) => (AppointmentView::of_picture(&picture, salon), "copy", picture.heard_at),
            None => return Err(error.into()),
        },
        Err(error) => return Err(not_found(error)),
    };
    Ok(json(200, &ShownView { appointment, source, age: Age::new(read_at, call.now) }))
}

/// An appointment of the salon, as Trinks tells it now.
pub(crate) async fn find(agenda: &Agenda, salon: &Salon, id: AppointmentId) -> Result<RestAppointment, Problem> {
    let found = agenda.trinks.appointment(salon.at(), id).await.map_err(not_found)?;
    must_belong(agenda, salon, &found).await?;
    Ok(found)
}

fn not_found(error: TrinksError) -> Problem {
    match error {
        TrinksError::NotFound(_) => Problem::no_appointment(),
        other => other.into(),
    }
}

async fn picture(agenda: &Agenda, salon: &Salon, id: AppointmentId) -> Result<Option<AppointmentPicture>, Problem> {
    Ok(agenda.table.get(&keys::trinks_appointment(salon.id(), id)).await?)
}

/// 404 for another salon's appointment. An API key opens all salons of its owner, and nothing says that Trinks compares the
/// salon where an appointment is asked for by id: lists it does keep apart. So, where the key opens several salons and no
/// webhook told whose it is, the day's list decides.
async fn must_belong(agenda: &Agenda, salon: &Salon, found: &RestAppointment) -> Result<(), Problem> {
    if salon.alone || picture(agenda, salon, found.id).await?.is_some() {
        return Ok(());
    }
    let day = found.starts.date();
    let period = Period { from: day, to: day };
    let mut page = 1;
    loop {
        let listed = agenda.trinks.appointments(salon.at(), period, found.client, page).await?;
        if listed.items.iter().any(|one| one.id == found.id) {
            return Ok(());
        }
        // Without a client a busy day has several pages.
        if listed.is_last() || page >= 10 {
            return Err(Problem::no_appointment());
        }
        page += 1;
    }
}
