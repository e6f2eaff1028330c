//! Booking an appointment: once, whatever is lost on the way.

use jiff::civil::{DateTime, Time};
use ponte_domain::agenda::{Slot, nearest};
use ponte_domain::documents::Cpf;
use ponte_domain::money::Money;
use ponte_domain::personal::{Email, PersonalText, Phone};
use ponte_domain::trinks::{AppointmentId, SalonClientId, SalonProfessionalId, SalonServiceId};
use ponte_platform::table::Table;
use serde::{Deserialize, Serialize};

use crate::client::{At, NewAppointment, NewClient, Period, RestAppointment, Trinks, TrinksError};
use crate::person_turn::PersonTurn;

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
        /// Trinks' words, or ours.
        reason: String,
    },
}

impl BookingOutcome {
    /// It waited longer than its hour.
    #[must_use]
    pub fn too_late() -> Self {
        Self::Refused { reason: "its hour was over before a call to Trinks was left".to_owned() }
    }
}

/// Alternatives that are offered.
pub const ALTERNATIVES: usize = 5;

/// Who books: with which client of Trinks, for which salon, at what hour of its clock.
#[derive(Clone, Copy)]
pub struct Booker<'a> {
    /// Trinks.
    pub trinks: &'a Trinks,
    /// Where bookings of one person take turns.
    pub table: &'a Table,
    /// The salon.
    pub at: At<'a>,
    /// Now, by the salon's clock.
    pub now: DateTime,
}

