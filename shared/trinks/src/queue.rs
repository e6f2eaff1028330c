//! The queue of requests to Trinks: FIFO, a group per key and lane (design section 5).

use aws_sdk_sqs::types::MessageAttributeValue;
use ponte_domain::trinks::ConnectionId;
use ponte_platform::failure::{Failure, aws_failure};

use crate::requests::QueuedRequest;

/// `trinks-requests.fifo`.
pub struct RequestQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl RequestQueue {
    /// A queue by its URL.
    #[must_use]
    pub fn new(client: aws_sdk_sqs::Client, url: String) -> Self {
        Self { client, url }
    }

    /// Queues a request. Queued again within five minutes it is still one, unless it failed in between.
    pub async fn send(&self, connection: &ConnectionId, request: &QueuedRequest) -> Result<(), Failure> {
        let body = serde_json::to_string(request).map_err(|error| Failure::Bug(error.to_string()))?;
        let sent = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_group_id(format!("{connection}#{}", request.lane.as_str()))
            .message_deduplication_id(deduplication(request))
            .send()
            .await;
        sent.map(drop).map_err(|error| aws_failure("SendMessage", &error))
    }

    /// Puts off a delivery that was not handled: it comes again after so many seconds, and what is behind it in its group
    /// waits with it.
    pub async fn defer(&self, receipt: &str, seconds: u64) -> Result<(), Failure> {
        /// The longest that SQS hides a message.
        const MOST: u64 = 12 * 60 * 60;
        let seconds = i32::try_from(seconds.min(MOST)).unwrap_or(i32::MAX);
        let answer = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        let answer = answer.visibility_timeout(seconds).send().await;
        answer.map(drop).map_err(|error| aws_failure("ChangeMessageVisibility", &error))
    }

    /// Puts a request that failed for good into another queue, with the reason.
    pub async fn give_up(&self, dead_letters: &str, request: &QueuedRequest, reason: &str) -> Result<(), Failure> {
        let body = serde_json::to_string(request).map_err(|error| Failure::Bug(error.to_string()))?;
        let reason = MessageAttributeValue::builder().data_type("String").string_value(reason).build();
        let sent = self
            .client
            .send_message()
            .queue_url(dead_letters)
            .message_body(body)
            .message_attributes("Reason", reason.map_err(|error| Failure::Bug(error.to_string()))?)
            .message_group_id(request.salon.to_string())
            .message_deduplication_id(deduplication(request))
            .send()
            .await;
        sent.map(drop).map_err(|error| aws_failure("SendMessage", &error))
    }
}

/// A request's id may hold what SQS does not accept; its hash does not. What was parked, and what failed, is another message.
fn deduplication(request: &QueuedRequest) -> String {
    let parts =
        [request.id.as_str(), &request.salon.to_string(), &request.failures.to_string(), &request.releases.to_string()];
    ponte_domain::ids::TransactionId::derive(&parts).as_str().to_owned()
}
