//! `PUT /agenda/v1/appointments/{id}`: moves an appointment.

use jiff::Timestamp;
use jiff::civil::DateTime;
use lambda_http::{Body, Request, Response};
use ponte_domain::fingerprint::Fingerprint;
use ponte_domain::personal::PersonalText;
use ponte_domain::trinks::{AppointmentId, SalonProfessionalId, SalonServiceId};
use ponte_trinks::booking::{Booker, Wanted};
use ponte_trinks::client::{NewAppointment, RestAppointment, Service, TrinksError};
use utoipa::ToSchema;

use crate::access::{Caller, authenticate};
use crate::agenda::{Agenda, Salon};
use crate::appointment::find;
use crate::book::{bookable, note};
use crate::call::Call;
use crate::change::{Change, ChangedView, Taken, must_stand, take};
use crate::lists;
use crate::problem::{Problem, answer};
use crate::read::{self, Checks, Object};
use crate::views::{self, AppointmentView, TakenView};

/// Where an appointment is moved. What is left out stays as it is.
#[derive(ToSchema)]
#[schema(as = AgendaRescheduling, example = json!({ "starts": "2026-12-01T15:30" }))]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct RescheduleBody {
    /// By the salon's clock, to the minute, without an offset.
    #[schema(example = "2026-12-01T15:30")]
    starts: String,
    professional: Option<u64>,
    /// With another service, that service's own where it is left out.
    #[schema(minimum = 5, maximum = 720)]
    minutes: Option<u32>,
    /// Another service brings its own price.
    service: Option<u64>,
    /// Replaces the note to the salon.
    #[schema(max_length = 200)]
    notes: Option<String>,
}

/// A move, as it was said.
struct Move {
    starts: DateTime,
    professional: Option<SalonProfessionalId>,
    minutes: Option<u32>,
    service: Option<SalonServiceId>,
    notes: Option<PersonalText>,
}

/// Answers one call.
pub async fn handle(agenda: &Agenda, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(agenda, &Call::new(request, now)).await)
}

async fn route(agenda: &Agenda, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(agenda, call).await?;
    reschedule(agenda, call, &caller, call.appointment("PUT", &[])?).await
}

/// Moves an appointment.
///
/// What is left out stays as it is. One that is there already stays untouched. 409 `hour_taken` brings the nearest free
/// hours.
#[utoipa::path(put, path = "/agenda/v1/appointments/{id}", tag = "agenda", operation_id = "agenda_reschedule",
    params(
        ("id" = u64, Path, description = "The appointment's id"),
        ("Idempotency-Key" = String, Header, description = "The caller's own name for this change: a UUID", max_length = 80)),
    request_body = RescheduleBody,
    responses(
        (status = 200, body = ChangedView),
        (status = 404, description = "`appointment_not_found`"),
        (status = 409, body = TakenView, description = "`hour_taken` with alternatives; `appointment_cancelled`, `appointment_closed`, `appointment_incomplete`"),
        (status = 422, description = "`refused` with Trinks' words; `unknown_service`; `idempotency_key_reused`")))]
