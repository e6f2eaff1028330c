//! Bonuses that waited until it was known who their client is.

use jiff::Timestamp;
use ponte_domain::trinks::{AccountState, SalonClientId};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::member_store::MemberKey;
use ponte_platform::table::Unless;
use ponte_trinks::picture::ClientPicture;

use super::closing::{Due, post_due};
use super::members;
use crate::desk::{Desk, Place};

/// Bonuses of one client that are posted at once; more wait for the next news of the client.
const AT_ONCE: usize = 100;

/// Posts what waited for this client, should what we know of it lead to one member: by its CPF, else by its phone.
pub(super) async fn claim_if_known(
    desk: &Desk,
    place: &Place,
    picture: &ClientPicture,
    now: Timestamp,
) -> Result<(), Failure> {
    match members::of_client(desk, place, picture).await? {
        Some(member) => claim(desk, place, picture.client, &member, now).await.map(drop),
        None => Ok(()),
    }
}

/// Posts what waited for this client, now that it is known who it is. Repeating it posts nothing twice.
pub async fn claim(
    desk: &Desk,
    place: &Place,
    client: SalonClientId,
    member: &MemberKey,
    now: Timestamp,
) -> Result<usize, Failure> {
    let partition = keys::trinks_client_partition(place.id(), client);
    let waiting: Vec<Due> = desk.table.query(&partition, keys::UNCLAIMED_PREFIX, AT_ONCE).await?;
    for due in &waiting {
        let was = Unless::StatusIsNot(AccountState::Unclaimed.as_str());
        post_due(desk, place, member, due, was, now).await?;
    }
    Ok(waiting.len())
}
