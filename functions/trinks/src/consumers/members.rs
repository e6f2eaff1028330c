//! Whose money it is: never guessed (contract trinks.md, sections 9.3 and 10).

use jiff::Timestamp;
use ponte_domain::documents::Cpf;
use ponte_domain::ids::{MemberId, StoreId};
use ponte_domain::member::{Profile, ProfileUpdate};
use ponte_domain::personal::Phone;
use ponte_platform::failure::Failure;
use ponte_platform::ledger_store::Attempt;
use ponte_platform::member_store::{self, MemberKey};
use ponte_platform::until_settled;
use ponte_trinks::events::ClientNews;

use ponte_trinks::picture::ClientPicture;

use crate::desk::{Desk, Place};

/// The member of a CPF: it exists by its CPF alone.
pub(super) async fn of_cpf(desk: &Desk, place: &Place, cpf: Cpf) -> Result<MemberKey, Failure> {
    let identity = desk.identity.identity_key().await?;
    let program = place.program().clone();
    Ok(MemberKey { member: MemberId::derive(&identity, &program, cpf), program })
}

/// The member whom a client without a CPF in the event is: as learnt before, else the only one with the phone.
pub(super) async fn of_client(
    desk: &Desk,
    place: &Place,
    picture: &ClientPicture,
) -> Result<Option<MemberKey>, Failure> {
    if let Some(cpf) = picture.cpf {
        return of_cpf(desk, place, cpf).await.map(Some);
    }
    let Some(phone) = &picture.phone else { return Ok(None) };
    let identity = desk.identity.identity_key().await?;
    let found = member_store::member_by_phone(&desk.table, &identity, place.program(), phone).await?;
    Ok(found.map(|member| MemberKey { program: place.program().clone(), member }))
}

/// Finds or creates the profile of a client whose CPF is known, and tells it what Trinks says.
pub(super) async fn register(
    desk: &Desk,
    place: &Place,
    cpf: Cpf,
    picture: &ClientPicture,
    now: Timestamp,
) -> Result<MemberKey, Failure> {
    let key = of_cpf(desk, place, cpf).await?;
    let identity = desk.identity.identity_key().await?;
    let store: StoreId = place.salon.store;
    until_settled!(async {
        let (current, account) = member_store::profile_and_account(&desk.table, &key).await?;
        let has_money = account.as_ref().is_some_and(|account| !account.lots.is_empty());
        let update = filling(picture, current.as_ref());
        let changed = Profile::updated(current.as_ref(), cpf, &update, store, has_money, now);
        let Some(profile) = changed else { return Ok(Attempt::Done(())) };
        let written = member_store::put_profile(&desk.table, &identity, &key, current.as_ref(), &profile).await?;
        Ok(if written { Attempt::Done(()) } else { Attempt::Conflict })
    });
    Ok(key)
}

/// What Trinks knows and the profile does not. Anybody can register at a salon with another's CPF, and contacts get PINs: so
/// what is on file is never replaced from there.
fn filling(picture: &ClientPicture, current: Option<&Profile>) -> ProfileUpdate {
    let missing = |has: fn(&Profile) -> bool| !current.is_some_and(has);
    let phone = picture.phone.clone().filter(|_| missing(|profile| profile.phone.is_some()));
    ProfileUpdate {
        name: picture.name.clone().filter(|_| missing(|profile| profile.name.is_some())),
        phone: phone.clone().filter(Phone::is_mobile),
        landline: phone.filter(|phone| !phone.is_mobile()),
        email: picture.email.clone().filter(|_| missing(|profile| profile.email.is_some())),
        birth_date: picture.birth_date.filter(|_| missing(|profile| profile.birth_date.is_some())),
        ..ProfileUpdate::default()
    }
}

/// Whether an event says anything of a person beyond an id.
pub(super) fn says_something(news: &ClientNews) -> bool {
    news.cpf.is_some() || news.name.is_some() || news.phone.is_some() || news.email.is_some()
}
