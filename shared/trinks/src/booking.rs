//! Booking an appointment: once, whatever is lost on the way.

use jiff::civil::DateTime;
use ponte_domain::agenda::{Slot, nearest};
use ponte_domain::documents::Cpf;
use ponte_domain::money::Money;
use ponte_domain::personal::{Email, PersonalText, Phone};
use ponte_domain::trinks::{AppointmentId, SalonClientId, SalonProfessionalId, SalonServiceId};
use serde::{Deserialize, Serialize};

use crate::client::{At, NewAppointment, NewClient, Period, RestAppointment, Trinks, TrinksError};

/// An appointment that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// Whose.
    pub client: BookingClient,
    /// For what.
    pub service: SalonServiceId,
    /// By whom; whoever is free where nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub professional: Option<SalonProfessionalId>,
    /// When, by the salon's clock.
    pub starts: DateTime,
    /// How long.
    pub minutes: u32,
    /// Its price.
    #[serde(rename = "price_cents")]
    pub price: Money,
    /// A note to the salon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<PersonalText>,
    /// Confirmed at once.
    #[serde(default)]
    pub confirmed: bool,
}

impl Booking {
    /// Drops the person, once it is known what came of the booking.
    pub(crate) fn forget_person(&mut self, outcome: &BookingOutcome) {
        self.notes = None;
        self.client = match outcome {
            BookingOutcome::Booked { client, .. } => BookingClient::Known(*client),
            BookingOutcome::Taken { .. } | BookingOutcome::Refused { .. } => match &self.client {
                BookingClient::Known(id) => BookingClient::Known(*id),
                BookingClient::Person { .. } | BookingClient::Forgotten => BookingClient::Forgotten,
            },
        };
    }
}

/// Whose appointment it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingClient {
    /// A client of the salon.
    Known(SalonClientId),
    /// A person: found by CPF or phone, else created.
    Person {
        /// Name.
        name: PersonalText,
        /// Phone.
        phone: Phone,
        /// CPF, as digits.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "ponte_domain::documents::optional_cpf_digits"
        )]
        cpf: Option<Cpf>,
        /// E-mail.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<Email>,
    },
    /// Nobody any more: the booking came to nothing, and its person is not kept.
    Forgotten,
}

/// What came of a booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingOutcome {
    /// It stands. Trinks does not always tell its id at once.
    Booked {
        /// Its id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        appointment: Option<AppointmentId>,
        /// Whose, as found or created.
        client: SalonClientId,
    },
    /// The hour was taken: the nearest that are free, none where that could not be asked.
    Taken {
        /// Hours to choose from.
        alternatives: Vec<Slot>,
    },
    /// Trinks refuses it, and would again.
    Refused {
        /// Trinks' words.
        reason: String,
    },
}

/// Alternatives that are offered.
pub const ALTERNATIVES: usize = 5;

/// Books. With `look_first`, an earlier try may have booked already: the client's day is read before anything is
/// written. A write whose answer was lost is looked for once; an error after that means that nobody knows yet.
///
/// # Errors
/// What Trinks or the quota said. The booking may be tried again, with `look_first` where the error says that it may have
/// happened.
pub async fn book(
    trinks: &Trinks,
    at: At<'_>,
    booking: &Booking,
    look_first: bool,
) -> Result<BookingOutcome, TrinksError> {
    match attempt(trinks, at, booking, look_first).await {
        Err(TrinksError::Rejected { reason, .. } | TrinksError::NotFound(reason)) => {
            Ok(BookingOutcome::Refused { reason })
        }
        outcome => outcome,
    }
}