async fn reschedule(
    agenda: &Agenda,
    call: &Call<'_>,
    caller: &Caller,
    id: AppointmentId,
) -> Result<Response<Body>, Problem> {
    let wanted = Move::read(call.body()?)?;
    let salon = &caller.salon;
    let turn = match take(agenda, salon, call, Change::Reschedule, id, wanted.meaning()).await? {
        Taken::Answered(response) => return Ok(response),
        Taken::Ours(turn) => turn,
    };
    let found = find(agenda, salon, id).await?;
    must_stand(&found)?;
    let service = new_service(agenda, call, salon, &wanted, &found).await?;
    let to = wanted.merged(&found, service.as_ref())?;
    let changed = !is_there(&found, &to);
    if changed {
        bookable(salon, call.now, to.starts)?;
        match agenda.trinks.reschedule(salon.at(), id, &to).await {
            Ok(()) => caller.did(Change::Reschedule.as_str(), id),
            Err(TrinksError::Conflict) => {
                let taken = taken(agenda, call, salon, &to).await;
                return turn.answer(agenda, call, 409, &taken).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let appointment = AppointmentView::of(&moved(found, &to, service), salon);
    turn.answer(agenda, call, 200, &ChangedView { appointment, changed }).await
}

/// The service, where it is another one.
async fn new_service(
    agenda: &Agenda,
    call: &Call<'_>,
    salon: &Salon,
    wanted: &Move,
    found: &RestAppointment,
) -> Result<Option<Service>, Problem> {
    match wanted.service.filter(|wanted| found.service != Some(*wanted)) {
        Some(id) => lists::service(agenda, salon, id, call.now).await.map(Some),
        None => Ok(None),
    }
}

async fn taken(agenda: &Agenda, call: &Call<'_>, salon: &Salon, to: &NewAppointment) -> TakenView {
    let wanted = Wanted { service: to.service, minutes: to.minutes, starts: to.starts, professional: to.professional };
    let now = salon.local(call.now);
    let booker = Booker { trinks: &agenda.trinks, table: &agenda.table, at: salon.at(), now };
    let slots = booker.alternatives(&wanted).await;
    let professionals = lists::known_professionals(agenda, salon, call.now).await;
    TakenView::new(views::alternatives(&slots, now, &professionals), salon)
}

/// Whether an appointment has all that is wanted already.
fn is_there(found: &RestAppointment, to: &NewAppointment) -> bool {
    found.starts == to.starts
        && found.professional == to.professional
        && found.minutes == to.minutes
        && found.service == Some(to.service)
        && found.notes == to.notes
}

/// The appointment as it is after the move: reading it again would cost a call.
fn moved(found: RestAppointment, to: &NewAppointment, service: Option<Service>) -> RestAppointment {
    RestAppointment {
        service: Some(to.service),
        service_name: service.map(|service| service.name).or(found.service_name),
        professional: to.professional,
        starts: to.starts,
        minutes: to.minutes,
        price: to.price,
        notes: to.notes.clone(),
        ..found
    }
}

impl Move {
    fn read(text: &str) -> Result<Self, Problem> {
        let mut checks = Checks::default();
        let known = ["starts", "professional", "minutes", "service", "notes"];
        let body = Object::parse(text, &known, &mut checks)?;
        let starts = body.required(&mut checks, "starts", read::LOCAL_TIME, read::local_time);
        let professional = body.read(&mut checks, "professional", read::ID, read::id);
        let minutes = body.read(&mut checks, "minutes", read::minutes_must(), read::minutes);
        let service = body.read(&mut checks, "service", read::ID, read::id);
        let notes = note(&body, &mut checks);
        let (Some(starts), true) = (starts, checks.are_fine()) else { return Err(checks.problem()) };
        Ok(Self { starts, professional, minutes, service, notes })
    }

    fn meaning(&self) -> Fingerprint {
        Fingerprint::default()
            .with(Some(&self.starts.to_string()))
            .with(self.professional.map(|id| id.to_string()).as_deref())
            .with(self.minutes.map(|minutes| minutes.to_string()).as_deref())
            .with(self.service.map(|id| id.to_string()).as_deref())
            .with(self.notes.as_ref().map(PersonalText::expose))
    }

    /// The whole appointment as it is to be: Trinks erases what a PUT leaves out.
    fn merged(&self, found: &RestAppointment, service: Option<&Service>) -> Result<NewAppointment, Problem> {
        let incomplete = || {
            let message = "Trinks does not tell whose appointment it is, or for what: moving it would erase that. Move it at the salon.";
            Problem::conflict("appointment_incomplete", message)
        };
        let minutes = self.minutes.or(service.map(|service| service.minutes.max(1)));
        Ok(NewAppointment {
            client: found.client.ok_or_else(incomplete)?,
            service: service.map(|service| service.id).or(found.service).ok_or_else(incomplete)?,
            professional: self.professional.or(found.professional),
            starts: self.starts,
            minutes: minutes.unwrap_or(found.minutes),
            price: service.map_or(found.price, |service| service.price),
            notes: self.notes.as_ref().map(|notes| notes.expose().to_owned()).or_else(|| found.notes.clone()),
            confirmed: false,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ponte_domain::money::Money;
    use ponte_domain::trinks::SalonClientId;
    use ponte_trinks::events::AppointmentStatus;

    use super::*;

    fn found() -> RestAppointment {
        RestAppointment {
            id: AppointmentId::new(5).unwrap(),
            status: AppointmentStatus::Confirmed,
            client: SalonClientId::new(8),
            service: SalonServiceId::new(7),
            service_name: Some("Corte".into()),
            professional: SalonProfessionalId::new(3),
            starts: "2026-12-01T14:00:00".parse().unwrap(),
            minutes: 40,
            price: Money::from_cents(4_500),
            notes: Some("alergia".into()),
        }
    }

    fn moved_to(text: &str) -> NewAppointment {
        Move::read(text).ok().unwrap().merged(&found(), None).unwrap()
    }

    #[test]
    fn what_is_left_out_stays_as_it_is() {
        let to = moved_to(r#"{"starts":"2026-12-02T09:00"}"#);
        assert_eq!((to.client, to.minutes, to.price), (found().client.unwrap(), 40, found().price));
        assert_eq!((to.professional, to.notes.clone()), (found().professional, found().notes));
        assert!(!is_there(&found(), &to));
    }

    #[test]
    fn an_appointment_that_is_there_already_is_left_alone() {
        assert!(is_there(&found(), &moved_to(r#"{"starts":"2026-12-01T14:00","minutes":40,"professional":3}"#)));
        assert!(!is_there(&found(), &moved_to(r#"{"starts":"2026-12-01T14:00","notes":"outra"}"#)));
    }

    #[test]
    fn another_service_brings_its_price_and_duration() {
        let service = Service {
            id: SalonServiceId::new(9).unwrap(),
            name: "Escova".into(),
            description: None,
            category: None,
            price: Money::from_cents(6_000),
            minutes: 60,
            visible: true,
        };
        let wanted = Move::read(r#"{"starts":"2026-12-01T14:00","service":9}"#).ok().unwrap();
        let to = wanted.merged(&found(), Some(&service)).unwrap();
        assert_eq!((to.service, to.minutes, to.price), (service.id, 60, service.price));
    }

    #[test]
    fn an_appointment_of_nobody_is_not_moved() {
        let nobody = RestAppointment { client: None, ..found() };
        let wanted = Move::read(r#"{"starts":"2026-12-02T09:00"}"#).ok().unwrap();
        assert_eq!(wanted.merged(&nobody, None).unwrap_err().code(), "appointment_incomplete");
    }
}
