//! What the agenda's Lambdas share: the table, Trinks, the salons and their stores, the queue.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use lambda_http::Error;
use ponte_domain::ids::{StoreId, TransactionId};
use ponte_domain::quota::Lane;
use ponte_domain::trinks::EstablishmentId;
use ponte_platform::aws::Aws;
use ponte_platform::failure::Failure;
use ponte_platform::settings;
use ponte_platform::store_directory::{StoreDirectory, StoreRecord};
use ponte_platform::table::Table;
use ponte_trinks::client::{At, Trinks};
use ponte_trinks::connection::{Connection, Establishment, Known, TrinksDirectory};
use ponte_trinks::queue::RequestQueue;
use ponte_trinks::requests::QueuedRequest;

use crate::free_hours::Remembered;
use crate::limits;
use crate::problem::Problem;

/// One agenda Lambda's connections.
pub struct Agenda {
    pub(crate) table: Table,
    pub(crate) trinks: Trinks,
    directory: TrinksDirectory,
    stores: StoreDirectory,
    /// Only the Lambdas that book or read lists have it.
    queue: Option<RequestQueue>,
    pub(crate) free_hours: Remembered,
    /// Lists that this Lambda asked to be read anew in this hour.
    refreshes: Mutex<HashSet<TransactionId>>,
}

/// The salon that a call is about.
pub(crate) struct Salon {
    /// Trinks' side of it.
    establishment: Establishment,
    connection: Connection,
    store: Arc<StoreRecord>,
    /// Its API key opens no other salon.
    pub(crate) alone: bool,
}

impl Agenda {
    /// Connects as the environment says.
    ///
    /// # Errors
    /// A setting is missing.
    pub fn from_env() -> Result<Self, Error> {
        let aws = Aws::from_env()?;
        let table = Table::from_env(&aws)?;
        let queue = settings::optional("PONTE_TRINKS_REQUESTS_QUEUE_URL");
        let queue = queue.map(|url| RequestQueue::new(aws.sqs(), url));
        let keep = Duration::from_secs(settings::number("PONTE_STORE_CACHE_SECONDS", 60)?);
        Ok(Self::new(table.clone(), Trinks::from_env(&aws, table)?, queue, keep))
    }

    /// With given connections: how tests run the handlers over another table. `keep` is how long a store and a salon are
    /// trusted.
    #[must_use]
    pub fn new(table: Table, trinks: Trinks, queue: Option<RequestQueue>, keep: Duration) -> Self {
        Self {
            directory: TrinksDirectory::new(table.clone(), keep),
            stores: StoreDirectory::new(table.clone(), keep),
            table,
            trinks,
            queue,
            free_hours: Remembered::default(),
            refreshes: Mutex::default(),
        }
    }

    /// The salon that a store is.
    pub(crate) async fn salon(&self, store: StoreId) -> Result<Salon, Problem> {
        let not_linked = || {
            let message = "The key's store is linked to no salon of Trinks. An operator links it with PUT /console/v1/trinks/salons/{establishment}.";
            Problem::conflict("salon_not_linked", message)
        };
        // Boxed: the two queries of a fresh read would make every handler's future large.
        let known = Box::pin(self.directory.known()).await?;
        let (establishment, connection, alone) = match linked(&known, store) {
            Some(found) => found,
            // Perhaps linked a moment ago: the table decides.
            None => linked(&*Box::pin(self.directory.fresh()).await?, store).ok_or_else(not_linked)?,
        };
        let store = self.stores.store(store).await?.filter(|record| record.store.active);
        let inactive = || Problem::forbidden("store_inactive", "The key's store is switched off.");
        Ok(Salon { establishment, connection, store: store.ok_or_else(inactive)?, alone })
    }

    /// Queues a request to Trinks.
    pub(crate) async fn enqueue(&self, salon: &Salon, request: &QueuedRequest) -> Result<(), Failure> {
        let no_queue = || Failure::Bug("PONTE_TRINKS_REQUESTS_QUEUE_URL is not set for this Lambda".into());
        self.queue.as_ref().ok_or_else(no_queue)?.send(&salon.connection.id, request).await
    }

    /// Whether a refresh of this id is still to be asked for. Should two ask, the dispatcher does it once.
    pub(crate) fn is_first_refresh(&self, id: &TransactionId) -> bool {
        let mut asked = self.refreshes.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= limits::REFRESHES_REMEMBERED {
            asked.clear();
        }
        asked.insert(id.clone())
    }

    /// What was not asked for after all.
    pub(crate) fn forget_refresh(&self, id: &TransactionId) {
        self.refreshes.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

fn linked(known: &Known, store: StoreId) -> Option<(Establishment, Connection, bool)> {
    let salon = known.of_store(store)?;
    let connection = known.connection(&salon.connection)?;
    let of_key = known.establishments().iter().filter(|other| other.connection == connection.id).count();
    Some((salon.clone(), connection.clone(), of_key == 1))
}

impl Salon {
    pub(crate) fn id(&self) -> EstablishmentId {
        self.establishment.id
    }

    /// For calls that somebody waits for.
    pub(crate) fn at(&self) -> At<'_> {
        At { connection: &self.connection, salon: self.establishment.id, lane: Lane::Interactive }
    }

    /// The name of its time zone.
    pub(crate) fn time_zone(&self) -> &str {
        &self.store.store.settings.time_zone
    }

    /// A moment by its clock.
    pub(crate) fn local(&self, at: Timestamp) -> DateTime {
        at.to_zoned(self.store.store.settings.zone()).datetime()
    }
}
