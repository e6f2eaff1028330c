//! Every webhook as it came, once, and on to the topic `trinks-events`.

use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};
use ponte_domain::sns::Envelope;
use ponte_domain::trinks::ConnectionId;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::table::{Table, Unless};
use ponte_platform::telemetry;
use ponte_trinks::connection::{Connection, TrinksDirectory};
use ponte_trinks::events::{self, TrinksEvent};
use ponte_trinks::message::{EventPublisher, Heard, OddMessage, OddStatus, StoredMessage, TrinksMessage};
use tokio::time::{Instant, timeout_at};

use super::Received;

/// How long webhooks are kept: a quarter, so that what nobody noticed can still be replayed.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// "Last event at" is written at most this often by one Lambda: it is for people.
const HEARD_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// What is listed of a message that is stored and went no further.
const UNPUBLISHED: &str = "it was stored, but did not get through to its consumers: replay it";

/// A delivery whose signature was verified.
pub(super) struct Verified<'a> {
    /// As it came.
    pub(super) body: &'a str,
    /// The same, read.
    pub(super) envelope: &'a Envelope,
    /// Our time.
    pub(super) now: Timestamp,
    /// Until when it may be forwarded: what is left of the answer's time is for noting that it was not.
    pub(super) forward_by: Instant,
}

/// Stores and publishes.
pub(super) struct Inbox {
    table: Table,
    publisher: EventPublisher,
    heard: Mutex<Option<Timestamp>>,
}

impl Inbox {
    /// Over the table, publishing by `publisher`.
    #[must_use]
    pub(super) fn new(table: Table, publisher: EventPublisher) -> Self {
        Self { table, publisher, heard: Mutex::new(None) }
    }

    /// Takes a verified notification: stored, published, marked as published. A repetition that finds the mark does nothing;
    /// one that does not, because somebody failed in between, publishes.
    pub(super) async fn take(
        &self,
        delivery: &Verified<'_>,
        connection: &Connection,
        directory: &TrinksDirectory,
    ) -> Result<Received, Failure> {
        let key = keys::trinks_message(delivery.envelope.message_id());
        let mut stored = stored(delivery, connection);
        let first = self.table.put(&key, &stored, Unless::Exists).await?;
        if !first && let Some(before) = self.table.get::<StoredMessage>(&key).await? {
            if before.published {
                return Ok(Received::Repeated);
            }
            // By the time of its first receipt it is listed: each try notes in the same place what is odd about it.
            stored = before;
        }
        let forwarded =
            timeout_at(delivery.forward_by, self.forward(delivery.envelope, &stored, directory, first)).await;
        match forwarded.unwrap_or_else(|_| Err(Failure::Unavailable("the time for an answer is nearly over".into()))) {
            Ok(received) => {
                self.note_heard(connection, delivery.now).await;
                Ok(received)
            }
            Err(failure) => {
                self.note_unpublished(&stored).await;
                Err(failure)
            }
        }
    }

    /// On to the consumers, and to a person where something is odd about it.
    async fn forward(
        &self,
        envelope: &Envelope,
        stored: &StoredMessage,
        directory: &TrinksDirectory,
        first: bool,
    ) -> Result<Received, Failure> {
        let parsed = events::parse(envelope.message());
        let (kind, establishment) = match &parsed {
            Ok(parsed) => (parsed.event.number(), parsed.establishment),
            Err(_) => (None, None),
        };
        let reason = match &parsed {
            Err(unparsable) => Some(unparsable.to_string()),
            Ok(parsed) => oddness(parsed, &stored.connection, directory).await?,
        };
        // An earlier try may have noted that it failed; what is odd itself is noted in its place.
        let noted_before = !first && reason.is_none();
        if let Some(reason) = reason {
            self.note_odd(&OddMessage { kind, establishment, ..odd(stored, reason) }).await?;
        }
        if parsed.is_ok() {
            let message = TrinksMessage {
                message_id: stored.message_id.clone(),
                connection: stored.connection.clone(),
                sent_at: stored.sent_at,
                message: envelope.message().to_owned(),
            };
            self.publisher.publish(&message, kind, establishment).await?;
        }
        let published = StoredMessage { published: true, ..stored.clone() };
        self.table.put(&keys::trinks_message(&stored.message_id), &published, Unless::Anything).await?;
        if noted_before {
            self.clear_unpublished(stored).await;
        }
        Ok(if parsed.is_ok() { Received::Published } else { Received::Kept })
    }

