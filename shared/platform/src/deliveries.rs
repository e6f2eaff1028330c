//! Events that SQS or SNS delivers to a Lambda, in whatever wrapping.
//!
//! One message may come three ways: in a queue as it is, in a queue inside the envelope of the topic it came through, or
//! straight from the topic. A consumer need not know which.

use std::future::Future;
use std::pin::Pin;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Failure;

/// One message, unwrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The queue's id of it, or the topic's.
    pub id: String,
    /// Its content.
    pub body: String,
    /// The queue's handle of this delivery.
    pub receipt: Option<String>,
    /// How often the queue has delivered it, this time included.
    pub times: u32,
}

/// What came: from a queue, where each message can be given back alone, or from a topic, where only all can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deliveries {
    /// From SQS.
    Queue(Vec<Delivery>),
    /// From SNS.
    Topic(Vec<Delivery>),
}

/// Messages to give back to the queue.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

impl BatchAnswer {
    /// Gives a message back.
    pub fn give_back(&mut self, id: &str) {
        self.batch_item_failures.push(ItemFailure { item_identifier: id.to_owned() });
    }

    /// Whether nothing is given back.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch_item_failures.is_empty()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueueRecord {
    message_id: String,
    body: String,
    receipt_handle: Option<String>,
    #[serde(default)]
    attributes: QueueAttributes,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct QueueAttributes {
    approximate_receive_count: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Notification {
    #[serde(rename = "Type")]
    kind: String,
    message_id: String,
    message: String,
}

/// How the messages of a queue that are envelopes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelopes {
    /// The content is what matters: our own topics.
    Opened,
    /// The envelope itself matters, for its signature: Trinks' topic.
    Kept,
}

impl Deliveries {
    /// Reads an event; `None` when it is from neither service.
    #[must_use]
    pub fn read(event: &Value, envelopes: Envelopes) -> Option<Self> {
        let records = event.get("Records")?.as_array()?;
        let from = |record: &Value, source: &str| {
            let name = record.get("eventSource").or_else(|| record.get("EventSource"));
            name.and_then(Value::as_str) == Some(source)
        };
        if !records.is_empty() && records.iter().all(|record| from(record, "aws:sqs")) {
            let read = |record: &Value| Some(queued(QueueRecord::deserialize(record).ok()?, envelopes));
            return records.iter().map(read).collect::<Option<_>>().map(Self::Queue);
        }
        if !records.is_empty() && records.iter().all(|record| from(record, "aws:sns")) {
            let read = |record: &Value| notified(record.get("Sns")?, envelopes);
            return records.iter().map(read).collect::<Option<_>>().map(Self::Topic);
        }
        None
    }
}

fn queued(record: QueueRecord, envelopes: Envelopes) -> Delivery {
    let opened = || {
        let notification: Notification = serde_json::from_str(&record.body).ok()?;
        (notification.kind == "Notification").then_some(notification.message)
    };
    let inner = if envelopes == Envelopes::Opened { opened() } else { None };
    let times = record.attributes.approximate_receive_count.and_then(|text| text.parse().ok()).unwrap_or(1);
    Delivery { id: record.message_id, body: inner.unwrap_or(record.body), receipt: record.receipt_handle, times }
}

fn notified(sns: &Value, envelopes: Envelopes) -> Option<Delivery> {
    let notification = Notification::deserialize(sns).ok()?;
    let body = if envelopes == Envelopes::Opened { notification.message } else { sns.to_string() };
    Some(Delivery { id: notification.message_id, body, receipt: None, times: 1 })
}

/// Handles messages one by one. From a queue, those that fail are given back and the others are not; from a topic, one failure
/// fails all, and a repetition must be harmless.
pub async fn handle<H, F>(deliveries: Deliveries, handler: H) -> Result<BatchAnswer, Error>
where
    H: Fn(Delivery) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    let (messages, from_topic) = match deliveries {
        Deliveries::Queue(messages) => (messages, false),
        Deliveries::Topic(messages) => (messages, true),
    };
    let mut answer = BatchAnswer::default();
    for message in messages {
        let (id, times) = (message.id.clone(), message.times);
        if let Err(failure) = handler(message).await {
            tracing::error!(event = "message_failed", message = id, times, failure = %failure, "will be delivered again");
            answer.give_back(&id);
        }
    }
    if from_topic && !answer.is_empty() {
        return Err("a notification could not be handled".into());
    }
    Ok(answer)
}

/// Runs a consumer as a Lambda.
pub async fn serve<H, F>(handler: H) -> Result<(), Error>
where
    H: Fn(Delivery) -> F + Sync,
    F: Future<Output = Result<(), Failure>> + Send,
{
    let handler = &handler;
    let answer = |event: LambdaEvent<Value>| -> Answering<'_> {
        Box::pin(async move {
            let deliveries = Deliveries::read(&event.payload, Envelopes::Opened);
            handle(deliveries.ok_or("the event is neither from SQS nor from SNS")?, handler).await
        })
    };
    lambda_runtime::run(service_fn(answer)).await
}

/// Boxed: the types of a consumer's futures, nested in the runtime's, are deeper than the compiler follows.
type Answering<'a> = Pin<Box<dyn Future<Output = Result<BatchAnswer, Error>> + Send + 'a>>;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn queue(body: &str) -> Value {
        json!({ "Records": [{ "messageId": "m1", "receiptHandle": "r", "body": body, "eventSource": "aws:sqs",
            "attributes": { "ApproximateReceiveCount": "3" } }] })
    }

    fn bodies(event: &Value, envelopes: Envelopes) -> Vec<String> {
        match Deliveries::read(event, envelopes).unwrap() {
            Deliveries::Queue(messages) | Deliveries::Topic(messages) => {
                messages.into_iter().map(|message| message.body).collect()
            }
        }
    }

    #[test]
    fn one_message_is_the_same_whichever_way_it_came() {
        let envelope = json!({ "Type": "Notification", "MessageId": "n1", "TopicArn": "t", "Message": "{\"a\":1}" });
        let topic = json!({ "Records": [{ "EventSource": "aws:sns", "Sns": envelope }] });
        for event in [queue("{\"a\":1}"), queue(&envelope.to_string()), topic] {
            assert_eq!(bodies(&event, Envelopes::Opened), ["{\"a\":1}"]);
        }
    }

    #[test]
    fn an_envelope_that_matters_is_kept() {
        let envelope = json!({ "Type": "Notification", "MessageId": "n1", "TopicArn": "t", "Message": "{}" });
        assert_eq!(bodies(&queue(&envelope.to_string()), Envelopes::Kept), [envelope.to_string()]);
    }

    #[test]
    fn an_event_of_another_service_is_not_taken_for_messages() {
        for event in [json!({}), json!({ "Records": [] }), json!({ "Records": [{ "eventSource": "aws:s3" }] })] {
            assert_eq!(Deliveries::read(&event, Envelopes::Opened), None);
        }
    }

    #[tokio::test]
    async fn only_the_messages_that_failed_go_back() {
        let mut event = queue("good");
        event["Records"].as_array_mut().unwrap().push(queue("bad")["Records"][0].clone());
        event["Records"][1]["messageId"] = json!("m2");
        let deliveries = Deliveries::read(&event, Envelopes::Opened).unwrap();
        let answer = handle(deliveries, |message| async move {
            if message.body == "bad" { Err(Failure::Unavailable("no".into())) } else { Ok(()) }
        });
        let text = serde_json::to_string(&answer.await.unwrap()).unwrap();
        assert_eq!(text, r#"{"batchItemFailures":[{"itemIdentifier":"m2"}]}"#);
    }
}
