//! Lists that change rarely, cached in the table: what is old is answered while it is read anew (design section 5).

use jiff::{SignedDuration, Timestamp};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::table::{Table, Unless};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::client::{At, Trinks, TrinksError};
use crate::requests::SlowList;

/// How long a list counts as fresh (contract section 2: 24 hours).
pub const FRESH_FOR: SignedDuration = SignedDuration::from_hours(24);

/// A list as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cached<T> {
    /// Its elements.
    pub items: Vec<T>,
    /// When it was read from Trinks.
    pub read_at: Timestamp,
    /// It is old, or a webhook said that something in it changed.
    pub stale: bool,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    /// The elements as JSON text: one attribute, and no limit of nesting.
    items: String,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    read_at: Timestamp,
    #[serde(default)]
    invalidated: bool,
}

/// What is remembered of a list; `None` when it was never read.
pub async fn cached<T: DeserializeOwned>(
    table: &Table,
    at: At<'_>,
    list: SlowList,
    now: Timestamp,
) -> Result<Option<Cached<T>>, Failure> {
    let stored: Option<Stored> = table.get(&keys::trinks_list(at.salon, list.as_str())).await?;
    let Some(stored) = stored else { return Ok(None) };
    let items = serde_json::from_str(&stored.items).map_err(|error| Failure::unreadable("list", &error))?;
    let stale = stored.invalidated || now.duration_since(stored.read_at) >= FRESH_FOR;
    Ok(Some(Cached { items, read_at: stored.read_at, stale }))
}

/// Reads a list from Trinks and remembers it.
pub async fn refresh(
    trinks: &Trinks,
    table: &Table,
    at: At<'_>,
    list: SlowList,
    now: Timestamp,
) -> Result<(), TrinksError> {
    let items = match list {
        SlowList::Services => text(&trinks.services(at).await?),
        SlowList::Professionals => text(&trinks.professionals(at).await?),
        SlowList::PaymentForms => text(&trinks.payment_forms(at).await?),
    }?;
    let key = keys::trinks_list(at.salon, list.as_str());
    // An empty list may be spurious (contract section 6, item 8): it replaces nothing, and is asked for again.
    if items == "[]" && table.get::<Stored>(&key).await?.is_some_and(|known| known.items != "[]") {
        return Err(TrinksError::Unavailable {
            why: "an empty list where there was one".to_owned(),
            maybe_done: false,
        });
    }
    let stored = Stored { items, read_at: now, invalidated: false };
    table.put(&key, &stored, Unless::Anything).await?;
    Ok(())
}

/// Marks a list as changed: the next reader gets it with its age, and it is read anew.
pub async fn invalidate(
    table: &Table,
    salon: ponte_domain::trinks::EstablishmentId,
    list: SlowList,
) -> Result<(), Failure> {
    let key = keys::trinks_list(salon, list.as_str());
    let Some(stored) = table.get::<Stored>(&key).await? else { return Ok(()) };
    table.put(&key, &Stored { invalidated: true, ..stored }, Unless::Anything).await.map(drop)
}

fn text<T: Serialize>(items: &[T]) -> Result<String, TrinksError> {
    serde_json::to_string(items).map_err(|_| TrinksError::Unreadable("a list cannot be kept"))
}
