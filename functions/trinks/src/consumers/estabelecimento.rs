//! `trinks-estabelecimento`: salons created, changed and removed (events 8 to 10).

use jiff::Timestamp;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::Attempt;
use ponte_platform::table::Unless;
use ponte_platform::telemetry;
use ponte_platform::until_settled;
use ponte_trinks::events::TrinksEvent;
use ponte_trinks::picture::SalonPicture;
use ponte_trinks::requests::SlowList;
use ponte_trinks::slow_lists;

use crate::desk::Desk;

/// Handles one message. A salon that no store is linked to was reported by the receiver: none is created silently.
pub async fn establishment_news(desk: &Desk, body: &str, now: Timestamp) -> Result<(), Failure> {
    let Some(opened) = desk.open(body).await? else { return Ok(()) };
    let (news, associated) = match &opened.event.event {
        TrinksEvent::EstablishmentCreated(news) | TrinksEvent::EstablishmentChanged(news) => (news, true),
        TrinksEvent::EstablishmentRemoved(news) => (news, false),
        _ => return Ok(()),
    };
    let salon = opened.place.id();
    let key = keys::trinks_salon(salon);
    until_settled!(async {
        let current: Option<SalonPicture> = desk.table.get(&key).await?;
        if current.as_ref().is_some_and(|current| opened.at < current.heard_at) {
            return Ok(Attempt::Done(()));
        }
        let version = current.as_ref().map_or(0, |current| current.version);
        let name = news.name.clone().or_else(|| current.and_then(|current| current.name));
        let program = Some(opened.place.program().clone());
        let next = SalonPicture { salon, program, name, associated, heard_at: opened.at, version: version + 1 };
        let written = desk.table.put(&key, &next, Unless::VersionIsNot(version)).await?;
        Ok(if written { Attempt::Done(()) } else { Attempt::Conflict })
    });
    if !associated {
        telemetry::count("TrinksSalonRemoved", ("Salon", &salon.to_string()));
        tracing::error!(event = "trinks_salon_removed", salon = %salon, "its events will end");
    }
    for list in [SlowList::Services, SlowList::Professionals, SlowList::PaymentForms] {
        slow_lists::invalidate(&desk.table, salon, list, now).await?;
    }
    Ok(())
}
