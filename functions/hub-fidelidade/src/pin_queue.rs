//! The queue of PIN requests. A message names who asked for what; the PIN itself is made by the sender and is in no queue.

use ponte_domain::pin::PinMessage;
use ponte_platform::failure::{Failure, aws_failure};

/// The queue.
pub struct PinQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl PinQueue {
    /// A queue by URL.
    #[must_use]
    pub fn new(client: aws_sdk_sqs::Client, url: String) -> Self {
        Self { client, url }
    }

    /// Queues a request, durably.
    pub async fn send(&self, message: &PinMessage) -> Result<(), Failure> {
        let body = serde_json::to_string(message)
            .map_err(|error| Failure::Bug(format!("a PIN request cannot be written: {error}")))?;
        let answer = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        answer.map(drop).map_err(|error| aws_failure("SendMessage", &error))
    }
}
