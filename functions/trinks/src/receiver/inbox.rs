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

use super::Received;

/// How long webhooks are kept: a quarter, so that what nobody noticed can still be replayed.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// "Last event at" is written at most this often by one Lambda: it is for people.
const HEARD_EVERY: SignedDuration = SignedDuration::from_secs(60);

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
    /// one that does not, because somebody died in between, publishes.
    pub(super) async fn take(
        &self,
        body: &str,
        envelope: &Envelope,
        connection: &Connection,
        directory: &TrinksDirectory,
        now: Timestamp,
    ) -> Result<Received, Failure> {
        let key = keys::trinks_message(envelope.message_id());
        let mut stored = stored(body, envelope, connection, now);
        if !self.table.put(&key, &stored, Unless::Exists).await? {
            let before: Option<StoredMessage> = self.table.get(&key).await?;
            if before.is_some_and(|before| before.published) {
                return Ok(Received::Repeated);
            }
        }
        let parsed = events::parse(envelope.message());
        let (kind, establishment) = match &parsed {
            Ok(parsed) => (parsed.event.number(), parsed.establishment),
            Err(_) => (None, None),
        };
        let odd = match &parsed {
            Err(unparsable) => Some(unparsable.to_string()),
            Ok(parsed) => oddness(parsed, &connection.id, directory).await?,
        };
        if let Some(reason) = odd {
            telemetry::count("TrinksOddMessage", ("Connection", connection.id.as_str()));
            tracing::warn!(event = "trinks_odd_message", message = envelope.message_id(), reason);
            let odd = OddMessage {
                message_id: envelope.message_id().to_owned(),
                connection: connection.id.clone(),
                at: now,
                kind,
                establishment,
                reason,
                status: OddStatus::Open,
                ttl: stored.ttl,
            };
            self.table.put(&keys::trinks_odd(now, envelope.message_id()), &odd, Unless::Anything).await?;
        }
        if parsed.is_ok() {
            let message = TrinksMessage {
                message_id: envelope.message_id().to_owned(),
                connection: connection.id.clone(),
                sent_at: envelope.sent_at(),
                message: envelope.message().to_owned(),
            };
            self.publisher.publish(&message, kind, establishment).await?;
        }
        stored.published = true;
        self.table.put(&key, &stored, Unless::Anything).await?;
        self.note_heard(connection, now).await;
        Ok(if parsed.is_ok() { Received::Published } else { Received::Kept })
    }

    /// Keeps a confirmation or its end, as it came.
    pub(super) async fn store_control(
        &self,
        body: &str,
        envelope: &Envelope,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let stored = StoredMessage { published: true, ..stored(body, envelope, connection, now) };
        self.table.put(&keys::trinks_message(envelope.message_id()), &stored, Unless::Anything).await.map(drop)
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

fn stored(body: &str, envelope: &Envelope, connection: &Connection, now: Timestamp) -> StoredMessage {
    StoredMessage {
        message_id: envelope.message_id().to_owned(),
        connection: connection.id.clone(),
        received_at: now,
        sent_at: envelope.sent_at(),
        raw: body.to_owned(),
        published: false,
        ttl: now.saturating_add(KEPT).unwrap_or(now).as_second(),
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
