//! Connections (an API key at Trinks, and the topic its webhooks come by) and salons (which store each one is).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use ponte_domain::ids::StoreId;
use ponte_domain::quota::{QuotaPlan, QuotaSettings};
use ponte_domain::sns::{AwsAccountId, TopicArn};
pub use ponte_domain::store::BonusSource;
use ponte_domain::store::{BonusTurn, BonusTurns};
use ponte_domain::trinks::{ConnectionId, EstablishmentId};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::table::Table;
use serde::{Deserialize, Serialize};

/// An account at Trinks: one API key, one topic of webhooks, any number of salons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its slug.
    pub id: ConnectionId,
    /// Shown to people.
    pub name: String,
    /// The secret of Secrets Manager that holds the API key.
    pub api_key_secret: String,
    /// The AWS account whose topics are accepted; Trinks' own by default (contract section 8.1, rule 3).
    pub aws_account: AwsAccountId,
    /// The region of its topics.
    pub region: String,
    /// The one topic whose messages are accepted, once pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicArn>,
    /// A topic is pinned by the first validly signed confirmation, or after an operator's approval.
    pub pinning: Pinning,
    /// Where the subscription stands.
    pub subscription: Subscription,
    /// When the subscription was first confirmed at this connection's own address. The shared address, which has no
    /// unguessable part, is closed to its messages some days later.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "jiff::fmt::serde::timestamp::second::optional")]
    pub own_address_since: Option<Timestamp>,
    /// What its key may call.
    pub quota: QuotaSettings,
    /// Raised with every change.
    pub version: u64,
}

/// The vendor's name in the addresses of its webhooks.
pub const DOOR: &str = "trinks";

/// How long the shared address stays open to a connection whose own address is confirmed: long enough to see that events
/// come there.
pub const SHARED_ADDRESS_GRACE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How a topic gets pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pinning {
    /// The first validly signed confirmation from the account is accepted.
    Automatic,
    /// An operator accepts it by name.
    Approval,
}

/// Where the subscription to Trinks' topic stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Where.
    pub status: SubscriptionStatus,
    /// Since when.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub since: Timestamp,
    /// The subscription's ARN, as SNS told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// The states of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// Trinks has not sent its confirmation, or nobody has approved its topic.
    Awaiting,
    /// A confirmation came, and SNS has not accepted our answer yet: it sends another.
    Confirming,
    /// Events come.
    Confirmed,
    /// Trinks' side ended it: no event comes any more.
    Ended,
}

impl Connection {
    /// When the shared address is closed to this connection's messages; `None` while its own was never confirmed.
    #[must_use]
    pub fn shared_address_closes_at(&self) -> Option<Timestamp> {
        self.own_address_since.map(|since| since.saturating_add(SHARED_ADDRESS_GRACE).unwrap_or(Timestamp::MAX))
    }

    /// The quota of its key.
    ///
    /// # Errors
    /// [`Failure::Bug`] when what is stored makes no plan: the administration API checks it before.
    pub fn plan(&self) -> Result<QuotaPlan, Failure> {
        QuotaPlan::new(self.quota.clone())
            .map_err(|error| Failure::Bug(format!("the quota of {} is not usable: {error}", self.id)))
    }
}

/// A salon of a connection, and the store it is to the programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Establishment {
    /// Trinks' id of it.
    pub id: EstablishmentId,
    /// The key that opens it.
    pub connection: ConnectionId,
    /// The store whose programme, campaigns and time zone apply.
    pub store: StoreId,
    /// Which system earns: never both, or a sale would earn twice.
    pub bonus_source: BonusSource,
    /// Since when that system does. What was closed before belongs to the turns before, or to nobody.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub bonus_source_since: Timestamp,
    /// Which system did before, and when: news of a closing may come after a change.
    #[serde(default, skip_serializing_if = "BonusTurns::is_empty")]
    pub former_bonus_turns: BonusTurns,
    /// `MotivoDesconto` that stand for the programme's bonus being spent.
    #[serde(default)]
    pub redemption_reasons: Vec<String>,
    /// Raised with every change.
    pub version: u64,
}

impl Establishment {
    /// Whether an account closed at this moment earns and redeems by its closing in Trinks.
    #[must_use]
    pub fn earns_at_trinks(&self, closed_at: Timestamp) -> bool {
        self.bonus_turns().giver(closed_at) == Some(BonusSource::Trinks)
    }

    /// Which system gave the bonuses when. The store's own record has the same, for its till.
    #[must_use]
    pub fn bonus_turns(&self) -> BonusTurns {
        let current = BonusTurn { source: self.bonus_source, since: self.bonus_source_since };
        self.former_bonus_turns.clone().with(current)
    }
}

