//! What the consumers share: an event opened, with its salon, its store and its clock.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Error;
use ponte_domain::ids::ProgramId;
use ponte_domain::store::{Store, StoreSettings};
use ponte_domain::trinks::{EstablishmentId, TrinksTransactionId};
use ponte_platform::aws::Aws;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::secrets::Secret;
use ponte_platform::settings;
use ponte_platform::store_directory::{StoreDirectory, StoreRecord};
use ponte_platform::table::{Replaced, Table, Unless};
use ponte_platform::telemetry;
use ponte_trinks::connection::{Connection, Establishment, TrinksDirectory};
use ponte_trinks::events::{self, EventKind, ParsedEvent};
use ponte_trinks::message::{OddMessage, OddStatus, StoredMessage, TrinksMessage, report_id, report_key};
use ponte_trinks::queue::RequestQueue;

/// What a consumer builds once.
pub struct Desk {
    /// The one table.
    pub table: Table,
    /// Connections and salons.
    pub salons: TrinksDirectory,
    /// Stores and campaigns.
    pub stores: StoreDirectory,
    /// The secret of member ids.
    pub identity: Secret,
    /// Requests to Trinks that wait their turn.
    pub requests: Option<RequestQueue>,
}

/// An event with what it concerns.
pub struct Opened {
    /// What it says.
    pub event: ParsedEvent,
    /// Of which salon.
    pub place: Place,
    /// When it happened.
    pub at: Timestamp,
}

/// A salon, its connection and its store.
#[derive(Clone)]
pub struct Place {
    /// The salon.
    pub salon: Establishment,
    /// Its key and quota.
    pub connection: Connection,
    /// The store it is to the programme.
    pub record: Arc<StoreRecord>,
}

impl Place {
    /// The salon's id.
    #[must_use]
    pub fn id(&self) -> EstablishmentId {
        self.salon.id
    }

    /// What the clock on the salon's wall shows.
    #[must_use]
    pub fn local(&self, now: Timestamp) -> DateTime {
        now.to_zoned(self.settings().zone()).datetime()
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.record.store
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &StoreSettings {
        &self.record.store.settings
    }

    /// Its programme.
    #[must_use]
    pub fn program(&self) -> &ProgramId {
        &self.record.store.program
    }
}

impl Desk {
    /// Reads the Lambda's settings.
    pub fn from_env(aws: &Aws) -> Result<Self, Error> {
        let table = Table::from_env(aws)?;
        let keep = Duration::from_secs(settings::number("PONTE_STORE_CACHE_SECONDS", 60)?);
        let queue = settings::optional("PONTE_TRINKS_REQUESTS_QUEUE_URL");
        // Whoever works on salons and professionals alone meets no member.
        let identity = settings::optional("PONTE_SECRET_ID");
        Ok(Self {
            salons: TrinksDirectory::new(table.clone(), keep),
            stores: StoreDirectory::new(table.clone(), keep),
            identity: identity.map_or_else(|| Secret::none(aws.secrets()), |id| Secret::new(aws.secrets(), id)),
            requests: queue.map(|url| RequestQueue::new(aws.sqs(), url)),
            table,
        })
    }

    /// Opens a message of `trinks-events`. `None` for one that cannot be worked on yet: it is stored, listed for a person, and
    /// can be replayed once its salon is linked.
    pub async fn open(&self, body: &str) -> Result<Option<Opened>, Failure> {
        let message: TrinksMessage =
            serde_json::from_str(body).map_err(|error| Failure::unreadable("Trinks message", &error))?;
        let event = events::parse(&message.message).map_err(|error| Failure::unreadable("Trinks event", &error))?;
        let Some(place) = self.place_of(&message, event.establishment).await? else {
            self.list_unlinked(&message, &event).await?;
            return Ok(None);
        };
        let at = event.happened_at(message.sent_at, &place.settings().zone());
        tracing::info!(
            event = "trinks_event",
            message = message.message_id,
            kind = event.event.kind().map(EventKind::number),
            salon = %place.id(),
        );
        Ok(Some(Opened { event, place, at }))
    }

