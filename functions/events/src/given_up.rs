//! Records of the stream that could not be told, kept whole: the stream itself forgets them after a day.

use aws_lambda_events::event::dynamodb::EventRecord;
use aws_sdk_sqs::types::MessageAttributeValue;
use lambda_runtime::Error;
use ponte_platform::aws::Aws;
use ponte_platform::failure::{Failure, aws_failure};
use ponte_platform::settings;
use serde_json::json;

/// The outbox's dead letters. What lies there is an event of the stream, as the outbox takes it, so that it can be replayed.
pub struct GivenUp {
    sqs: aws_sdk_sqs::Client,
    url: String,
}

impl GivenUp {
    /// Reads the Lambda's settings.
    pub fn from_env(aws: &Aws) -> Result<Self, Error> {
        Ok(Self::new(aws, settings::required("PONTE_OUTBOX_DLQ_URL")?))
    }

    /// A queue by its URL.
    #[must_use]
    pub fn new(aws: &Aws, url: String) -> Self {
        Self { sqs: aws.sqs(), url }
    }

    /// Keeps a record, with the reason.
    pub(super) async fn keep(&self, record: &EventRecord, reason: &str) -> Result<(), Failure> {
        let reason = MessageAttributeValue::builder().data_type("String").string_value(reason).build();
        let sent = self
            .sqs
            .send_message()
            .queue_url(&self.url)
            .message_body(json!({ "Records": [record] }).to_string())
            .message_attributes("Reason", reason.map_err(|error| Failure::Bug(error.to_string()))?)
            .send()
            .await;
        sent.map(drop).map_err(|error| aws_failure("SendMessage", &error))
    }
}