/// A topic whose confirmation came while no connection could take it by itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AwaitingTopic {
    /// The topic.
    pub topic: TopicArn,
    /// What confirms it; lives three days.
    pub token: String,
    /// The connection by whose own address it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_of: Option<ConnectionId>,
    /// When it came.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub at: Timestamp,
    /// When the table forgets it, in seconds.
    pub ttl: i64,
}

/// All connections and salons, as read together.
#[derive(Debug, Default)]
pub struct Known {
    connections: Vec<Connection>,
    establishments: Vec<Establishment>,
}

impl Known {
    /// All connections.
    #[must_use]
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// All salons.
    #[must_use]
    pub fn establishments(&self) -> &[Establishment] {
        &self.establishments
    }

    /// A connection.
    #[must_use]
    pub fn connection(&self, id: &ConnectionId) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.id == *id)
    }

    /// The connection whose topic this is.
    #[must_use]
    pub fn of_topic(&self, topic: &TopicArn) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.topic.as_ref() == Some(topic))
    }

    /// A salon.
    #[must_use]
    pub fn establishment(&self, id: EstablishmentId) -> Option<&Establishment> {
        self.establishments.iter().find(|salon| salon.id == id)
    }

    /// The salon that a store is, for calls that know the store.
    #[must_use]
    pub fn of_store(&self, store: StoreId) -> Option<&Establishment> {
        self.establishments.iter().find(|salon| salon.store == store)
    }

    /// A salon and its connection.
    #[must_use]
    pub fn salon(&self, id: EstablishmentId) -> Option<(&Establishment, &Connection)> {
        let salon = self.establishment(id)?;
        Some((salon, self.connection(&salon.connection)?))
    }
}

/// Reads connections and salons, and remembers them in the warm Lambda.
pub struct TrinksDirectory {
    table: Table,
    keep: Duration,
    cached: Mutex<Option<(Instant, Arc<Known>)>>,
}

/// Connections and salons that one installation may have; far above a network's size.
const MOST: usize = 2_000;

impl TrinksDirectory {
    /// A directory over the table. `keep` is how long it is trusted.
    #[must_use]
    pub fn new(table: Table, keep: Duration) -> Self {
        Self { table, keep, cached: Mutex::new(None) }
    }

    /// What is known, at most `keep` old.
    pub async fn known(&self) -> Result<Arc<Known>, Failure> {
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match cached.filter(|(read, _)| read.elapsed() < self.keep) {
            Some((_, known)) => Ok(known),
            None => self.fresh().await,
        }
    }

    /// What is in the table now: for what the remembered one does not know.
    pub async fn fresh(&self) -> Result<Arc<Known>, Failure> {
        let connections = self.table.query(keys::TRINKS, keys::TRINKS_CONNECTION_PREFIX, MOST);
        let establishments = self.table.query(keys::TRINKS, keys::TRINKS_ESTABLISHMENT_PREFIX, MOST);
        let (connections, establishments) = tokio::join!(connections, establishments);
        let known = Arc::new(Known { connections: connections?, establishments: establishments? });
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        *cached = Some((Instant::now(), Arc::clone(&known)));
        Ok(known)
    }

    /// A salon with its connection; the table decides where the remembered ones do not know it.
    pub async fn salon(&self, id: EstablishmentId) -> Result<Option<(Establishment, Connection)>, Failure> {
        let found = |known: &Known| known.salon(id).map(|(salon, connection)| (salon.clone(), connection.clone()));
        match found(&*self.known().await?) {
            Some(found_one) => Ok(Some(found_one)),
            None => Ok(found(&*self.fresh().await?)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn salon(stored: &str) -> Establishment {
        serde_json::from_str(stored).unwrap()
    }

    fn earns(salon: &Establishment) -> [bool; 4] {
        [5, 15, 25, 35].map(|moment| salon.earns_at_trinks(Timestamp::from_second(moment).unwrap()))
    }

    #[test]
    fn before_a_change_the_former_source_decides_and_before_the_link_nobody() {
        let stored = r#"{"id":7,"connection":"demo","store":"1#11222333000181","bonus_source":"till",
            "bonus_source_since":20,"former_bonus_turns":[{"source":"trinks","since":10}],"version":2}"#;
        assert_eq!(earns(&salon(stored)), [false, true, false, false]);
    }

    #[test]
    fn a_salon_that_was_stored_before_turns_were_has_one() {
        let stored = r#"{"id":7,"connection":"demo","store":"1#11222333000181","bonus_source":"trinks",
            "bonus_source_since":20,"version":1}"#;
        assert_eq!(earns(&salon(stored)), [false, false, true, true]);
        assert_eq!(serde_json::to_value(salon(stored)).unwrap().get("former_bonus_turns"), None);
    }
}
