//! Stores, their tokens and their programmes' campaigns, cached in the warm Lambda.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use ponte_domain::campaign::Campaign;
use ponte_domain::ids::{ProgramId, StoreId};
use ponte_domain::limits;
use ponte_domain::refusal::Refusal;
use ponte_domain::store::{Store, TokenHash};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::keys;
use crate::table::Table;

/// A store with its tokens, as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoreRecord {
    /// The store.
    #[serde(flatten)]
    pub store: Store,
    /// Hashes of the tokens that are accepted, the newest first.
    pub tokens: Vec<TokenHash>,
    /// Raised with every change.
    pub version: u64,
}

/// Longest token accepted (contract section 1).
pub const TOKEN_CHARS: usize = 600;

/// Finds stores and campaigns; each is read once per cache time in a warm Lambda.
pub struct StoreDirectory {
    table: Table,
    stores: Cache<StoreId, StoreRecord>,
    campaigns: Cache<ProgramId, Vec<Campaign>>,
}

impl StoreDirectory {
    /// A directory over the table. `keep` is how long an entry is trusted.
    #[must_use]
    pub fn new(table: Table, keep: Duration) -> Self {
        Self { table, stores: Cache::new(keep), campaigns: Cache::new(keep) }
    }

    /// Checks a store's token.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`] for an unknown store or a wrong token, [`Refusal::StoreInactive`].
    pub async fn authenticate(&self, id: StoreId, token: &str, now: Timestamp) -> Result<Arc<StoreRecord>, Failure> {
        let hash = token_hash(token).ok_or(Refusal::Unauthorized)?;
        let accepts = |record: &Arc<StoreRecord>| record.tokens.iter().any(|known| known.accepts(&hash, now));
        let record = match self.stores.get(&id).filter(accepts) {
            Some(record) => record,
            // Not cached, or a token issued since: the table decides.
            None => self.read_store(id).await?.filter(accepts).ok_or(Refusal::Unauthorized)?,
        };
        if record.store.active { Ok(record) } else { Err(Refusal::StoreInactive.into()) }
    }

    /// A store, whoever asks: for what no till authenticated.
    pub async fn store(&self, id: StoreId) -> Result<Option<Arc<StoreRecord>>, Failure> {
        match self.stores.get(&id) {
            Some(record) => Ok(Some(record)),
            None => self.read_store(id).await,
        }
    }

    async fn read_store(&self, id: StoreId) -> Result<Option<Arc<StoreRecord>>, Failure> {
        let record: Option<StoreRecord> = self.table.get(&keys::store(id)).await?;
        Ok(record.map(|record| self.stores.put(id, record)))
    }

    /// A programme's campaigns.
    pub async fn campaigns(&self, program: &ProgramId) -> Result<Arc<Vec<Campaign>>, Failure> {
        if let Some(campaigns) = self.campaigns.get(program) {
            return Ok(campaigns);
        }
        self.campaigns_now(program).await
    }

    /// A programme's campaigns as they are in the table: for a choice that the cached ones do not know.
    pub async fn campaigns_now(&self, program: &ProgramId) -> Result<Arc<Vec<Campaign>>, Failure> {
        let partition = keys::program_partition(program);
        let campaigns = self.table.query(&partition, keys::CAMPAIGN_PREFIX, limits::CAMPAIGNS_PER_PROGRAM).await?;
        Ok(self.campaigns.put(program.clone(), campaigns))
    }
}

/// SHA-256 of a token as it came in the header, with or without `Bearer `; `None` when it is empty or too long.
#[must_use]
pub fn token_hash(header: &str) -> Option<[u8; 32]> {
    let header = header.trim();
    let bare = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map_or(header, |(_, token)| token.trim());
    (!bare.is_empty() && bare.len() <= TOKEN_CHARS).then(|| Sha256::digest(bare.as_bytes()).into())
}

/// Entries with an age. Bounded: when full it starts anew, which costs a read each and nothing else.
struct Cache<K, V> {
    keep: Duration,
    entries: Mutex<HashMap<K, (Instant, Arc<V>)>>,
}

/// Stores one sandbox serves within a cache time; far above a network's size.
const CACHED: usize = 500;

impl<K: Eq + Hash, V> Cache<K, V> {
    fn new(keep: Duration) -> Self {
        Self { keep, entries: Mutex::new(HashMap::new()) }
    }

    fn get(&self, key: &K) -> Option<Arc<V>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).filter(|(read, _)| read.elapsed() < self.keep).map(|(_, value)| Arc::clone(value))
    }

    fn put(&self, key: K, value: V) -> Arc<V> {
        let value = Arc::new(value);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= CACHED {
            entries.clear();
        }
        entries.insert(key, (Instant::now(), Arc::clone(&value)));
        value
    }
}