    async fn note_odd(&self, odd: &OddMessage) -> Result<(), Failure> {
        telemetry::count("TrinksOddMessage", ("Connection", odd.connection.as_str()));
        tracing::warn!(event = "trinks_odd_message", message = odd.message_id, reason = odd.reason);
        self.table.put(&keys::trinks_odd(odd.at, &odd.message_id), odd, Unless::Anything).await.map(drop)
    }

    /// SNS tries three times more within a minute and then discards the message: a person must find it. Should this fail
    /// too, the log names it.
    async fn note_unpublished(&self, stored: &StoredMessage) {
        if let Err(failure) = self.note_odd(&odd(stored, UNPUBLISHED.to_owned())).await {
            tracing::error!(event = "trinks_unpublished_not_noted", message = stored.message_id, failure = %failure);
        }
    }

    /// An earlier try failed and this one did not: nobody has to see to it. Should it stay listed, a replay is harmless.
    async fn clear_unpublished(&self, stored: &StoredMessage) {
        if let Err(failure) = self.table.delete(&keys::trinks_odd(stored.received_at, &stored.message_id)).await {
            tracing::warn!(event = "trinks_odd_not_cleared", message = stored.message_id, failure = %failure);
        }
    }

    /// Keeps a confirmation or its end, as it came.
    pub(super) async fn store_control(&self, delivery: &Verified<'_>, connection: &Connection) -> Result<(), Failure> {
        let stored = StoredMessage { published: true, ..stored(delivery, connection) };
        self.table.put(&keys::trinks_message(&stored.message_id), &stored, Unless::Anything).await.map(drop)
    }

    /// "Last event at", for people: a failure to note it is no failure to receive.
    async fn note_heard(&self, connection: &Connection, now: Timestamp) {
        {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            if heard.is_some_and(|last| now.duration_since(last) < HEARD_EVERY) {
                return;
            }
            *heard = Some(now);
        }
        let heard = Heard { at: now };
        if let Err(failure) = self.table.put(&keys::trinks_heard(&connection.id), &heard, Unless::Anything).await {
            tracing::warn!(event = "trinks_heard_not_noted", failure = %failure);
        }
    }
}

fn stored(delivery: &Verified<'_>, connection: &Connection) -> StoredMessage {
    StoredMessage {
        message_id: delivery.envelope.message_id().to_owned(),
        connection: connection.id.clone(),
        received_at: delivery.now,
        sent_at: delivery.envelope.sent_at(),
        raw: delivery.body.to_owned(),
        published: false,
        ttl: delivery.now.saturating_add(KEPT).unwrap_or(delivery.now).as_second(),
    }
}

fn odd(stored: &StoredMessage, reason: String) -> OddMessage {
    OddMessage {
        message_id: stored.message_id.clone(),
        connection: stored.connection.clone(),
        at: stored.received_at,
        kind: None,
        establishment: None,
        reason,
        status: OddStatus::Open,
        version: OddMessage::FIRST,
        ttl: stored.ttl,
    }
}

/// What a person should know of a message that can be read: an unknown kind, a salon that is not ours, figures in doubt.
async fn oddness(
    parsed: &events::ParsedEvent,
    connection: &ConnectionId,
    directory: &TrinksDirectory,
) -> Result<Option<String>, Failure> {
    if let TrinksEvent::Unknown(number) = parsed.event {
        return Ok(Some(format!("TipoDeEvento {number} is not known")));
    }
    let Some(establishment) = parsed.establishment else {
        return Ok(Some("the event does not say of which salon it is".to_owned()));
    };
    match directory.salon(establishment).await? {
        None => return Ok(Some(format!("salon {establishment} belongs to no store: link it, then replay"))),
        Some((salon, _)) if salon.connection != *connection => {
            return Ok(Some(format!("salon {establishment} belongs to another connection: nothing is done")));
        }
        Some(_) => {}
    }
    Ok((!parsed.doubts.is_empty()).then(|| format!("fields in doubt: {}", parsed.doubts.join(", "))))
}
