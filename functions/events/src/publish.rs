//! Publishing to `domain-events.fifo`.

use aws_sdk_sns::types::MessageAttributeValue;
use lambda_runtime::Error;
use ponte_domain::domain_event::DomainEvent;
use ponte_domain::ids::TransactionId;
use ponte_platform::aws::Aws;
use ponte_platform::failure::{Failure, aws_failure};
use ponte_platform::settings;

/// Publishes domain events, in order within their group.
pub struct Publisher {
    sns: aws_sdk_sns::Client,
    topic_arn: String,
}

impl Publisher {
    /// Reads the Lambda's settings.
    pub fn from_env(aws: &Aws) -> Result<Self, Error> {
        Ok(Self::new(aws, settings::required("PONTE_DOMAIN_EVENTS_TOPIC_ARN")?))
    }

    /// A topic by its ARN.
    #[must_use]
    pub fn new(aws: &Aws, topic_arn: String) -> Self {
        Self { sns: aws.sns_of(aws.region()), topic_arn }
    }

    /// Publishes one event. SNS drops what it got within five minutes; later repetitions carry the same id.
    pub async fn publish(&self, event: &DomainEvent) -> Result<(), Failure> {
        let body = serde_json::to_string(event).map_err(|error| Failure::Bug(error.to_string()))?;
        let text = |value: &str| {
            let attribute = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            attribute.map_err(|error| Failure::Bug(error.to_string()))
        };
        // An id may hold what SNS does not take, or be too long; its hash is neither.
        let deduplication = TransactionId::derive(&["domain-event", &event.id]);
        let sent = self
            .sns
            .publish()
            .topic_arn(&self.topic_arn)
            .message(body)
            .message_group_id(TransactionId::derive(&["group", &event.group]).as_str())
            .message_deduplication_id(deduplication.as_str())
            .message_attributes("kind", text(event.news.kind())?)
            .message_attributes("program", text(event.program.as_str())?)
            .send()
            .await;
        sent.map(drop).map_err(|error| aws_failure("Publish", &error))
    }
}
