//! What the agenda answers about appointments.

use jiff::civil::{DateTime, Time};
use ponte_domain::agenda::Slot;
use ponte_domain::trinks::{SalonClientId, SalonProfessionalId, SalonServiceId};
use ponte_platform::wire_money::WireMoney;
use ponte_trinks::client::{Professional, RestAppointment};
use ponte_trinks::picture::AppointmentPicture;
use serde::Serialize;
use utoipa::ToSchema;

use crate::agenda::Salon;

/// An appointment. Whose it is, is told by number only.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgendaAppointment)]
pub(crate) struct AppointmentView {
    #[schema(example = 5_000_001)]
    pub(crate) id: u64,
    /// `awaiting_confirmation`, `confirmed`, `in_service`, `finished`, `no_show`, `cancelled`, or Trinks' own word.
    #[schema(example = "confirmed")]
    pub(crate) status: String,
    /// The client's id at the salon.
    #[schema(example = 8_000_001)]
    pub(crate) client: Option<u64>,
    #[schema(example = 1_300_001)]
    pub(crate) service: Option<u64>,
    #[schema(example = "Corte")]
    pub(crate) service_name: Option<String>,
    #[schema(example = 700_001)]
    pub(crate) professional: Option<u64>,
    /// By the salon's clock.
    #[schema(example = "2026-12-01T14:00")]
    pub(crate) starts: Option<String>,
    #[schema(example = 40)]
    pub(crate) minutes: Option<u32>,
    pub(crate) price: Option<WireMoney>,
    /// Whose clock `starts` is of.
    #[schema(example = "America/Sao_Paulo")]
    pub(crate) time_zone: String,
}

impl AppointmentView {
    /// As Trinks tells it.
    pub(crate) fn of(found: &RestAppointment, salon: &Salon) -> Self {
        Self {
            id: found.id.number(),
            status: found.status.name().to_owned(),
            client: found.client.map(SalonClientId::number),
            service: found.service.map(SalonServiceId::number),
            service_name: found.service_name.clone(),
            professional: found.professional.map(SalonProfessionalId::number),
            starts: Some(local(found.starts)),
            minutes: Some(found.minutes),
            price: Some(found.price.into()),
            time_zone: salon.time_zone().to_owned(),
        }
    }

    /// As it was last heard of.
    pub(crate) fn of_picture(picture: &AppointmentPicture, salon: &Salon) -> Self {
        Self {
            id: picture.id.number(),
            status: picture.status.name().to_owned(),
            client: picture.client.map(SalonClientId::number),
            service: picture.service.map(SalonServiceId::number),
            service_name: picture.service_name.clone(),
            professional: picture.professional.map(SalonProfessionalId::number),
            starts: picture.starts.map(local),
            minutes: picture.minutes,
            price: picture.price.map(WireMoney::from),
            time_zone: salon.time_zone().to_owned(),
        }
    }
}

/// A free hour near one that was taken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgendaAlternative)]
pub(crate) struct AlternativeView {
    /// By the salon's clock.
    #[schema(example = "2026-12-01T14:30")]
    pub(crate) starts: String,
    #[schema(example = 700_001)]
    pub(crate) professional: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ana")]
    pub(crate) professional_name: Option<String>,
}

/// 409: the hour was taken meanwhile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgendaHourTaken)]
pub(crate) struct TakenView {
    /// `hour_taken`.
    #[schema(example = "hour_taken")]
    error: &'static str,
    message: &'static str,
    /// The nearest free hours of that day, the nearest first; none where there are none or Trinks could not be asked.
    alternatives: Vec<AlternativeView>,
    /// Whose clock they are of.
    time_zone: String,
}

impl TakenView {
    pub(crate) fn new(alternatives: Vec<AlternativeView>, salon: &Salon) -> Self {
        let message =
            "The hour is taken; nothing was done. Choose another one, and send it with a new `Idempotency-Key`.";
        Self { error: "hour_taken", message, alternatives, time_zone: salon.time_zone().to_owned() }
    }
}

/// Hours to choose from, without those that were over when they were found.
pub(crate) fn alternatives(slots: &[Slot], found_at: DateTime, professionals: &[Professional]) -> Vec<AlternativeView> {
    let name = |slot: &Slot| professionals.iter().find(|one| one.id == slot.professional).map(|one| one.name.clone());
    let view = |slot: &Slot| AlternativeView {
        starts: local(slot.starts),
        professional: slot.professional.number(),
        professional_name: name(slot),
    };
    slots.iter().filter(|slot| slot.starts > found_at).map(view).collect()
}

/// A time by the salon's clock, as `2026-12-01T14:00`.
pub(crate) fn local(at: DateTime) -> String {
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// An hour, as `14:00`.
pub(crate) fn hour(at: Time) -> String {
    at.strftime("%H:%M").to_string()
}
