//! Bookings of one person take turns: of two at once for somebody new, the second finds whom the first created.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ponte_domain::ids::TransactionId;
use ponte_domain::personal::Phone;
use ponte_domain::trinks::EstablishmentId;
use ponte_platform::keys::{self, Key};
use ponte_platform::table::{Replaced, Table};
use serde::{Deserialize, Serialize};

use crate::client::TrinksError;

/// How long a turn lasts should its Lambda die: longer than the time-out of any Lambda that books.
const LASTS: SignedDuration = SignedDuration::from_secs(120);
/// How often, and how long in between, the next one looks whether it is over.
const LOOKS: u32 = 12;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// The right to look for a person, and to create them.
pub(crate) struct PersonTurn {
    key: Key,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    until: Timestamp,
    version: u64,
    ttl: i64,
}

impl PersonTurn {
    /// Waits for the turn of whoever has this phone.
    pub(crate) async fn take(table: &Table, salon: EstablishmentId, phone: &Phone) -> Result<Self, TrinksError> {
        // The key must not spell a phone.
        let person = TransactionId::derive(&["person", &salon.to_string(), phone.expose()]);
        let key = keys::trinks_person_turn(salon, &person);
        let mut read = 0;
        for _ in 0..LOOKS {
            let now = Timestamp::now();
            let until = now.saturating_add(LASTS).unwrap_or(now);
            let ours = Stored { until, version: read + 1, ttl: until.as_second() };
            match table.replace(&key, &ours, read).await? {
                Replaced::Written => return Ok(Self { key }),
                Replaced::Current(Some(theirs)) if theirs.until <= now => read = theirs.version,
                Replaced::Current(theirs) => {
                    read = 0;
                    if theirs.is_some() {
                        tokio::time::sleep(BETWEEN_LOOKS).await;
                    }
                }
            }
        }
        let why = "another booking for this person is under way".to_owned();
        Err(TrinksError::Unavailable { why, maybe_done: false })
    }

    /// Lets the next one go on. Should that fail, the turn lapses by itself.
    pub(crate) async fn end(self, table: &Table) {
        // It is still ours: nobody who takes a turn lives as long as it lasts.
        if let Err(failure) = table.delete(&self.key).await {
            tracing::warn!(event = "trinks_person_turn_not_ended", failure = %failure);
        }
    }
}
