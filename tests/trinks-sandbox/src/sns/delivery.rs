//! Deliveries, with SNS' patience: three more tries after a failure of the server, none after a 4xx.

use super::envelope::{self, Envelope, Kind, Marks};
use super::subscription::Receipt;
use crate::http;
use crate::server::Shared;
use std::sync::Arc;
use std::time::Duration;

const TRIES: u32 = 4;
/// SNS waits this long for an answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Sends an envelope until it is taken, refused for good or tried often enough, and notes how it ended.
pub(crate) async fn deliver(shared: &Shared, url: &str, envelope: &Envelope) -> Receipt {
    let pause = shared.with(|world| {
        world.subscription.pending += 1;
        world.subscription.retry_delay
    });
    let mut receipt = Receipt { message_id: envelope.message_id.clone(), kind: envelope.kind, status: 0, tries: 0 };
    while receipt.tries < TRIES {
        if receipt.tries > 0 {
            tokio::time::sleep(pause).await;
        }
        receipt.tries += 1;
        receipt.status = once(url, envelope).await;
        if !worth_repeating(receipt.status) {
            break;
        }
    }
    shared.with(|world| {
        world.subscription.pending = world.subscription.pending.saturating_sub(1);
        world.subscription.note(receipt.clone());
    });
    receipt
}

/// A 4xx but 429 is for good: the message is lost.
fn worth_repeating(status: u16) -> bool {
    status == 0 || status == 429 || status >= 500
}

async fn once(url: &str, envelope: &Envelope) -> u16 {
    let mut headers = vec![
        ("content-type", "text/plain; charset=UTF-8"),
        ("user-agent", "Amazon Simple Notification Service Agent"),
        ("x-amz-sns-message-type", envelope.kind),
        ("x-amz-sns-message-id", envelope.message_id.as_str()),
        ("x-amz-sns-topic-arn", envelope.topic_arn.as_str()),
    ];
    if let Some(arn) = &envelope.subscription_arn {
        headers.push(("x-amz-sns-subscription-arn", arn));
    }
    let sending = http::send("POST", url, &headers, envelope.body.clone());
    tokio::time::timeout(PATIENCE, sending).await.ok().and_then(Result::ok).map_or(0, |answer| answer.status)
}

/// Ends the subscription and says so; the token it sends would restore it.
pub(crate) async fn farewell(shared: &Arc<Shared>, marks: &Marks) -> Option<(Receipt, String)> {
    let (before, token) = shared.with(|world| {
        let before = world.subscription.clone();
        let topic = marks.topic_arn.clone().unwrap_or_else(|| before.topic_arn.clone());
        world.subscription.arn = None;
        (before, world.subscription.new_token(&topic))
    });
    let url = before.url.clone()?;
    let message = format!(
        "You have chosen to deactivate subscription {}.\nTo cancel this operation and restore the subscription, visit \
         the SubscribeURL included in this message.",
        before.arn.as_deref().unwrap_or_default()
    );
    let kind = Kind::Unsubscription { token: token.clone() };
    let envelope = envelope::write(&shared.authority, &before, &kind, &message, marks).ok()?;
    Some((deliver(shared, &url, &envelope).await, token))
}
