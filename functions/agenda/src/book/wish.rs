//! The body of a booking, and what it means.

use jiff::civil::DateTime;
use ponte_domain::documents::Cpf;
use ponte_domain::fingerprint::Fingerprint;
use ponte_domain::money::Money;
use ponte_domain::personal::{Email, PersonalText, Phone};
use ponte_domain::trinks::{SalonClientId, SalonProfessionalId, SalonServiceId};
use ponte_trinks::booking::{Booking, BookingClient};
use ponte_trinks::client::Service;
use utoipa::ToSchema;

use crate::limits;
use crate::problem::Problem;
use crate::read::{self, Checks, Object};

/// An appointment to book.
#[derive(ToSchema)]
#[schema(as = AgendaBooking, example = json!({
    "service": 1_300_001, "professional": 700_001, "starts": "2026-12-01T14:00",
    "client": { "name": "Cliente Exemplo", "phone": "11900000000", "cpf": "11144477735" }, "queue": true
}))]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct BookingBody {
    /// The service's id.
    service: u64,
    /// The professional's id; whoever is free where nobody is named.
    professional: Option<u64>,
    /// By the salon's clock, to the minute, without an offset.
    #[schema(example = "2026-12-01T14:00")]
    starts: String,
    /// The service's own where it is left out.
    #[schema(minimum = 5, maximum = 720)]
    minutes: Option<u32>,
    /// The service's own where it is left out.
    price: Option<f64>,
    /// A note to the salon.
    #[schema(max_length = 200)]
    notes: Option<String>,
    /// Confirmed at once.
    #[schema(default = false)]
    confirmed: Option<bool>,
    client: ClientBody,
    /// Where no call to Trinks is left: wait in the queue (202) instead of being refused (429).
    #[schema(default = false)]
    queue: Option<bool>,
}

/// Whose appointment it is: `id`, or `name` and `phone`, by which (or by `cpf`) the client is found, else created.
#[derive(ToSchema)]
#[schema(as = AgendaBookingClient)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct ClientBody {
    /// The client's id at the salon.
    id: Option<u64>,
    #[schema(max_length = 100)]
    name: Option<String>,
    /// A Brazilian phone with its area code.
    #[schema(example = "11900000000")]
    phone: Option<String>,
    #[schema(example = "11144477735")]
    cpf: Option<String>,
    email: Option<String>,
}

const FIELDS: [&str; 9] =
    ["service", "professional", "starts", "minutes", "price", "notes", "confirmed", "client", "queue"];
const CLIENT_FIELDS: [&str; 5] = ["id", "name", "phone", "cpf", "email"];

/// What the caller wants, as it was said: what was left out is not filled in yet, because the salon's prices may change
/// between two tries of the same wish.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) service: SalonServiceId,
    professional: Option<SalonProfessionalId>,
    pub(super) starts: DateTime,
    minutes: Option<u32>,
    price: Option<Money>,
    notes: Option<PersonalText>,
    confirmed: bool,
    client: BookingClient,
    /// May wait in the queue. How long somebody waits is no part of what they want.
    pub(super) queue: bool,
}

impl Wish {
    /// Reads a body; everything that is wrong with it is listed.
    pub(super) fn read(text: &str) -> Result<Self, Problem> {
        let mut checks = Checks::default();
        let body = Object::parse(text, &FIELDS, &mut checks)?;
        let service = body.required(&mut checks, "service", read::ID, read::id);
        let professional = body.read(&mut checks, "professional", read::ID, read::id);
        let starts = body.required(&mut checks, "starts", read::LOCAL_TIME, read::local_time);
        let minutes = body.read(&mut checks, "minutes", read::minutes_must(), read::minutes);
        let price = body.money(&mut checks, "price");
        let notes = note(&body, &mut checks);
        let confirmed = body.flag(&mut checks, "confirmed");
        let queue = body.flag(&mut checks, "queue");
        let client = body.inner("client", "client.", &CLIENT_FIELDS, &mut checks);
        let client = checks.required("client", client).and_then(|client| read_client(&client, &mut checks));
        let (Some(service), Some(starts), Some(client), true) = (service, starts, client, checks.are_fine()) else {
            return Err(checks.problem());
        };
        Ok(Self { service, professional, starts, minutes, price, notes, confirmed, client, queue })
    }

    /// What it means, so that a repetition is told from a reuse.
    pub(super) fn fingerprint(&self) -> String {
        let id = |id: Option<u64>| id.map(|id| id.to_string());
        let print = Fingerprint::default()
            .with(Some("book"))
            .with(Some(&self.service.to_string()))
            .with(id(self.professional.map(SalonProfessionalId::number)).as_deref())
            .with(Some(&self.starts.to_string()))
            .with(self.minutes.map(|minutes| minutes.to_string()).as_deref())
            .with(self.price.map(|price| price.to_string()).as_deref())
            .with(self.notes.as_ref().map(PersonalText::expose))
            .with(Some(if self.confirmed { "confirmed" } else { "" }));
        match &self.client {
            BookingClient::Known(known) => print.with(Some(&known.to_string())),
            // No wish is of nobody.
            BookingClient::Forgotten => print,
            BookingClient::Person { name, phone, cpf, email } => print
                .with(Some(name.expose()))
                .with(Some(phone.expose()))
                .with(cpf.map(|cpf| cpf.expose_digits()).as_deref())
                .with(email.as_ref().map(Email::expose)),
        }
        .finish()
    }

