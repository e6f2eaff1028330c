//! Webhooks as they are stored, and what travels on the topic `trinks-events`: verified events with where they came from.

use aws_sdk_sns::types::MessageAttributeValue;
use jiff::Timestamp;
use ponte_domain::trinks::{ConnectionId, EstablishmentId, TrinksTransactionId};
use ponte_platform::failure::{Failure, aws_failure};
use ponte_platform::keys::{self, Key};
use serde::{Deserialize, Serialize};

/// One event of Trinks, authentic, as the receiver publishes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrinksMessage {
    /// SNS' `MessageId`: the correlation id from the edge to the last consumer.
    pub message_id: String,
    /// Whose webhook it is.
    pub connection: ConnectionId,
    /// When SNS was given it.
    pub sent_at: Timestamp,
    /// The event, as Trinks wrote it.
    pub message: String,
}

/// A webhook as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredMessage {
    /// SNS' `MessageId`.
    pub message_id: String,
    /// Whose.
    pub connection: ConnectionId,
    /// When it came.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub received_at: Timestamp,
    /// When SNS was given it.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub sent_at: Timestamp,
    /// The whole delivery, as it came: it can be verified again.
    pub raw: String,
    /// It reached the topic `trinks-events`.
    pub published: bool,
    /// When the table forgets it, in seconds.
    pub ttl: i64,
}

/// A webhook that a person has to see to, or a report on an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OddMessage {
    /// SNS' `MessageId`, under which the whole message is; or the id of a report, which is all there is.
    pub message_id: String,
    /// Whose.
    pub connection: ConnectionId,
    /// When it came.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// `TipoDeEvento`, where it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<u64>,
    /// The salon, where it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub establishment: Option<EstablishmentId>,
    /// What is odd about it.
    pub reason: String,
    /// What became of it.
    pub status: OddStatus,
    /// [`OddMessage::FIRST`], and raised whenever it is listed again or decided on: whoever replays it must not take what a
    /// consumer listed meanwhile for what they replayed.
    #[serde(default)]
    pub version: u64,
    /// When the table forgets it, in seconds.
    pub ttl: i64,
}

impl OddMessage {
    /// The version of one that is listed for the first time.
    pub const FIRST: u64 = 1;
}

/// What ids of reports begin with. SNS' are UUIDs, so none of theirs does.
const REPORT: &str = "account-";

/// The id of a report on an account. An account has one: all that is reported is a redemption that no rule could take, and
/// whoever debits it must not be told of it twice.
#[must_use]
pub fn report_id(salon: EstablishmentId, transaction: TrinksTransactionId) -> String {
    format!("{REPORT}{salon}-{transaction}")
}

/// Whether an odd message is a report on an account, not a webhook.
#[must_use]
pub fn is_report(id: &str) -> bool {
    id.starts_with(REPORT)
}

/// Where a report is: by its id alone, and before all webhooks, for it is about money.
#[must_use]
pub fn report_key(id: &str) -> Key {
    keys::trinks_odd(Timestamp::UNIX_EPOCH, id)
}

/// What became of an odd message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OddStatus {
    /// Nobody has seen to it.
    Open,
    /// It was published again.
    Replayed,
    /// Somebody decided to leave it.
    Dropped,
}

/// When a connection's last event came.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Heard {
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub at: Timestamp,
}

/// Publishes to `trinks-events`.
pub struct EventPublisher {
    sns: aws_sdk_sns::Client,
    topic_arn: String,
}

impl EventPublisher {
    /// `topic_arn` is the topic `trinks-events`.
    #[must_use]
    pub fn new(sns: aws_sdk_sns::Client, topic_arn: String) -> Self {
        Self { sns, topic_arn }
    }

    /// Publishes an event to `trinks-events`, by whose attributes the consumers' queues choose.
    pub async fn publish(
        &self,
        message: &TrinksMessage,
        kind: Option<u64>,
        establishment: Option<EstablishmentId>,
    ) -> Result<(), Failure> {
        let body = serde_json::to_string(message).map_err(|error| Failure::Bug(error.to_string()))?;
        let mut request = self.sns.publish().topic_arn(&self.topic_arn).message(body);
        let attributes = [
            ("TipoDeEvento", kind.map(|kind| kind.to_string())),
            ("IdDoEstabelecimento", establishment.map(|id| id.to_string())),
        ];
        for (name, value) in attributes {
            let Some(value) = value else { continue };
            let attribute = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            request = request.message_attributes(name, attribute.map_err(|error| Failure::Bug(error.to_string()))?);
        }
        request.send().await.map(drop).map_err(|error| aws_failure("Publish", &error))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_account_has_one_report() {
        let id = |transaction: u64| {
            report_id(EstablishmentId::new(1253).unwrap(), TrinksTransactionId::new(transaction).unwrap())
        };
        assert_eq!(id(7), "account-1253-7");
        assert_ne!(id(7), id(8));
        assert!(is_report(&id(7)) && !is_report("165545c9-2a5c-472c-8df2-7ff2be2b3b1b"));
    }
}
