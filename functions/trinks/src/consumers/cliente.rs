//! `trinks-cliente`: clients created and changed (events 3 and 4), and what other events say of clients.

use jiff::Timestamp;
use ponte_domain::ids::MemberId;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::Attempt;
use ponte_platform::table::Unless;
use ponte_platform::until_settled;
use ponte_trinks::events::{ClientNews, TrinksEvent};
use ponte_trinks::picture::{ClientAlias, ClientPicture};

use super::claims::claim_if_known;
use super::{claim, members};
use crate::desk::{Desk, Place};

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

/// Takes news of a client into its picture; once its CPF is known it is a member. Whoever it is, by its CPF or its phone, gets the
/// bonuses that waited.
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
        let unknown = || ClientPicture { since: Some(now), ..ClientPicture::unknown(place.id(), news.client) };
        // Of today's store: the salon may have been linked to another one.
        let current = ClientPicture { program: Some(place.program().clone()), ..current.unwrap_or_else(unknown) };
        let Some(next) = current.with(news, at) else { return Ok(Attempt::Done(current)) };
        let written = desk.table.put(&key, &next, Unless::VersionIsNot(current.version)).await?;
        Ok(if written { Attempt::Done(next) } else { Attempt::Conflict })
    });
    let Some(cpf) = picture.cpf else {
        // Its phone may say enough, told before the account or after it. That makes nobody a member.
        claim_if_known(desk, place, &picture, now).await?;
        return Ok(picture);
    };
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