async fn attempt(
    trinks: &Trinks,
    at: At<'_>,
    booking: &Booking,
    look_first: bool,
) -> Result<BookingOutcome, TrinksError> {
    let client = client_of(trinks, at, &booking.client).await?;
    if look_first && let Some(found) = find(trinks, at, booking, client).await? {
        return Ok(BookingOutcome::Booked { appointment: Some(found), client });
    }
    let new = NewAppointment {
        client,
        service: booking.service,
        professional: booking.professional,
        starts: booking.starts,
        minutes: booking.minutes,
        price: booking.price,
        notes: booking.notes.as_ref().map(|notes| notes.expose().to_owned()),
        confirmed: booking.confirmed,
    };
    match trinks.book(at, &new).await {
        Ok(Some(appointment)) => Ok(BookingOutcome::Booked { appointment: Some(appointment), client }),
        // Booked, but nobody could cancel it without its id: it is looked for, once.
        Ok(None) => {
            let appointment = find(trinks, at, booking, client).await.ok().flatten();
            Ok(BookingOutcome::Booked { appointment, client })
        }
        // An earlier try of ours may be what took the hour. "Taken" is final: it must be known, not guessed.
        Err(TrinksError::Conflict) if look_first => match find(trinks, at, booking, client).await? {
            Some(found) => Ok(BookingOutcome::Booked { appointment: Some(found), client }),
            None => Ok(taken(trinks, at, booking).await),
        },
        Err(TrinksError::Conflict) => Ok(taken(trinks, at, booking).await),
        Err(TrinksError::Unavailable { why, maybe_done: true }) => match find(trinks, at, booking, client).await {
            Ok(Some(found)) => Ok(BookingOutcome::Booked { appointment: Some(found), client }),
            // A look that found nothing, or failed for whatever reason, does not make the write undone.
            Ok(None) | Err(_) => Err(TrinksError::Unavailable { why, maybe_done: true }),
        },
        Err(error) => Err(error),
    }
}

async fn taken(trinks: &Trinks, at: At<'_>, booking: &Booking) -> BookingOutcome {
    BookingOutcome::Taken { alternatives: alternatives(trinks, at, &Wanted::of(booking)).await }
}

async fn client_of(trinks: &Trinks, at: At<'_>, client: &BookingClient) -> Result<SalonClientId, TrinksError> {
    let (name, phone, cpf, email) = match client {
        BookingClient::Known(id) => return Ok(*id),
        BookingClient::Person { name, phone, cpf, email } => (name, phone, *cpf, email),
        // Only of what is over, which nobody books again.
        BookingClient::Forgotten => return Err(TrinksError::NotFound("the client was forgotten".to_owned())),
    };
    let Some(found) = trinks.find_client(at, cpf, phone).await? else {
        let new = NewClient { name: name.clone(), phone: phone.clone(), cpf, email: email.clone() };
        return trinks.create_client(at, &new).await;
    };
    // A client who was found by phone keeps the CPF that is, or is not, on file: whoever types a phone proves nothing, and
    // the CPF decides whose the bonuses are.
    Ok(found.id)
}

/// The client's appointment of this hour and service, should it stand already.
async fn find(
    trinks: &Trinks,
    at: At<'_>,
    booking: &Booking,
    client: SalonClientId,
) -> Result<Option<AppointmentId>, TrinksError> {
    let day = booking.starts.date();
    let page = trinks.appointments(at, Period { from: day, to: day }, Some(client), 1).await?;
    let same = |found: &RestAppointment| {
        found.client == Some(client)
            && found.starts == booking.starts
            && found.service == Some(booking.service)
            && !found.status.is_cancelled()
            && booking.professional.is_none_or(|wanted| found.professional == Some(wanted))
    };
    Ok(page.items.iter().find(|found| same(found)).map(|found| found.id))
}

/// An hour that somebody wanted and that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// For what.
    pub service: SalonServiceId,
    /// How long.
    pub minutes: u32,
    /// When, by the salon's clock.
    pub starts: DateTime,
    /// By whom, where somebody was named.
    pub professional: Option<SalonProfessionalId>,
}

impl Wanted {
    fn of(booking: &Booking) -> Self {
        let Booking { service, minutes, starts, professional, .. } = *booking;
        Self { service, minutes, starts, professional }
    }
}

/// Free hours near the one that is gone. A refusal without them is better than none, so failures are silent.
pub async fn alternatives(trinks: &Trinks, at: At<'_>, wanted: &Wanted) -> Vec<Slot> {
    let day = wanted.starts.date();
    let free = trinks.free_hours(at, day, wanted.service, wanted.minutes, None).await.unwrap_or_default();
    let slots: Vec<Slot> = free
        .iter()
        .flat_map(|hours| {
            let slot =
                |start: &jiff::civil::Time| Slot { starts: day.to_datetime(*start), professional: hours.professional };
            hours.starts.iter().map(slot)
        })
        .collect();
    nearest(&slots, wanted.starts, wanted.professional, ALTERNATIVES)
}
