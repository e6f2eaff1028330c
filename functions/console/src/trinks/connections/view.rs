//! Connections, as they are shown. Never a key, never a token.

use jiff::Timestamp;
use ponte_domain::quota::QuotaSettings;
use ponte_trinks::connection::{AwaitingTopic, Connection, Pinning, Subscription, SubscriptionStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::PinningName;
use crate::views::instant;

/// One line of the list of connections.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksConnectionLine)]
pub(crate) struct ConnectionLine {
    id: String,
    name: String,
    #[schema(value_type = StatusName)]
    subscription: SubscriptionStatus,
    /// The pinned topic.
    topic: Option<String>,
}

/// All connections.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksConnectionList)]
pub(crate) struct ConnectionList {
    pub(super) connections: Vec<ConnectionLine>,
}

/// A connection.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksConnection)]
pub(crate) struct ConnectionView {
    /// Its slug.
    #[schema(example = "demo")]
    id: String,
    name: String,
    /// The secret that holds the API key, by name or ARN.
    api_key_secret: String,
    aws_account: String,
    region: String,
    #[schema(value_type = PinningName)]
    pinning: Pinning,
    quota: QuotaView,
    /// The one topic whose messages are accepted; `null` while none is pinned.
    topic: Option<String>,
    subscription: SubscriptionView,
    /// What Trinks is given as the address of this connection's webhooks. Its last part is a secret.
    webhook_url: String,
    /// When the address without connection and secret stops taking this connection's messages: a week after the first
    /// confirmation that came by `webhook_url`; `null` before it.
    #[schema(format = DateTime)]
    shared_address_closes_at: Option<String>,
    /// Topics of the account and region whose confirmation came and waits for PUT .../topic.
    awaiting_topics: Vec<AwaitingView>,
    /// Raised with every change.
    version: u64,
}

/// What a key may call. The fields are those of the PUT.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksQuotaSettings)]
pub(crate) struct QuotaView {
    per_minute: u32,
    per_month: u32,
    reset_day: u8,
    time_zone: String,
}

/// Where the subscription to the topic stands.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksSubscription)]
pub(crate) struct SubscriptionView {
    #[schema(value_type = StatusName)]
    status: SubscriptionStatus,
    #[schema(format = DateTime)]
    since: String,
    /// As SNS told it.
    arn: Option<String>,
    /// When the last event came, to the minute.
    #[schema(format = DateTime)]
    last_event_at: Option<String>,
}

/// A topic whose confirmation came. What confirms it is not shown.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksAwaitingTopic)]
pub(crate) struct AwaitingView {
    topic_arn: String,
    #[schema(format = DateTime)]
    at: String,
    /// Until when it can be approved; after that Trinks must send another confirmation.
    #[schema(format = DateTime)]
    until: String,
}

/// `awaiting` a confirmation or its approval, `confirming`, `confirmed`, or `ended` by Trinks' side.
#[derive(ToSchema)]
#[schema(as = TrinksSubscriptionStatus, rename_all = "snake_case")]
#[allow(dead_code, reason = "documents the names of another type")]
pub(crate) enum StatusName {
    Awaiting,
    Confirming,
    Confirmed,
    Ended,
}

impl From<Connection> for ConnectionLine {
    fn from(connection: Connection) -> Self {
        Self {
            id: connection.id.to_string(),
            name: connection.name,
            subscription: connection.subscription.status,
            topic: connection.topic.map(String::from),
        }
    }
}

impl From<QuotaSettings> for QuotaView {
    fn from(quota: QuotaSettings) -> Self {
        Self {
            per_minute: quota.per_minute,
            per_month: quota.per_month,
            reset_day: quota.reset_day,
            time_zone: quota.zone,
        }
    }
}

impl ConnectionView {
    /// What is shown and cannot be set.
    pub(super) const ONLY_SHOWN: &[&str] =
        &["id", "topic", "subscription", "webhook_url", "shared_address_closes_at", "awaiting_topics"];

    pub(super) fn new(
        connection: Connection,
        last_event_at: Option<Timestamp>,
        topics: &[AwaitingTopic],
        webhook_url: String,
        now: Timestamp,
    ) -> Self {
        let ours = |waiting: &&AwaitingTopic| {
            let expected =
                *waiting.topic.account() == connection.aws_account && waiting.topic.region() == connection.region;
            expected && now.as_second() < waiting.ttl
        };
        let awaiting_topics = topics.iter().filter(ours).map(AwaitingView::from).collect();
        let shared_address_closes_at = connection.shared_address_closes_at().map(instant);
        let Subscription { status, since, arn } = connection.subscription;
        Self {
            shared_address_closes_at,
            id: connection.id.to_string(),
            name: connection.name,
            api_key_secret: connection.api_key_secret,
            aws_account: connection.aws_account.into(),
            region: connection.region,
            pinning: connection.pinning,
            quota: connection.quota.into(),
            topic: connection.topic.map(String::from),
            subscription: SubscriptionView {
                status,
                since: instant(since),
                arn,
                last_event_at: last_event_at.map(instant),
            },
            webhook_url,
            awaiting_topics,
            version: connection.version,
        }
    }
}

impl From<&AwaitingTopic> for AwaitingView {
    fn from(waiting: &AwaitingTopic) -> Self {
        Self {
            topic_arn: waiting.topic.to_string(),
            at: instant(waiting.at),
            until: instant(Timestamp::from_second(waiting.ttl).unwrap_or(Timestamp::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::body::{ConnectionBody, tests};
    use super::*;
    use ponte_domain::sns::TopicArn;
    use ponte_platform::fields::Fields;

    fn awaiting(region: &str, ttl: i64) -> AwaitingTopic {
        let topic = TopicArn::parse(&format!("arn:aws:sns:{region}:441135549897:prd")).unwrap();
        AwaitingTopic { topic, token: "confirms-it".into(), address_of: None, at: Timestamp::UNIX_EPOCH, ttl }
    }

    fn view(topics: &[AwaitingTopic]) -> ConnectionView {
        ConnectionView::new(
            tests::new(tests::MINIMUM),
            None,
            topics,
            String::new(),
            Timestamp::from_second(100).unwrap(),
        )
    }

    #[test]
    fn topics_of_another_region_and_lapsed_ones_are_not_offered() {
        let shown = view(&[awaiting("us-east-1", 200), awaiting("sa-east-1", 200), awaiting("us-east-1", 100)]);
        assert_eq!(shown.awaiting_topics.len(), 1);
        assert!(!serde_json::to_string(&shown).unwrap().contains("confirms-it"));
    }

    #[test]
    fn what_is_shown_can_be_sent_back() {
        let text = serde_json::to_string(&view(&[])).unwrap();
        let fields = Fields::parse(&text).unwrap();
        let known = [ConnectionBody::NAMES, ConnectionView::ONLY_SHOWN].concat();
        assert_eq!(fields.names().find(|name| !known.contains(name)), None);
        let old = tests::new(tests::MINIMUM);
        assert_eq!(ConnectionBody::read(&fields, &tests::folder()).unwrap().applied(old.clone()).unwrap(), old);
    }
}
