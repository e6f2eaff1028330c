//! `/sandbox/webhook`: subscribing, and any notification at will.

use super::read;
use crate::call::{Answer, Call, Reply};
use crate::server::Shared;
use crate::sns::delivery;
use crate::sns::envelope::{self, Envelope, Kind, Marks};
use crate::sns::subscription::Subscription;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Copies of one call; more is a load test's business.
const COPIES_MOST: u32 = 1_000;

pub(super) async fn route(shared: &Arc<Shared>, call: &Call, rest: &[&str]) -> Answer {
    match (call.method.as_str(), rest) {
        ("GET", []) => Ok(Reply::ok(shared.with(|world| world.subscription.shown()))),
        ("PUT", []) => set(shared, call),
        ("POST", ["subscribe"]) => subscribe(shared, call).await,
        ("POST", ["unsubscribe"]) => {
            let marks: Marks = read(call)?;
            let sent = delivery::farewell(shared, &marks).await.ok_or_else(no_address)?;
            Ok(Reply::ok(json!({ "status": sent.0.status, "token": sent.1, "message_id": sent.0.message_id })))
        }
        ("POST", ["notify"]) => notify(shared, call).await,
        _ => Err(Reply::no_route()),
    }
}

fn no_address() -> Reply {
    Reply::message(409, "no webhook address: PUT /sandbox/webhook first")
}

/// What is not named stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    url: Option<String>,
    topic_arn: Option<String>,
    signature_version: Option<String>,
    retry_delay_ms: Option<u64>,
}

fn set(shared: &Shared, call: &Call) -> Answer {
    let change: Change = read(call)?;
    if change.url.as_ref().is_some_and(|url| !url.starts_with("http://")) {
        return Err(Reply::message(400, "url must begin with http://: the sandbox speaks to this machine only"));
    }
    shared.with(|world| {
        let subscription = &mut world.subscription;
        if let Some(url) = change.url {
            subscription.point_to(url);
        }
        subscription.topic_arn = change.topic_arn.unwrap_or_else(|| subscription.topic_arn.clone());
        subscription.signature_version =
            change.signature_version.unwrap_or_else(|| subscription.signature_version.clone());
        subscription.retry_delay = change.retry_delay_ms.map_or(subscription.retry_delay, Duration::from_millis);
        Ok(Reply::ok(subscription.shown()))
    })
}

async fn subscribe(shared: &Arc<Shared>, call: &Call) -> Answer {
    let marks: Marks = read(call)?;
    let (subscription, topic, token) = shared.with(|world| {
        let topic = marks.topic_arn.clone().unwrap_or_else(|| world.subscription.topic_arn.clone());
        let token = world.subscription.new_token(&topic);
        (world.subscription.clone(), topic, token)
    });
    let url = subscription.url.clone().ok_or_else(no_address)?;
    let message = format!(
        "You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit the SubscribeURL \
         included in this message."
    );
    let envelope = sealed(shared, &subscription, &Kind::Subscription { token: token.clone() }, &message, &marks)?;
    let receipt = delivery::deliver(shared, &url, &envelope).await;
    Ok(Reply::ok(json!({ "status": receipt.status, "token": token, "message_id": receipt.message_id })))
}

/// Any message, as often as asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    message: Value,
    #[serde(default = "one")]
    copies: u32,
    /// Each copy under its own id; otherwise they repeat one, as SNS repeats.
    #[serde(default)]
    distinct: bool,
    /// Sent although nobody confirmed.
    #[serde(default)]
    force: bool,
    tamper: Option<envelope::Tamper>,
    timestamp: Option<String>,
    topic_arn: Option<String>,
    signature_version: Option<String>,
    message_id: Option<String>,
    subject: Option<String>,
}

fn one() -> u32 {
    1
}

async fn notify(shared: &Arc<Shared>, call: &Call) -> Answer {
    let Notice {
        message,
        copies,
        distinct,
        force,
        tamper,
        timestamp,
        topic_arn,
        signature_version,
        message_id,
        subject,
    } = read(call)?;
    let message = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
    let message_id = message_id.unwrap_or_else(|| Uuid::new_v4().to_string());
    let marks =
        Marks { tamper, timestamp, topic_arn, signature_version, message_id: Some(message_id.clone()), subject };
    let subscription = shared.with(|world| world.subscription.clone());
    let url = subscription.url.clone().ok_or_else(no_address)?;
    if subscription.arn.is_none() && !force {
        return Err(Reply::message(409, "the subscription is not confirmed (\"force\": true sends all the same)"));
    }
    let mut tasks = Vec::new();
    for _ in 0..copies.min(COPIES_MOST) {
        let own = Marks { message_id: marks.message_id.clone().filter(|_| !distinct), ..marks.clone() };
        let envelope = sealed(shared, &subscription, &Kind::Notification, &message, &own)?;
        let (shared, url) = (Arc::clone(shared), url.clone());
        // All at once: copies that race each other are the harder test.
        tasks.push(tokio::spawn(async move { delivery::deliver(&shared, &url, &envelope).await }));
    }
    let mut deliveries = Vec::new();
    for task in tasks {
        deliveries.extend(task.await.map(|receipt| receipt.shown()));
    }
    Ok(Reply::ok(json!({ "message_id": message_id, "deliveries": deliveries })))
}

fn sealed(
    shared: &Shared,
    subscription: &Subscription,
    kind: &Kind,
    message: &str,
    marks: &Marks,
) -> Result<Envelope, Reply> {
    envelope::write(&shared.authority, subscription, kind, message, marks)
        .map_err(|error| Reply::message(500, &error.to_string()))
}
