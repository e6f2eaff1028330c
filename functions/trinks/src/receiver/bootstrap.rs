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

/// The connection that a confirmation of a new topic concerns: one that has no topic and expects this account and region;
/// else one that has another topic, should Trinks have moved it. Which one, should there be several, is for the operator to
/// say; for checking the signature they are the same.
pub(super) fn candidate<'a>(known: &'a Known, envelope: &'a Envelope) -> Option<&'a Connection> {
    let confirms = envelope.kind() == Kind::SubscriptionConfirmation;
    confirms.then(|| waiting(known, envelope).next().or_else(|| expecting(known, envelope).next())).flatten()
}

/// Those that have no topic yet.
fn waiting<'a>(known: &'a Known, envelope: &'a Envelope) -> impl Iterator<Item = &'a Connection> {
    expecting(known, envelope).filter(|connection| connection.topic.is_none())
}

fn expecting<'a>(known: &'a Known, envelope: &'a Envelope) -> impl Iterator<Item = &'a Connection> {
    let topic = envelope.topic();
    let expects = move |connection: &&Connection| {
        connection.aws_account == *topic.account() && connection.region == topic.region()
    };
    known.connections().iter().filter(expects)
}

/// The pinned topic may be confirmed again; a new one, where one connection alone awaits it and nobody wants to be asked.
fn may_confirm(known: &Known, envelope: &Envelope, connection: &Connection) -> bool {
    match &connection.topic {
        Some(pinned) => pinned == envelope.topic(),
        None => connection.pinning == Pinning::Automatic && waiting(known, envelope).count() == 1,
    }
}

impl Receiver {
    /// A verified confirmation: of our topic again, of the one that a connection awaits, or of one more, which is kept for a
    /// person to decide on while the pinned one goes on.
    pub(super) async fn subscription_confirmation(
        &self,
        envelope: &Envelope,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<Received, Failure> {
        // Kept before anything is tried: should SNS refuse us each time, an operator still finds the token.
        self.keep_token(envelope, now).await?;
        // A connection that was made a moment ago may await what the remembered ones do not.
        let known = self.directory.fresh().await?;
        let connection = known.of_topic(envelope.topic()).or_else(|| candidate(&known, envelope)).unwrap_or(connection);
        if !may_confirm(&known, envelope, connection) {
            tracing::warn!(event = "trinks_topic_awaits_approval", topic = %envelope.topic());
            return Ok(Received::AwaitsApproval);
        }
        let mut next = connection.clone();
        next.topic = Some(envelope.topic().clone());
        next.subscription = Subscription { status: SubscriptionStatus::Confirming, since: now, arn: None };
        // Pinned before SNS is told: events may come at once.
        let next = self.write(next).await?;
        let arn = self.confirmer.confirm(envelope.topic(), envelope.token().unwrap_or_default()).await?;
        tracing::info!(event = "trinks_subscription_confirmed", connection = %next.id, topic = %envelope.topic());
        let subscription = Subscription { status: SubscriptionStatus::Confirmed, since: now, arn };
        self.write(Connection { subscription, ..next }).await?;
        self.forget_token(envelope).await;
        Ok(Received::Confirmed)
    }

    async fn keep_token(&self, envelope: &Envelope, now: Timestamp) -> Result<(), Failure> {
        let lapses = now.saturating_add(TOKEN_LIVES).unwrap_or(now);
        let waiting = AwaitingTopic {
            topic: envelope.topic().clone(),
            token: envelope.token().unwrap_or_default().to_owned(),
            at: now,
            ttl: lapses.as_second(),
        };
        self.table.put(&keys::trinks_topic(envelope.topic().as_str()), &waiting, Unless::Anything).await.map(drop)
    }

    /// What stays behind lapses by itself, and approving it once more is harmless.
    async fn forget_token(&self, envelope: &Envelope) {
        if let Err(failure) = self.table.delete(&keys::trinks_topic(envelope.topic().as_str())).await {
            tracing::warn!(event = "trinks_token_not_forgotten", failure = %failure);
        }
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
