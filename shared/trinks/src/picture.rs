//! The project's own picture of Trinks' clients and appointments, as last heard of.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};
use ponte_domain::documents::Cpf;
use ponte_domain::ids::{MemberId, ProgramId};
use ponte_domain::money::Money;
use ponte_domain::personal::{Email, PersonalText, Phone};
use ponte_domain::trinks::{
    AppointmentId, EstablishmentId, SalonClientId, SalonProfessionalId, SalonServiceId, ServiceId,
};
use serde::{Deserialize, Serialize};

use crate::events::{AppointmentStatus, ClientNews};

mod salon;

pub use salon::{ProfessionalPicture, SalonPicture};

/// One of Trinks' clients, as last heard of. Personal data: an erasure of its member deletes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientPicture {
    /// The salon.
    pub salon: EstablishmentId,
    /// The client.
    pub client: SalonClientId,
    /// The programme of the salon's store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<ProgramId>,
    /// When this picture was begun: after an erasure it is another one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub since: Option<Timestamp>,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonalText>,
    /// CPF, once any event told a full one.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "ponte_domain::documents::optional_cpf_digits")]
    pub cpf: Option<Cpf>,
    /// E-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// Date of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// The member, once the CPF is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberId>,
    /// When the newest of the news happened.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub heard_at: Timestamp,
    /// Raised with every change.
    pub version: u64,
    /// When the table forgets somebody whose CPF nobody told, in seconds; news put it off. No erasure could find them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
}

/// How long a client without CPF is kept after the last news.
const UNNAMED_KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);

/// The pointer from a member to one of Trinks' clients.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClientAlias {
    /// The salon.
    pub salon: EstablishmentId,
    /// The client.
    pub client: SalonClientId,
}

impl ClientPicture {
    /// A client of whom nothing is known.
    #[must_use]
    pub fn unknown(salon: EstablishmentId, client: SalonClientId) -> Self {
        Self {
            salon,
            client,
            program: None,
            since: None,
            name: None,
            cpf: None,
            email: None,
            phone: None,
            birth_date: None,
            member: None,
            heard_at: Timestamp::UNIX_EPOCH,
            version: 0,
            ttl: None,
        }
    }

    /// The picture with these news; `None` when they say nothing new. Older news fill gaps and overwrite nothing.
    #[must_use]
    pub fn with(&self, news: &ClientNews, at: Timestamp) -> Option<Self> {
        let newer = at >= self.heard_at;
        let mut next = self.clone();
        merge(&mut next.name, news.name.as_ref(), newer);
        merge(&mut next.cpf, news.cpf.as_ref(), newer);
        merge(&mut next.email, news.email.as_ref(), newer);
        merge(&mut next.phone, news.phone.as_ref(), newer);
        merge(&mut next.birth_date, news.birth_date.as_ref(), newer);
        // News that say the same are news all the same: what happened between them and came late is older.
        if next == *self && self.version > 0 && at <= self.heard_at {
            return None;
        }
        next.heard_at = self.heard_at.max(at);
        next.ttl = next.cpf.is_none().then(|| at.saturating_add(UNNAMED_KEPT).unwrap_or(at).as_second());
        next.version += 1;
        Some(next)
    }
}

fn merge<T: Clone>(current: &mut Option<T>, news: Option<&T>, newer: bool) {
    if newer || current.is_none() {
        *current = news.cloned().or_else(|| current.take());
    }
}

/// The project's own picture of something at Trinks, as last heard of.
pub trait Picture {
    /// Whether two pictures differ in nothing but when they were heard.
    fn says_the_same(&self, other: &Self) -> bool;
}

impl Picture for AppointmentPicture {
    fn says_the_same(&self, other: &Self) -> bool {
        Self { heard_at: other.heard_at, version: other.version, ..self.clone() } == *other
    }
}

impl Picture for ClientPicture {
    fn says_the_same(&self, other: &Self) -> bool {
        let Self { heard_at, version, ttl, .. } = *other;
        Self { heard_at, version, ttl, ..self.clone() } == *other
    }
}

/// An appointment, as last heard of. It names nobody: the client is a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppointmentPicture {
    /// The salon.
    pub salon: EstablishmentId,
    /// Its store's programme.
    pub program: ProgramId,
    /// Which.
    pub id: AppointmentId,
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<SalonClientId>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub professional: Option<SalonProfessionalId>,
    /// For what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<SalonServiceId>,
    /// The service over all salons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub general_service: Option<ServiceId>,
    /// What that is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
    /// When, by the salon's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<DateTime>,
    /// How long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// Its price.
    #[serde(rename = "price_cents", default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// Where it stands.
    pub status: AppointmentStatus,
    /// When the newest of the news happened.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub heard_at: Timestamp,
    /// Raised with every change.
    pub version: u64,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn picture() -> ClientPicture {
        ClientPicture::unknown(EstablishmentId::new(1).unwrap(), SalonClientId::new(2).unwrap())
    }

    fn news(name: Option<&str>, email: Option<&str>) -> ClientNews {
        ClientNews {
            client: SalonClientId::new(2).unwrap(),
            person: None,
            name: name.and_then(PersonalText::parse),
            cpf: None,
            email: email.and_then(Email::parse),
            phone: None,
            birth_date: None,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn older_news_fill_gaps_and_overwrite_nothing() {
        let newer = picture().with(&news(Some("Nova"), None), at(200)).unwrap();
        let both = newer.with(&news(Some("Velha"), Some("a@example.com")), at(100)).unwrap();
        assert_eq!(both.name, PersonalText::parse("Nova"));
        assert_eq!(both.email, Email::parse("a@example.com"));
        assert_eq!(both.heard_at, at(200));
    }

    #[test]
    fn news_that_leave_something_out_erase_nothing() {
        let known = picture().with(&news(Some("Nome"), Some("a@example.com")), at(100)).unwrap();
        let next = known.with(&news(Some("Outro"), None), at(200)).unwrap();
        assert_eq!(next.email, Email::parse("a@example.com"));
        assert_eq!(next.name, PersonalText::parse("Outro"));
    }

    #[test]
    fn a_picture_of_before_it_knew_its_programme_is_read() {
        let old = r#"{"salon":1,"client":2,"name":"Nome","heard_at":100000,"version":3}"#;
        let old: ClientPicture = serde_json::from_str(old).unwrap();
        assert_eq!((old.program, old.since, old.version), (None, None, 3));
    }

    #[test]
    fn a_repetition_writes_nothing() {
        let known = picture().with(&news(Some("Nome"), None), at(100)).unwrap();
        assert_eq!(known.with(&news(Some("Nome"), None), at(100)), None);
    }
}
