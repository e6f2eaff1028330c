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
use ponte_platform::table::{Table, Unless};
use ponte_platform::telemetry;
use ponte_trinks::connection::{Connection, Establishment, TrinksDirectory};
use ponte_trinks::events::{self, EventKind, ParsedEvent};
use ponte_trinks::message::{OddMessage, OddStatus, TrinksMessage};
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
        Ok(Self {
            salons: TrinksDirectory::new(table.clone(), keep),
            stores: StoreDirectory::new(table.clone(), keep),
            identity: Secret::new(aws.secrets(), settings::required("PONTE_SECRET_ID")?),
            requests: queue.map(|url| RequestQueue::new(aws.sqs(), url)),
            table,
        })
    }

    /// Opens a message of `trinks-events`. `None` for one that cannot be worked on yet: it is stored, was reported by the
    /// receiver, and can be replayed once its salon is linked.
    pub async fn open(&self, body: &str) -> Result<Option<Opened>, Failure> {
        let message: TrinksMessage =
            serde_json::from_str(body).map_err(|error| Failure::unreadable("Trinks message", &error))?;
        let event = events::parse(&message.message).map_err(|error| Failure::unreadable("Trinks event", &error))?;
        let place = self.place(event.establishment).await?;
        // A topic speaks for its own connection's salons only.
        let Some(place) = place.filter(|place| place.connection.id == message.connection) else {
            telemetry::count("TrinksUnlinked", ("Connection", message.connection.as_str()));
            tracing::warn!(event = "trinks_unlinked", message = message.message_id, "kept; link the salon and replay");
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

    /// Lists an account for a person: what no rule can decide.
    pub async fn report(
        &self,
        place: &Place,
        transaction: TrinksTransactionId,
        reason: String,
        now: Timestamp,
    ) -> Result<(), Failure> {
        /// As long as webhooks are kept.
        const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
        telemetry::count("TrinksOddMessage", ("Connection", place.connection.id.as_str()));
        tracing::warn!(event = "trinks_account_reported", transaction = %transaction, reason);
        let odd = OddMessage {
            message_id: format!("account-{}-{transaction}", place.id()),
            connection: place.connection.id.clone(),
            at: now,
            kind: Some(u64::from(EventKind::AccountClosed.number())),
            establishment: Some(place.id()),
            reason,
            status: OddStatus::Open,
            ttl: now.saturating_add(KEPT).unwrap_or(now).as_second(),
        };
        self.table.put(&keys::trinks_odd(now, &odd.message_id), &odd, Unless::Anything).await.map(drop)
    }

    /// A salon with its store; `None` where either is not known.
    pub async fn place(&self, salon: Option<EstablishmentId>) -> Result<Option<Place>, Failure> {
        let Some(salon) = salon else { return Ok(None) };
        let Some((salon, connection)) = self.salons.salon(salon).await? else { return Ok(None) };
        let record = self.stores.store(salon.store).await?;
        Ok(record.map(|record| Place { salon, connection, record }))
    }
}
