//! `trinks-profissional`: professionals (events 5 to 7), and the map between the spaces of their ids.

use jiff::Timestamp;
use ponte_domain::trinks::{PersonProfessionalId, SalonProfessionalId};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::Attempt;
use ponte_platform::table::Unless;
use ponte_platform::telemetry;
use ponte_platform::until_settled;
use ponte_trinks::events::{Involved, ProfessionalNews, TrinksEvent};
use ponte_trinks::picture::ProfessionalPicture;
use ponte_trinks::requests::SlowList;
use ponte_trinks::slow_lists;
use serde::{Deserialize, Serialize};

use crate::desk::{Desk, Place};

/// Which professional of a salon a person is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PersonMap {
    salon_id: SalonProfessionalId,
    /// Another event said another id: neither is used until a person has looked.
    #[serde(default)]
    contradicted: bool,
}

/// Handles one message.
pub async fn professional_news(desk: &Desk, body: &str, now: Timestamp) -> Result<(), Failure> {
    let Some(opened) = desk.open(body).await? else { return Ok(()) };
    let (news, active) = match &opened.event.event {
        TrinksEvent::ProfessionalCreated(news) | TrinksEvent::ProfessionalChanged(news) => (news, true),
        TrinksEvent::ProfessionalDeactivated(news) => (news, false),
        _ => return Ok(()),
    };
    if let Some(id) = news.salon {
        picture(desk, &opened.place, id, news, active, opened.at).await?;
    }
    link(desk, &opened.place, news.salon, news.person).await?;
    // Who offers what may have changed too.
    slow_lists::invalidate(&desk.table, opened.place.id(), SlowList::Professionals, now).await?;
    slow_lists::invalidate(&desk.table, opened.place.id(), SlowList::Services, now).await
}

async fn picture(
    desk: &Desk,
    place: &Place,
    id: SalonProfessionalId,
    news: &ProfessionalNews,
    active: bool,
    at: Timestamp,
) -> Result<(), Failure> {
    let key = keys::trinks_professional(place.id(), id);
    until_settled!(async {
        let current: Option<ProfessionalPicture> = desk.table.get(&key).await?;
        if current.as_ref().is_some_and(|current| at < current.heard_at) {
            return Ok(Attempt::Done(()));
        }
        let version = current.as_ref().map_or(0, |current| current.version);
        let (person, name) = current.map(|current| (current.person, current.name)).unwrap_or_default();
        let next = ProfessionalPicture {
            salon: place.id(),
            program: Some(place.program().clone()),
            id,
            person: news.person.or(person),
            name: news.name.clone().or(name),
            active,
            heard_at: at,
            version: version + 1,
        };
        let written = desk.table.put(&key, &next, Unless::VersionIsNot(version)).await?;
        Ok(if written { Attempt::Done(()) } else { Attempt::Conflict })
    });
    Ok(())
}

/// Learns the map between the spaces of ids from a closed account, the only event that carries all of them.
pub(super) async fn learn_involved(
    desk: &Desk,
    place: &Place,
    involved: &[Involved],
    _at: Timestamp,
) -> Result<(), Failure> {
    for one in involved {
        link(desk, place, one.salon, one.person).await?;
    }
    Ok(())
}

/// Notes which professional of the salon a person is; a contradiction is kept and shown, and the map not used
/// (contract section 6, item 1).
async fn link(
    desk: &Desk,
    place: &Place,
    salon: Option<SalonProfessionalId>,
    person: Option<PersonProfessionalId>,
) -> Result<(), Failure> {
    let (Some(salon_id), Some(person)) = (salon, person) else { return Ok(()) };
    let key = keys::trinks_person(place.id(), person);
    if desk.table.put(&key, &PersonMap { salon_id, contradicted: false }, Unless::Exists).await? {
        return Ok(());
    }
    let known: Option<PersonMap> = desk.table.get(&key).await?;
    let Some(known) = known.filter(|known| known.salon_id != salon_id && !known.contradicted) else { return Ok(()) };
    telemetry::count("TrinksContradiction", ("Kind", "professional"));
    tracing::error!(event = "trinks_professional_contradiction", salon = %place.id(), person = %person,
        known = %known.salon_id, told = %salon_id, "not used until somebody has looked");
    desk.table.put(&key, &PersonMap { contradicted: true, ..known }, Unless::Anything).await.map(drop)
}
