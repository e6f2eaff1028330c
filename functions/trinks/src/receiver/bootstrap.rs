//! The life of a subscription: the first confirmation pins its topic, an end gives an alarm (contract section 8.3).

use jiff::{SignedDuration, Timestamp};
use ponte_domain::sns::{Envelope, Kind};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::table::Unless;
use ponte_platform::telemetry;
use ponte_trinks::connection::{AwaitingTopic, Connection, Known, Pinning, Subscription, SubscriptionStatus};

use super::{Door, Received, Receiver};

/// How long SNS honours a token.
const TOKEN_LIVES: SignedDuration = SignedDuration::from_hours(72);

/// Whose message this may be: the connection that its address names, else that of its topic; for a confirmation of a new
/// topic, one that it may concern.
pub(super) fn concerned<'a>(known: &'a Known, door: &Door, envelope: &'a Envelope) -> Option<&'a Connection> {
    let Door::Own(id) = door else {
        return known.of_topic(envelope.topic()).or_else(|| candidate(known, envelope));
    };
    let named = known.connection(id)?;
    let is_its_topic = named.topic.as_ref() == Some(envelope.topic());
    // A topic belongs to one connection, whatever address is called.
    let is_anothers = known.of_topic(envelope.topic()).is_some_and(|owner| owner.id != *id);
    let asks = envelope.kind() == Kind::SubscriptionConfirmation && !is_anothers;
    (is_its_topic || asks && expecting(known, envelope).any(|one| one.id == *id)).then_some(named)
}

/// The connection that a confirmation of a new topic concerns: one that has no topic and expects this account and region;
/// else one that has another topic, should Trinks have moved it. Which one, should there be several, is for the operator to
/// say; for checking the signature they are the same.
fn candidate<'a>(known: &'a Known, envelope: &'a Envelope) -> Option<&'a Connection> {
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

/// The pinned topic may be confirmed again; a new one, where nobody wants to be asked and it is sure which connection awaits
/// it: its address says so, or there is no other.
fn may_confirm(known: &Known, door: &Door, envelope: &Envelope, connection: &Connection) -> bool {
    let is_sure = || matches!(door, Door::Own(_)) || waiting(known, envelope).count() == 1;
    match &connection.topic {
        Some(pinned) => pinned == envelope.topic(),
        None => connection.pinning == Pinning::Automatic && is_sure(),
    }
}

impl Receiver {
    /// A verified confirmation: of our topic again, of the one that a connection awaits, or of one more, which is kept for a
    /// person to decide on while the pinned one goes on.
    pub(super) async fn subscription_confirmation(
        &self,
        door: &Door,
        envelope: &Envelope,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<Received, Failure> {
        // Kept before anything is tried: should SNS refuse us each time, an operator still finds the token.
        self.keep_token(door, envelope, now).await?;
        // A connection that was made a moment ago may await what the remembered ones do not.
        let known = self.directory.fresh().await?;
        let connection = concerned(&known, door, envelope).unwrap_or(connection);
        if !may_confirm(&known, door, envelope, connection) {
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
        let own_address_since = next.own_address_since.or_else(|| matches!(door, Door::Own(_)).then_some(now));
        self.write(Connection { subscription, own_address_since, ..next }).await?;
        self.forget_token(envelope).await;
        Ok(Received::Confirmed)
    }

    async fn keep_token(&self, door: &Door, envelope: &Envelope, now: Timestamp) -> Result<(), Failure> {
        let lapses = now.saturating_add(TOKEN_LIVES).unwrap_or(now);
        let waiting = AwaitingTopic {
            topic: envelope.topic().clone(),
            token: envelope.token().unwrap_or_default().to_owned(),
            address_of: if let Door::Own(id) = door { Some(id.clone()) } else { None },
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
