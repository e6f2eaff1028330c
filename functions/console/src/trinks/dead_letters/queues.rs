//! The queues and their dead letters, at SQS.

use std::collections::BTreeMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use ponte_platform::failure::{Failure, aws_failure};
use ponte_trinks::queue::RequestQueue;
use serde::Deserialize;

/// A queue and where its dead letters go, by URL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueuePair {
    /// Where a dead letter goes back to; `None` for webhooks that reached no queue.
    #[serde(default)]
    pub queue: Option<String>,
    /// Where dead letters are.
    pub dead_letters: String,
}

/// The queues.
pub(super) struct Queues {
    sqs: Client,
    pairs: BTreeMap<String, QueuePair>,
}

/// Messages of one call of SQS.
const BATCH: usize = 10;
/// Seconds for which a message that is being moved is hidden: longer than a call lasts, so that no second one moves it too.
const HIDDEN_SECONDS: i32 = 30;
/// Seconds that a call waits for a message: only then does SQS ask all its servers. Below the client's patience.
const WAIT_SECONDS: i32 = 1;

impl Queues {
    pub(super) fn new(sqs: Client, pairs: BTreeMap<String, QueuePair>) -> Self {
        Self { sqs, pairs }
    }

    pub(super) fn pairs(&self) -> &BTreeMap<String, QueuePair> {
        &self.pairs
    }

    /// The queue of requests, for sending one again.
    pub(super) fn requests(&self, url: &str) -> RequestQueue {
        RequestQueue::new(self.sqs.clone(), url.to_owned())
    }

    /// About how many messages wait, and how many somebody is at.
    pub(super) async fn count(&self, url: &str) -> Result<(u64, u64), Failure> {
        let waiting = QueueAttributeName::ApproximateNumberOfMessages;
        let in_flight = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let request = self.sqs.get_queue_attributes().queue_url(url);
        let request = request.attribute_names(waiting.clone()).attribute_names(in_flight.clone());
        let answer = request.send().await.map_err(|error| aws_failure("GetQueueAttributes", &error))?;
        let attributes = answer.attributes.unwrap_or_default();
        let number = |name| attributes.get(&name).and_then(|text: &String| text.parse().ok()).unwrap_or(0);
        Ok((number(waiting), number(in_flight)))
    }

    /// Some messages, which stay.
    pub(super) async fn peek(&self, url: &str) -> Result<Vec<Message>, Failure> {
        self.receive(url, BATCH, 0).await
    }

    /// Up to `most` messages, to be moved by this call.
    pub(super) async fn take(&self, url: &str, most: usize) -> Result<Vec<Message>, Failure> {
        self.receive(url, most.min(BATCH), HIDDEN_SECONDS).await
    }

    async fn receive(&self, url: &str, most: usize, hidden: i32) -> Result<Vec<Message>, Failure> {
        let answer = self
            .sqs
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(i32::try_from(most).unwrap_or(1))
            .visibility_timeout(hidden)
            .wait_time_seconds(WAIT_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await;
        let answer = answer.map_err(|error| aws_failure("ReceiveMessage", &error))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Sends a message as it is, with its attributes, and its group where the queue has groups.
    pub(super) async fn send(&self, url: &str, message: &Message) -> Result<(), Failure> {
        let request = self
            .sqs
            .send_message()
            .queue_url(url)
            .message_body(message.body().unwrap_or_default())
            .set_message_attributes(message.message_attributes.clone());
        let request = if is_fifo(url) {
            request
                .set_message_group_id(system(message, &MessageSystemAttributeName::MessageGroupId))
                .set_message_deduplication_id(system(message, &MessageSystemAttributeName::MessageDeduplicationId))
        } else {
            request
        };
        request.send().await.map(drop).map_err(|error| aws_failure("SendMessage", &error))
    }

    /// Deletes a message that was taken.
    pub(super) async fn delete(&self, url: &str, message: &Message) -> Result<(), Failure> {
        let receipt = message.receipt_handle().unwrap_or_default();
        let answer = self.sqs.delete_message().queue_url(url).receipt_handle(receipt).send().await;
        answer.map(drop).map_err(|error| aws_failure("DeleteMessage", &error))
    }
}

/// What SQS says of a message.
pub(super) fn system(message: &Message, name: &MessageSystemAttributeName) -> Option<String> {
    message.attributes.as_ref()?.get(name).cloned()
}

fn is_fifo(url: &str) -> bool {
    url.rsplit('.').next() == Some("fifo")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn queues_are_read_from_the_setting() {
        let text = r#"{"conta":{"queue":"q","dead_letters":"d"},"undelivered":{"dead_letters":"u"}}"#;
        let pairs: BTreeMap<String, QueuePair> = serde_json::from_str(text).unwrap();
        assert_eq!(pairs["conta"].queue.as_deref(), Some("q"));
        assert_eq!(pairs["undelivered"], QueuePair { queue: None, dead_letters: "u".into() });
        assert!(serde_json::from_str::<BTreeMap<String, QueuePair>>(r#"{"conta":{"queue":"q"}}"#).is_err());
    }

    #[test]
    fn a_queue_with_groups_is_known_by_its_name() {
        assert!(is_fifo("https://sqs.us-east-1.amazonaws.com/123456789012/trinks-requests.fifo"));
        assert!(!is_fifo("https://sqs.us-east-1.amazonaws.com/123456789012/trinks-conta"));
    }
}