    /// The place of a message's salon. A topic speaks for its own connection's salons only; a salon that is remembered as
    /// another's may have moved since, so the table has the last word.
    async fn place_of(
        &self,
        message: &TrinksMessage,
        salon: Option<EstablishmentId>,
    ) -> Result<Option<Place>, Failure> {
        let ours = |place: &Place| place.connection.id == message.connection;
        match self.place(salon).await? {
            Some(place) if !ours(&place) => {
                self.salons.fresh().await?;
                Ok(self.place(salon).await?.filter(ours))
            }
            found => Ok(found),
        }
    }

    /// Lists a webhook for a person where the receiver would: in its own place, so that repetitions add nothing. One that was
    /// replayed in vain is open again; one that was dropped stays so.
    async fn list_unlinked(&self, message: &TrinksMessage, event: &ParsedEvent) -> Result<(), Failure> {
        telemetry::count("TrinksUnlinked", ("Connection", message.connection.as_str()));
        tracing::warn!(event = "trinks_unlinked", message = message.message_id, "kept; link the salon and replay");
        let stored: Option<StoredMessage> = self.table.get(&keys::trinks_message(&message.message_id)).await?;
        let at = stored.map_or(message.sent_at, |stored| stored.received_at);
        let reason = match event.establishment {
            Some(salon) => format!("salon {salon} belongs to no store of this connection: link it, then replay"),
            None => "the event does not say of which salon it is".to_owned(),
        };
        let odd = OddMessage {
            message_id: message.message_id.clone(),
            connection: message.connection.clone(),
            at,
            kind: event.event.number(),
            establishment: event.establishment,
            reason,
            status: OddStatus::Open,
            version: OddMessage::FIRST,
            ttl: forgotten(at),
        };
        let key = keys::trinks_odd(at, &odd.message_id);
        let Replaced::Current(Some(listed)) = self.table.replace(&key, &odd, 0).await? else { return Ok(()) };
        if listed.status == OddStatus::Dropped {
            return Ok(());
        }
        let again = OddMessage { version: listed.version + 1, ..odd };
        match self.table.replace(&key, &again, listed.version).await? {
            Replaced::Written => Ok(()),
            Replaced::Current(_) => {
                Err(Failure::Unavailable("its entry was changed meanwhile: it is listed by the next try".into()))
            }
        }
    }

    /// Lists an account for a person: what no rule can decide. An account is listed once; what is known better meanwhile
    /// replaces what an open entry says, and what was resolved stays so.
    pub async fn report(
        &self,
        place: &Place,
        transaction: TrinksTransactionId,
        reason: String,
        now: Timestamp,
    ) -> Result<(), Failure> {
        telemetry::count("TrinksOddMessage", ("Connection", place.connection.id.as_str()));
        tracing::warn!(event = "trinks_account_reported", transaction = %transaction, reason);
        let odd = OddMessage {
            message_id: report_id(place.id(), transaction),
            connection: place.connection.id.clone(),
            at: now,
            kind: Some(u64::from(EventKind::AccountClosed.number())),
            establishment: Some(place.id()),
            reason,
            status: OddStatus::Open,
            version: OddMessage::FIRST,
            ttl: forgotten(now),
        };
        let key = report_key(&odd.message_id);
        if self.table.put(&key, &odd, Unless::Exists).await? {
            return Ok(());
        }
        let listed: Option<OddMessage> = self.table.get(&key).await?;
        let Some(listed) = listed.filter(|listed| listed.reason != odd.reason) else { return Ok(()) };
        let known_better = OddMessage { at: listed.at, version: listed.version + 1, ..odd };
        self.table.put(&key, &known_better, Unless::StatusIsNot("open")).await.map(drop)
    }

    /// A salon with its store; `None` where either is not known.
    pub async fn place(&self, salon: Option<EstablishmentId>) -> Result<Option<Place>, Failure> {
        let Some(salon) = salon else { return Ok(None) };
        let Some((salon, connection)) = self.salons.salon(salon).await? else { return Ok(None) };
        let record = self.stores.store(salon.store).await?;
        Ok(record.map(|record| Place { salon, connection, record }))
    }
}

/// When what a person has to see to is forgotten: as late as its webhook.
fn forgotten(at: Timestamp) -> i64 {
    const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
    at.saturating_add(KEPT).unwrap_or(at).as_second()
}