    /// The booking, with what the service says where the caller did not.
    pub(super) fn booking(self, service: &Service) -> Booking {
        Booking {
            client: self.client,
            service: self.service,
            professional: self.professional,
            starts: self.starts,
            minutes: self.minutes.unwrap_or(service.minutes.max(1)),
            price: self.price.unwrap_or(service.price),
            notes: self.notes,
            confirmed: self.confirmed,
        }
    }
}

/// A note to the salon.
pub(crate) fn note(body: &Object<'_>, checks: &mut Checks) -> Option<PersonalText> {
    body.read(checks, "notes", read::text_must(limits::NOTE_CHARS), |text| {
        Some(text).filter(|text| read::fits(text, limits::NOTE_CHARS)).and_then(PersonalText::parse)
    })
}

fn read_client(client: &Object<'_>, checks: &mut Checks) -> Option<BookingClient> {
    if client.has("id") {
        if CLIENT_FIELDS.iter().skip(1).any(|field| client.has(field)) {
            checks.wrong("client", "either an id, or a name and a phone: not both");
        }
        let id: Option<SalonClientId> = client.read(checks, "id", read::ID, read::id);
        return id.map(BookingClient::Known);
    }
    let name = client.required(checks, "name", read::text_must(limits::NAME_CHARS), |text| {
        Some(text).filter(|text| read::fits(text, limits::NAME_CHARS)).and_then(PersonalText::parse)
    });
    let phone = client.required(checks, "phone", "a Brazilian phone with its area code", Phone::parse);
    let cpf = client.identifier(checks, "cpf", "a valid CPF: its check digits do not match", Cpf::from_written);
    let email = client.read(checks, "email", "an e-mail address", Email::parse);
    Some(BookingClient::Person { name: name?, phone: phone?, cpf, email })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const GOOD: &str = r#"{"service":7,"professional":8,"starts":"2026-12-01T14:00","price":"45.5",
        "client":{"name":"Maria","phone":"(11) 90000-0000","cpf":"111.444.777-35"}}"#;

    fn wrong(text: &str) -> Vec<String> {
        Wish::read(text).unwrap_err().wrong().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_wish_is_the_same_however_it_is_written() {
        let wish = Wish::read(GOOD).unwrap();
        let other = Wish::read(
            r#"{"client":{"cpf":11144477735,"phone":"+5511900000000","name":" Maria "},"queue":true,
            "starts":"2026-12-01T14:00:00","professional":"8","price":45.50,"service":7,"confirmed":false}"#,
        );
        assert_eq!(wish.fingerprint(), other.unwrap().fingerprint());
    }

    #[test]
    fn each_part_of_a_wish_counts() {
        let print = Wish::read(GOOD).unwrap().fingerprint();
        for (from, to) in [
            ("\"service\":7", "\"service\":9"),
            ("\"professional\":8,", ""),
            ("14:00", "14:30"),
            ("45.5", "45"),
            ("Maria", "Joana"),
            ("90000-0000", "90000-0001"),
            (",\"cpf\":\"111.444.777-35\"", ""),
            ("\"service\":7", "\"service\":7,\"notes\":\"x\""),
            ("\"service\":7", "\"service\":7,\"confirmed\":true"),
            ("\"service\":7", "\"service\":7,\"minutes\":40"),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD);
            assert_ne!(Wish::read(&text).unwrap().fingerprint(), print, "{to}");
        }
    }

    #[test]
    fn everything_wrong_is_listed() {
        assert_eq!(wrong("{}"), ["service", "starts", "client"]);
        let text =
            r#"{"service":0,"starts":"amanhã","minutes":1,"colour":"red","client":{"name":"x","phone":"1","cpf":"2"}}"#;
        assert_eq!(wrong(text), ["colour", "service", "starts", "minutes", "client.phone", "client.cpf"]);
        assert_eq!(wrong(r#"{"service":7,"starts":"2026-12-01T14:00","client":{"id":1,"phone":"x"}}"#), ["client"]);
        assert_eq!(wrong(r#"{"service":7,"starts":"2026-12-01T14:00","client":"Maria"}"#), ["client"]);
    }

    #[test]
    fn what_was_not_said_comes_from_the_service() {
        let service = Service {
            id: SalonServiceId::new(7).unwrap(),
            name: "Corte".into(),
            description: None,
            category: None,
            price: Money::from_cents(4_000),
            minutes: 30,
            visible: true,
        };
        let booking = Wish::read(GOOD).unwrap().booking(&service);
        assert_eq!((booking.minutes, booking.price), (30, Money::from_cents(4_550)));
    }
}
