//! `trinks-webhook`: authenticates, stores, publishes, answers. Nothing else happens here: SNS gives up after 15 seconds and
//! Trinks cannot send again (contract trinks.md, section 8; design section 6).

mod bootstrap;
mod certificates;
mod inbox;
mod serve;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use lambda_http::{Body, Error, RequestExt as _, Response};
use ponte_domain::sns::{self, Envelope, Kind, NotAuthentic, SnsPolicy};
use ponte_domain::trinks::ConnectionId;
use ponte_platform::aws::Aws;
use ponte_platform::failure::Failure;
use ponte_platform::http;
use ponte_platform::secrets::Secret;
use ponte_platform::table::Table;
use ponte_platform::{settings, telemetry};
use ponte_trinks::client::http_client;
use ponte_trinks::confirmation::Confirmer;
use ponte_trinks::connection::{Connection, DOOR, Known, TrinksDirectory};
use ponte_trinks::message::EventPublisher;
use serde_json::json;

use certificates::Certificates;
use inbox::{Inbox, Verified};
pub use serve::serve;

/// What the receiver builds once.
pub struct Receiver {
    directory: TrinksDirectory,
    certificates: Certificates,
    confirmer: Confirmer,
    inbox: Inbox,
    addresses: Secret,
    table: Table,
    /// When the table may next be asked for a topic that nobody knows.
    next_look: Mutex<Option<Instant>>,
}

/// Where the local stack's sandbox plays SNS, and signs with an authority of its own.
pub struct SnsSandbox {
    /// Its address.
    pub url: String,
    /// Its root certificate, as base64.
    pub root: String,
}

/// How long after a delivery came it may still be forwarded. SNS waits 15 seconds and the Lambda lives 14; what remains is
/// for noting that it was not.
const FORWARDING: Duration = Duration::from_secs(11);
/// The table is asked for unknown topics at most this often by one Lambda: strangers send them too.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How a message came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// From SNS or SQS of our own account: IAM says who may.
    Internal,
    /// By the address that all connections shared before each had its own.
    Shared,
    /// By the address of one connection.
    Own(ConnectionId),
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Stored and published.
    Published,
    /// It was published before.
    Repeated,
    /// Stored; a person has to see to it.
    Kept,
    /// The subscription is confirmed.
    Confirmed,
    /// The topic awaits an operator's approval.
    AwaitsApproval,
    /// Trinks' side ended the subscription; an alarm was given.
    Ended,
}

