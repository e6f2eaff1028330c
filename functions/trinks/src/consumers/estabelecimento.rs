//! `trinks-estabelecimento`: salons created, changed and removed (events 8 to 10).

use jiff::Timestamp;
use ponte_domain::ids::ProgramId;
use ponte_domain::trinks::EstablishmentId;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::Attempt;
use ponte_platform::table::Unless;
use ponte_platform::telemetry;
use ponte_platform::until_settled;
use ponte_trinks::events::TrinksEvent;
use ponte_trinks::picture::Picture;
use ponte_trinks::requests::SlowList;
use ponte_trinks::slow_lists;
use serde::{Deserialize, Serialize};

use crate::desk::Desk;

/// A salon, as last heard of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SalonPicture {
    /// Which.
    pub salon: EstablishmentId,
    /// Its store's programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<ProgramId>,
    /// Its name, should Trinks have told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// It belongs to the connection; after event 9 no more.
    pub associated: bool,
    /// When the newest of the news happened.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub heard_at: Timestamp,
    /// Raised with every change.
    pub version: u64,
}

impl Picture for SalonPicture {
    fn says_the_same(&self, other: &Self) -> bool {
        Self { heard_at: other.heard_at, version: other.version, ..self.clone() } == *other
    }
}

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
