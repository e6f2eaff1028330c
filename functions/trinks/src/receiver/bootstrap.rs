//! The life of a subscription: the first confirmation pins its topic, an end gives an alarm (contract section 8.3).

use jiff::{SignedDuration, Timestamp};
use ponte_domain::sns::{Envelope, Kind};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::table::Unless;
use ponte_platform::telemetry;
use ponte_trinks::connection::{AwaitingTopic, Connection, Known, Pinning, Subscription, SubscriptionStatus};

use super::{Received, Receiver};

/// How long SNS honours a token.
const TOKEN_LIVES: SignedDuration = SignedDuration::from_hours(72);

/// The connection that may take a new topic: any that has none and expects this account and region. Which one, should there
/// be several, is for the operator to say; for checking the signature they are the same.
pub(super) fn candidate<'a>(known: &'a Known, envelope: &'a Envelope) -> Option<&'a Connection> {
    let confirms = envelope.kind() == Kind::SubscriptionConfirmation;
    confirms.then(|| waiting(known, envelope).next()).flatten()
}

fn waiting<'a>(known: &'a Known, envelope: &'a Envelope) -> impl Iterator<Item = &'a Connection> {
    let topic = envelope.topic();
    let expects = move |connection: &&Connection| {
        connection.topic.is_none() && connection.aws_account == *topic.account() && connection.region == topic.region()
    };
    known.connections().iter().filter(expects)
}

impl Receiver {
    /// A verified confirmation: of our topic again, or of the one that a connection awaits.
    pub(super) async fn subscription_confirmation(
        &self,
        envelope: &Envelope,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<Received, Failure> {
        let token = envelope.token().unwrap_or_default();
        let pinned = connection.topic.is_some();
        let alone = pinned || waiting(&*self.directory.fresh().await?, envelope).count() == 1;
        if !pinned && (connection.pinning == Pinning::Approval || !alone) {
            return self.await_approval(envelope, token, now).await;
        }
        let mut next = connection.clone();
        next.topic = Some(envelope.topic().clone());
        next.subscription = Subscription { status: SubscriptionStatus::Confirming, since: now, arn: None };
        // Pinned before SNS is told: events may come at once.
        let next = self.write(next).await?;
        let arn = self.confirmer.confirm(envelope.topic(), token).await?;
        tracing::info!(event = "trinks_subscription_confirmed", connection = %next.id, topic = %envelope.topic());
        let subscription = Subscription { status: SubscriptionStatus::Confirmed, since: now, arn };
        self.write(Connection { subscription, ..next }).await?;
        Ok(Received::Confirmed)
    }

    async fn await_approval(&self, envelope: &Envelope, token: &str, now: Timestamp) -> Result<Received, Failure> {
        let lapses = now.saturating_add(TOKEN_LIVES).unwrap_or(now);
        let waiting = AwaitingTopic {
            topic: envelope.topic().clone(),
            token: token.to_owned(),
            at: now,
            ttl: lapses.as_second(),
        };
        self.table.put(&keys::trinks_topic(envelope.topic().as_str()), &waiting, Unless::Anything).await?;
        tracing::warn!(event = "trinks_topic_awaits_approval", topic = %envelope.topic());
        Ok(Received::AwaitsApproval)
    }

    /// Somebody ended the subscription. Visiting the URL would restore it; that is an operator's decision.
    pub(super) async fn unsubscribed(
        &self,
        envelope: &Envelope,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<Received, Failure> {
        telemetry::count("TrinksSubscriptionEnded", ("Connection", connection.id.as_str()));
        tracing::error!(event = "trinks_subscription_ended", connection = %connection.id, topic = %envelope.topic());
        let subscription = Subscription { status: SubscriptionStatus::Ended, since: now, arn: None };
        self.write(Connection { subscription, ..connection.clone() }).await?;
        Ok(Received::Ended)
    }

    /// Writes a connection that nobody else changed meanwhile.
    async fn write(&self, mut connection: Connection) -> Result<Connection, Failure> {
        let read = connection.version;
        connection.version += 1;
        let key = keys::trinks_connection(&connection.id);
        if self.table.put(&key, &connection, Unless::VersionIsNot(read)).await? {
            self.directory.fresh().await?;
            return Ok(connection);
        }
        // Another delivery, or an operator: SNS sends this one again, and it meets the newer state.
        self.directory.fresh().await?;
        Err(Failure::Unavailable("the connection was changed meanwhile".into()))
    }
}