impl Booker<'_> {
    /// Books. With `look_first`, an earlier try may have booked already: the client's day is read before anything is
    /// written. A write whose answer was lost is looked for once; an error after that means that nobody knows yet. Once its
    /// hour is over nothing is booked any more, however long the booking waited.
    ///
    /// # Errors
    /// What Trinks or the quota said. The booking may be tried again, with `look_first` where the error says that it may have
    /// happened.
    pub async fn book(&self, booking: &Booking, look_first: bool) -> Result<BookingOutcome, TrinksError> {
        match self.attempt(booking, look_first).await {
            Err(TrinksError::Rejected { reason, .. } | TrinksError::NotFound(reason)) => {
                Ok(BookingOutcome::Refused { reason })
            }
            outcome => outcome,
        }
    }

    async fn attempt(&self, booking: &Booking, look_first: bool) -> Result<BookingOutcome, TrinksError> {
        let is_over = booking.starts <= self.now;
        if is_over && !look_first {
            return Ok(BookingOutcome::too_late());
        }
        let Some(client) = self.client_of(&booking.client, !is_over).await? else {
            return Ok(BookingOutcome::too_late());
        };
        if look_first && let Some(found) = self.find(booking, client).await? {
            return Ok(BookingOutcome::Booked { appointment: Some(found), client });
        }
        if is_over {
            return Ok(BookingOutcome::too_late());
        }
        self.write(booking, client, look_first).await
    }

    async fn write(
        &self,
        booking: &Booking,
        client: SalonClientId,
        look_first: bool,
    ) -> Result<BookingOutcome, TrinksError> {
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
        match self.trinks.book(self.at, &new).await {
            Ok(Some(appointment)) => Ok(BookingOutcome::Booked { appointment: Some(appointment), client }),
            // Booked, but nobody could cancel it without its id: it is looked for, once.
            Ok(None) => {
                let appointment = self.find(booking, client).await.ok().flatten();
                Ok(BookingOutcome::Booked { appointment, client })
            }
            // An earlier try of ours may be what took the hour. "Taken" is final: it must be known, not guessed.
            Err(TrinksError::Conflict) if look_first => match self.find(booking, client).await? {
                Some(found) => Ok(BookingOutcome::Booked { appointment: Some(found), client }),
                None => Ok(self.taken(booking).await),
            },
            Err(TrinksError::Conflict) => Ok(self.taken(booking).await),
            Err(TrinksError::Unavailable { why, maybe_done: true }) => match self.find(booking, client).await {
                Ok(Some(found)) => Ok(BookingOutcome::Booked { appointment: Some(found), client }),
                // A look that found nothing, or failed for whatever reason, does not make the write undone.
                Ok(None) | Err(_) => Err(TrinksError::Unavailable { why, maybe_done: true }),
            },
            Err(error) => Err(error),
        }
    }

    async fn taken(&self, booking: &Booking) -> BookingOutcome {
        BookingOutcome::Taken { alternatives: self.alternatives(&Wanted::of(booking)).await }
    }

    /// The client; `None` for somebody whom the salon does not know and who shall not be created.
    async fn client_of(&self, client: &BookingClient, create: bool) -> Result<Option<SalonClientId>, TrinksError> {
        let (name, phone, cpf, email) = match client {
            BookingClient::Known(id) => return Ok(Some(*id)),
            BookingClient::Person { name, phone, cpf, email } => (name, phone, *cpf, email),
            // Only of what is over, which nobody books again.
            BookingClient::Forgotten => return Err(TrinksError::NotFound("the client was forgotten".to_owned())),
        };
        // A client who was found by phone keeps the CPF that is, or is not, on file: whoever types a phone proves nothing,
        // and the CPF decides whose the bonuses are.
        if !create {
            return Ok(self.trinks.find_client(self.at, cpf, phone).await?.map(|found| found.id));
        }
        let turn = PersonTurn::take(self.table, self.at.salon, phone).await?;
        let client = match self.trinks.find_client(self.at, cpf, phone).await {
            Ok(Some(found)) => Ok(found.id),
            Ok(None) => {
                let new = NewClient { name: name.clone(), phone: phone.clone(), cpf, email: email.clone() };
                self.trinks.create_client(self.at, &new).await
            }
            Err(error) => Err(error),
        };
        turn.end(self.table).await;
        client.map(Some)
    }

    /// The client's appointment of this hour and service, should it stand already.
    ///
    /// # Errors
    /// What Trinks or the quota said; [`TrinksError::Unavailable`] too where an appointment of that day cannot be read, which
    /// proves nothing.
    pub async fn find(&self, booking: &Booking, client: SalonClientId) -> Result<Option<AppointmentId>, TrinksError> {
        /// An empty list may be spurious (contract section 6, item 8): it is asked for once more.
        const LOOKS: u32 = 2;
        let day = booking.starts.date();
        let same = |found: &RestAppointment| {
            found.client == Some(client)
                && found.starts == booking.starts
                && found.service == Some(booking.service)
                && !found.status.is_cancelled()
                && booking.professional.is_none_or(|wanted| found.professional == Some(wanted))
        };
        for _ in 0..LOOKS {
            let period = Period { from: day, to: day };
            let page = self.trinks.appointments(self.at, period, Some(client), 1).await?;
            if let Some(found) = page.items.iter().find(|found| same(found)) {
                return Ok(Some(found.id));
            }
            if page.unreadable > 0 {
                let why = "an appointment of that day cannot be read".to_owned();
                return Err(TrinksError::Unavailable { why, maybe_done: true });
            }
            if !page.items.is_empty() {
                break;
            }
        }
        Ok(None)
    }

    /// Free hours near the one that is gone. A refusal without them is better than none, so failures are silent.
    pub async fn alternatives(&self, wanted: &Wanted) -> Vec<Slot> {
        let day = wanted.starts.date();
        let free = self.trinks.free_hours(self.at, day, wanted.service, wanted.minutes, None).await.unwrap_or_default();
        let slots = free.iter().flat_map(|hours| {
            let slot = |start: &Time| Slot { starts: day.to_datetime(*start), professional: hours.professional };
            hours.starts.iter().map(slot)
        });
        // Trinks lists hours that are over: they must not push out those to come.
        let to_come: Vec<Slot> = slots.filter(|slot| slot.starts > self.now).collect();
        nearest(&to_come, wanted.starts, wanted.professional, ALTERNATIVES)
    }
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
