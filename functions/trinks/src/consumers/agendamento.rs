//! `trinks-agendamento`: appointments (events 11 to 13).

use jiff::Timestamp;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::Attempt;
use ponte_platform::table::Unless;
use ponte_platform::until_settled;
use ponte_trinks::client::RestAppointment;
use ponte_trinks::events::{Appointment, AppointmentStatus, ClientNews, TrinksEvent};
use ponte_trinks::picture::AppointmentPicture;

use super::{learn_client, members};
use crate::desk::{Desk, Place};

/// Handles one message.
pub async fn appointment_news(desk: &Desk, body: &str, now: Timestamp) -> Result<(), Failure> {
    let Some(opened) = desk.open(body).await? else { return Ok(()) };
    let (news, cancelled) = match &opened.event.event {
        TrinksEvent::AppointmentCreated(news) | TrinksEvent::AppointmentChanged(news) => (news, false),
        TrinksEvent::AppointmentCancelled(news) => (news, true),
        _ => return Ok(()),
    };
    if let Some(client) = news.client.as_ref().filter(|client| members::says_something(client)) {
        learn_client(desk, &opened.place, client, opened.at, now).await?;
    }
    learn_appointment(desk, &opened.place, news, cancelled, opened.at).await.map(drop)
}

/// Takes news of an appointment into its picture. `true` when they changed it. Of two that happened in the same second, a
/// cancellation is the later.
pub(crate) async fn learn_appointment(
    desk: &Desk,
    place: &Place,
    news: &Appointment,
    cancelled: bool,
    at: Timestamp,
) -> Result<bool, Failure> {
    let key = keys::trinks_appointment(place.id(), news.id);
    Ok(until_settled!(async {
        let current: Option<AppointmentPicture> = desk.table.get(&key).await?;
        let outdated = |current: &AppointmentPicture| {
            at < current.heard_at || (at == current.heard_at && current.status.is_cancelled())
        };
        if current.as_ref().is_some_and(outdated) {
            return Ok(Attempt::Done(false));
        }
        let next = merged(place, current.as_ref(), news, cancelled, at);
        let says_nothing =
            |current: &AppointmentPicture| AppointmentPicture { heard_at: at, ..current.clone() } == next;
        let changed = !current.as_ref().is_some_and(says_nothing);
        if !changed && current.as_ref().is_some_and(|current| at == current.heard_at) {
            return Ok(Attempt::Done(false));
        }
        let version = current.map_or(0, |current| current.version);
        let next = AppointmentPicture { version: version + 1, ..next };
        let written = desk.table.put(&key, &next, Unless::VersionIsNot(version)).await?;
        Ok(if written { Attempt::Done(changed) } else { Attempt::Conflict })
    }))
}

/// What an event leaves out stays as it was: a cancellation may say nothing but the id.
fn merged(
    place: &Place,
    current: Option<&AppointmentPicture>,
    news: &Appointment,
    cancelled: bool,
    at: Timestamp,
) -> AppointmentPicture {
    let told = if cancelled { Some(AppointmentStatus::Cancelled) } else { news.status.clone() };
    let old = |status: &AppointmentPicture| status.status.clone();
    AppointmentPicture {
        salon: place.id(),
        program: place.program().clone(),
        id: news.id,
        client: news.client.as_ref().map(|client| client.client).or_else(|| current?.client),
        professional: news.professional.or_else(|| current?.professional),
        service: news.service.or_else(|| current?.service),
        general_service: news.general_service.or_else(|| current?.general_service),
        service_name: news.service_name.clone().or_else(|| current?.service_name.clone()),
        starts: news.starts.or_else(|| current?.starts),
        minutes: news.minutes.or_else(|| current?.minutes),
        price: news.price.or_else(|| current?.price),
        status: told.or_else(|| current.map(old)).unwrap_or(AppointmentStatus::Other(String::new())),
        heard_at: at,
        version: current.map_or(0, |current| current.version),
    }
}

/// What REST tells of an appointment, as an event would.
pub(crate) fn as_event(found: &RestAppointment) -> Appointment {
    Appointment {
        id: found.id,
        client: found.client.map(ClientNews::only),
        professional: found.professional,
        service: found.service,
        general_service: None,
        service_name: found.service_name.clone(),
        starts: Some(found.starts),
        minutes: Some(found.minutes),
        price: Some(found.price),
        status: Some(found.status.clone()),
        origin: None,
    }
}
