//! `trinks-cliente`: clients created and changed (events 3 and 4), and what other events say of clients.

use jiff::Timestamp;
use jiff::civil::Date;
use ponte_domain::documents::Cpf;
use ponte_domain::ids::MemberId;
use ponte_domain::personal::{Email, PersonalText, Phone};
use ponte_domain::trinks::{EstablishmentId, SalonClientId};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::Attempt;
use ponte_platform::table::Unless;
use ponte_platform::until_settled;
use ponte_trinks::events::{ClientNews, TrinksEvent};
use serde::{Deserialize, Serialize};

use super::{claim, members};
use crate::desk::{Desk, Place};

/// One of Trinks' clients, as last heard of. Personal data: an erasure of its member deletes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientPicture {
    /// The salon.
    pub salon: EstablishmentId,
    /// The client.
    pub client: SalonClientId,
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
}

/// The pointer from a member to one of Trinks' clients.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClientAlias {
    /// The salon.
    pub salon: EstablishmentId,
    /// The client.
    pub client: SalonClientId,
}

impl ClientPicture {
    fn unknown(salon: EstablishmentId, client: SalonClientId) -> Self {
        Self {
            salon,
            client,
            name: None,
            cpf: None,
            email: None,
            phone: None,
            birth_date: None,
            member: None,
            heard_at: Timestamp::UNIX_EPOCH,
            version: 0,
        }
    }

    /// The picture with these news; `None` when they say nothing new. Older news fill gaps and overwrite nothing.
    fn with(&self, news: &ClientNews, at: Timestamp) -> Option<Self> {
        let newer = at >= self.heard_at;
        let mut next = self.clone();
        merge(&mut next.name, news.name.as_ref(), newer);
        merge(&mut next.cpf, news.cpf.as_ref(), newer);
        merge(&mut next.email, news.email.as_ref(), newer);
        merge(&mut next.phone, news.phone.as_ref(), newer);
        merge(&mut next.birth_date, news.birth_date.as_ref(), newer);
        if next == *self && self.version > 0 {
            return None;
        }
        next.heard_at = self.heard_at.max(at);
        next.version += 1;
        Some(next)
    }
}

fn merge<T: Clone>(current: &mut Option<T>, news: Option<&T>, newer: bool) {
    if newer || current.is_none() {
        *current = news.cloned().or_else(|| current.take());
    }
}

/// Handles one message.
pub async fn client_news(desk: &Desk, body: &str, now: Timestamp) -> Result<(), Failure> {
    let Some(opened) = desk.open(body).await? else { return Ok(()) };
    match &opened.event.event {
        TrinksEvent::ClientCreated(news) | TrinksEvent::ClientChanged(news) => {
            learn_client(desk, &opened.place, news, opened.at, now).await.map(drop)
        }
        _ => Ok(()),
    }
}

/// Takes news of a client into its picture; once its CPF is known it is a member, and gets the bonuses that waited.
pub async fn learn_client(
    desk: &Desk,
    place: &Place,
    news: &ClientNews,
    at: Timestamp,
    now: Timestamp,
) -> Result<ClientPicture, Failure> {
    let key = keys::trinks_client(place.id(), news.client);
    let picture: ClientPicture = until_settled!(async {
        let current: Option<ClientPicture> = desk.table.get(&key).await?;
        let current = current.unwrap_or_else(|| ClientPicture::unknown(place.id(), news.client));
        let Some(next) = current.with(news, at) else { return Ok(Attempt::Done(current)) };
        let written = desk.table.put(&key, &next, Unless::VersionIsNot(current.version)).await?;
        Ok(if written { Attempt::Done(next) } else { Attempt::Conflict })
    });
    let Some(cpf) = picture.cpf else { return Ok(picture) };
    if at < picture.heard_at && picture.member.is_some() {
        return Ok(picture);
    }
    let member = members::register(desk, place, cpf, &picture, now).await?;
    let picture = remember_member(desk, place, picture, &member.member).await?;
    claim(desk, place, news.client, &member, now).await?;
    Ok(picture)
}

/// Notes which member a client is, both ways. A CPF that was corrected in Trinks leads on to the new member; money that was
/// posted stays where it went.
async fn remember_member(
    desk: &Desk,
    place: &Place,
    picture: ClientPicture,
    member: &MemberId,
) -> Result<ClientPicture, Failure> {
    if picture.member.as_ref() == Some(member) {
        return Ok(picture);
    }
    if picture.member.is_some() {
        tracing::warn!(event = "trinks_client_other_member", salon = %place.id(), client = %picture.client);
    }
    let alias = ClientAlias { salon: place.id(), client: picture.client };
    let key = keys::trinks_alias(place.program(), member, place.id(), picture.client);
    desk.table.put(&key, &alias, Unless::Anything).await?;
    let next = ClientPicture { member: Some(member.clone()), version: picture.version + 1, ..picture.clone() };
    let key = keys::trinks_client(place.id(), picture.client);
    // Somebody else wrote meanwhile: their news lead to the same note.
    let written = desk.table.put(&key, &next, Unless::VersionIsNot(picture.version)).await?;
    Ok(if written { next } else { picture })
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
    fn a_repetition_writes_nothing() {
        let known = picture().with(&news(Some("Nome"), None), at(100)).unwrap();
        assert_eq!(known.with(&news(Some("Nome"), None), at(100)), None);
    }
}