impl Received {
    fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Repeated => "repeated",
            Self::Kept => "kept",
            Self::Confirmed => "confirmed",
            Self::AwaitsApproval => "awaits_approval",
            Self::Ended => "ended",
        }
    }
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotReceived {
    /// A forgery, or nothing of ours. Told so, and forgotten.
    #[error(transparent)]
    Forged(#[from] NotAuthentic),
    /// The address has no such connection, or its unguessable part is wrong. Nothing was read for it.
    #[error("there is no such address")]
    NoSuchAddress,
    /// The shared address, after the connection's own one took over.
    #[error("this address is closed: the connection has one of its own")]
    AddressClosed,
    /// No connection takes messages of this topic.
    #[error("the topic is not one of ours")]
    UnknownTopic,
    /// AWS has no certificate of the name that the message gives.
    #[error("AWS has no such signing certificate")]
    NoSuchCertificate,
    /// We could not do our part: SNS must send it again.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl Receiver {
    /// Reads the Lambda's settings.
    pub fn from_env() -> Result<Self, Error> {
        let aws = Aws::from_env()?;
        let table = Table::from_env(&aws)?;
        let keep = Duration::from_secs(settings::number("PONTE_STORE_CACHE_SECONDS", 60)?);
        // Set on the local stack only.
        let sandbox = match settings::optional("PONTE_SNS_SANDBOX_URL") {
            None => None,
            Some(url) => Some(SnsSandbox { url, root: settings::required("PONTE_SNS_SANDBOX_ROOT")? }),
        };
        let addresses = Secret::new(aws.secrets(), settings::required("PONTE_URL_SECRET_ID")?);
        Self::new(&aws, table, addresses, keep, settings::required("PONTE_TRINKS_EVENTS_TOPIC_ARN")?, sandbox)
    }

    /// With given connections: for tests.
    ///
    /// # Errors
    /// The sandbox's root certificate is not base64, or there is no HTTP client.
    pub fn new(
        aws: &Aws,
        table: Table,
        addresses: Secret,
        keep: Duration,
        events_topic: String,
        sandbox: Option<SnsSandbox>,
    ) -> Result<Self, Error> {
        let http = http_client()?;
        let (url, root) = sandbox.map(|sandbox| (sandbox.url, sandbox.root)).unzip();
        Ok(Self {
            directory: TrinksDirectory::new(table.clone(), keep),
            certificates: Certificates::new(http.clone(), url.clone(), root.as_deref())?,
            confirmer: Confirmer::new(aws.clone(), http, url),
            inbox: Inbox::new(table.clone(), EventPublisher::new(aws.sns_of(aws.region()), events_topic)),
            addresses,
            table,
            next_look: Mutex::new(None),
        })
    }

    /// Answers one HTTP delivery: 200 once it is stored, 403 for a forgery, 503 when SNS must try again. A 4xx is lost for
    /// good, so nothing authentic is ever answered so (contract section 8).
    pub async fn answer(&self, request: &lambda_http::Request) -> Response<Body> {
        let door = match self.door(request).await {
            Ok(door) => door,
            Err(NotReceived::Failed(failure)) => {
                tracing::error!(event = "trinks_webhook_failed", failure = %failure);
                return unavailable();
            }
            Err(refused) => {
                telemetry::count("TrinksWebhook", ("Outcome", "refused"));
                return http::json(404, &json!({ "error": "no_such_address", "message": refused.to_string() }));
            }
        };
        let Ok(body) = http::body_text(request) else { return refuse("the body is too long, or not text") };
        match self.receive(&door, body, Timestamp::now()).await {
            Ok(received) => http::json(200, &json!({ "status": received.as_str() })),
            Err(NotReceived::Failed(_)) => unavailable(),
            Err(forged) => refuse(&forged.to_string()),
        }
    }

    /// Which address was called: `/trinks/webhook`, or `/trinks/webhook/{connection}/{part}`. No read but that of the secret,
    /// once in the life of the Lambda.
    async fn door(&self, request: &lambda_http::Request) -> Result<Door, NotReceived> {
        let raw = Some(request.raw_http_path()).filter(|path| !path.is_empty());
        let path = http::path_after(raw.unwrap_or_else(|| request.uri().path()), ["trinks", "webhook"]);
        match path.as_slice() {
            [] => Ok(Door::Shared),
            [connection, part] => {
                let id = ConnectionId::parse(connection).ok_or(NotReceived::NoSuchAddress)?;
                let right = self.addresses.door_key().await?.opens(DOOR, id.as_str(), part);
                if right { Ok(Door::Own(id)) } else { Err(NotReceived::NoSuchAddress) }
            }
            _ => Err(NotReceived::NoSuchAddress),
        }
    }

    /// Takes one message, however it was delivered.
    pub async fn receive(&self, door: &Door, body: &str, now: Timestamp) -> Result<Received, NotReceived> {
        let forward_by = tokio::time::Instant::now() + FORWARDING;
        let envelope = Envelope::parse(body);
        let outcome = match &envelope {
            Ok(envelope) => self.take(door, &Verified { body, envelope, now, forward_by }).await,
            Err(forged) => Err((*forged).into()),
        };
        // What is no envelope has no id; what is one has letters, digits and hyphens there.
        let message = envelope.as_ref().map_or("", |envelope| envelope.message_id());
        match &outcome {
            Ok(received) => telemetry::count("TrinksWebhook", ("Outcome", received.as_str())),
            Err(NotReceived::Failed(failure)) => {
                telemetry::count("TrinksWebhook", ("Outcome", "failed"));
                tracing::error!(event = "trinks_webhook_failed", message, failure = %failure);
            }
            Err(refused) => {
                telemetry::count("TrinksWebhook", ("Outcome", "refused"));
                tracing::warn!(event = "trinks_webhook_refused", message, reason = %refused);
            }
        }
        outcome
    }

    async fn take(&self, door: &Door, delivery: &Verified<'_>) -> Result<Received, NotReceived> {
        let Verified { envelope, now, .. } = *delivery;
        let connection = self.connection_of(door, envelope).await?;
        let closed = |closes_at| now > closes_at;
        if *door == Door::Shared && connection.shared_address_closes_at().is_some_and(closed) {
            return Err(NotReceived::AddressClosed);
        }
        self.authenticate(envelope, &connection, now).await?;
        match envelope.kind() {
            Kind::Notification if connection.topic.as_ref() == Some(envelope.topic()) => {
                Ok(self.inbox.take(delivery, &connection, &self.directory).await?)
            }
            Kind::Notification => Err(NotReceived::UnknownTopic),
            Kind::SubscriptionConfirmation => {
                self.inbox.store_control(delivery, &connection).await?;
                Ok(self.subscription_confirmation(door, envelope, &connection, now).await?)
            }
            Kind::UnsubscribeConfirmation => {
                self.inbox.store_control(delivery, &connection).await?;
                Ok(self.unsubscribed(envelope, &connection, now).await?)
            }
        }
    }

    /// Whose message it claims to be: the topic's connection; for a confirmation of a new topic, one that it may concern.
    async fn connection_of(&self, door: &Door, envelope: &Envelope) -> Result<Connection, NotReceived> {
        let find = |known: &Known| bootstrap::concerned(known, door, envelope).cloned();
        if let Some(connection) = find(&*self.directory.known().await?) {
            return Ok(connection);
        }
        self.wait_to_look().await;
        find(&*self.directory.fresh().await?).ok_or(NotReceived::UnknownTopic)
    }

    /// Strangers' topics may not keep the table busy, and nothing authentic may be refused for their sake: whoever asks soon
    /// after another waits a little.
    async fn wait_to_look(&self) {
        let now = Instant::now();
        let turn = {
            let mut next = self.next_look.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = next.map_or(now, |next| next.max(now));
            *next = Some(turn + LOOK_EVERY);
            turn
        };
        tokio::time::sleep(turn.duration_since(now)).await;
    }

    async fn authenticate(
        &self,
        envelope: &Envelope,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<(), NotReceived> {
        let policy = SnsPolicy {
            account: connection.aws_account.clone(),
            region: connection.region.clone(),
            ..SnsPolicy::default()
        };
        sns::screen(envelope, &policy, now)?;
        let certificate = self.certificates.get(envelope.certificate_url(), now).await?;
        Ok(certificate.verify(envelope, now)?)
    }
}

fn unavailable() -> Response<Body> {
    http::json(503, &json!({ "error": "unavailable", "message": "Not done; send it again." }))
}

fn refuse(why: &str) -> Response<Body> {
    http::json(403, &json!({ "error": "refused", "message": why }))
}
