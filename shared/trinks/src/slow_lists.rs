//! Lists that change rarely, cached in the table: what is old is answered while it is read anew (design section 5).

use jiff::{SignedDuration, Timestamp};
use ponte_platform::failure::Failure;
use ponte_platform::keys::{self, Key};
use ponte_platform::table::{Replaced, Table, Unless};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::client::{At, Trinks, TrinksError};
use crate::requests::SlowList;

/// How long a list counts as fresh (contract section 2: 24 hours).
pub const FRESH_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Tries to write a list that others write too.
const WRITES: u32 = 5;

/// A list as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cached<T> {
    /// Its elements.
    pub items: Vec<T>,
    /// When it was read from Trinks.
    pub read_at: Timestamp,
    /// It is old, or a webhook said that something in it changed.
    pub stale: bool,
    /// When a webhook last said that something in it changed.
    pub changed_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    /// The elements as JSON text: one attribute, and no limit of nesting.
    items: String,
    /// When reading it began.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    read_at: Timestamp,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    changed_at: Option<Timestamp>,
    /// Raised with every change.
    #[serde(default)]
    version: u64,
}

impl Stored {
    /// A change that was told while the list was read may not be in it.
    fn is_stale(&self, now: Timestamp) -> bool {
        let changed = self.changed_at.is_some_and(|changed| changed >= self.read_at);
        changed || now.duration_since(self.read_at) >= FRESH_FOR
    }
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
    let stale = stored.is_stale(now);
    Ok(Some(Cached { items, read_at: stored.read_at, stale, changed_at: stored.changed_at }))
}

/// Whether a list has to be read anew; also one that was never read.
pub async fn is_stale(table: &Table, at: At<'_>, list: SlowList, now: Timestamp) -> Result<bool, Failure> {
    let stored: Option<Stored> = table.get(&keys::trinks_list(at.salon, list.as_str())).await?;
    Ok(stored.is_none_or(|stored| stored.is_stale(now)))
}

/// Reads a list from Trinks and remembers it. `now` is when that begins.
///
/// # Errors
/// What Trinks or the quota said; [`TrinksError::Unavailable`] too for a list that cannot be whole.
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
    let spurious = |known: &Stored| items == "[]" && known.items != "[]";
    let read = |known: Option<&Stored>| {
        // What a webhook told meanwhile stays told.
        let (changed_at, version) = known.map_or((None, 0), |known| (known.changed_at, known.version));
        Stored { items: items.clone(), read_at: now, changed_at, version: version + 1 }
    };
    // An empty list may be spurious (contract section 6, item 8): it replaces nothing, and is asked for again.
    let known: Option<Stored> = table.get(&key).await?;
    if known.as_ref().is_some_and(spurious) {
        let why = "an empty list where there was one".to_owned();
        return Err(TrinksError::Unavailable { why, maybe_done: false });
    }
    write(table, &key, known, |known| Some(read(known))).await?;
    Ok(())
}

/// Marks a list as changed: the next reader gets it with its age, and it is read anew.
pub async fn invalidate(
    table: &Table,
    salon: ponte_domain::trinks::EstablishmentId,
    list: SlowList,
    now: Timestamp,
) -> Result<(), Failure> {
    let key = keys::trinks_list(salon, list.as_str());
    let known: Option<Stored> = table.get(&key).await?;
    // A list that nobody ever read is read when somebody asks for it.
    let changed = |known: Option<&Stored>| {
        known.map(|known| Stored {
            items: known.items.clone(),
            read_at: known.read_at,
            changed_at: Some(now),
            version: known.version + 1,
        })
    };
    write(table, &key, known, changed).await
}

/// Writes what becomes of the list that is there, whoever else writes at the same time.
async fn write(
    table: &Table,
    key: &Key,
    mut known: Option<Stored>,
    next: impl Fn(Option<&Stored>) -> Option<Stored>,
) -> Result<(), Failure> {
    for _ in 0..WRITES {
        let Some(stored) = next(known.as_ref()) else { return Ok(()) };
        if known.as_ref().is_some_and(|known| known.version == 0) {
            // Stored before lists had versions: the first write gives it one.
            table.put(key, &stored, Unless::Anything).await?;
            return Ok(());
        }
        match table.replace(key, &stored, stored.version - 1).await? {
            Replaced::Written => return Ok(()),
            Replaced::Current(current) => known = current,
        }
    }
    Err(Failure::Unavailable("others keep writing this list".into()))
}

fn text<T: Serialize>(items: &[T]) -> Result<String, TrinksError> {
    serde_json::to_string(items).map_err(|_| TrinksError::Unreadable("a list cannot be kept"))
}
