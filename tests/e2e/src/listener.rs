//! Whoever listens to the domain events.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{Stack, guid};

/// A queue that hears all domain events from its making on.
pub struct Listener<'a> {
    stack: &'a Stack,
    url: String,
}

impl<'a> Listener<'a> {
    /// Makes the queue and subscribes it, as docs/domain-events.md says.
    pub async fn new(stack: &'a Stack) -> Self {
        let name = format!("listener-{}.fifo", guid());
        let made = stack.sqs("CreateQueue", &json!({ "QueueName": name, "Attributes": { "FifoQueue": "true" } })).await;
        let url = made["QueueUrl"].as_str().unwrap().to_owned();
        let facts = stack.sqs("GetQueueAttributes", &json!({ "QueueUrl": url, "AttributeNames": ["QueueArn"] })).await;
        let arn = facts["Attributes"]["QueueArn"].as_str().unwrap().to_owned();
        let topic = stack.fact("/domain_events_topic_arn");
        // Without it SNS may not write into the queue.
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage", "Resource": arn,
            "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
        }] });
        let attributes = json!({ "QueueUrl": url, "Attributes": { "Policy": policy.to_string() } });
        stack.sqs("SetQueueAttributes", &attributes).await;
        stack
            .sns(
                "Subscribe",
                &[
                    ("TopicArn", &topic),
                    ("Protocol", "sqs"),
                    ("Endpoint", &arn),
                    ("Attributes.entry.1.key", "RawMessageDelivery"),
                    ("Attributes.entry.1.value", "true"),
                ],
            )
            .await;
        Self { stack, url }
    }

    /// Listens until it has heard of something; all that was heard since the last time.
    pub async fn hears(&self, awaited: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        self.hears_until(&|heard| heard.iter().any(awaited)).await
    }

    /// Listens until it has heard enough.
    pub async fn hears_until(&self, enough: &dyn Fn(&[Value]) -> bool) -> Vec<Value> {
        let mut heard: Vec<Value> = Vec::new();
        for _ in 0..300 {
            heard.extend(self.receive().await);
            if enough(&heard) {
                return heard;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("not heard within a minute: {heard:#?}");
    }

    /// What was told since the last time, some of it.
    pub async fn receive(&self) -> Vec<Value> {
        let ask = json!({ "QueueUrl": self.url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0 });
        let got = self.stack.sqs("ReceiveMessage", &ask).await;
        let mut heard = Vec::new();
        for message in got["Messages"].as_array().cloned().unwrap_or_default() {
            heard.push(serde_json::from_str(message["Body"].as_str().unwrap()).unwrap());
            let delete = json!({ "QueueUrl": self.url, "ReceiptHandle": message["ReceiptHandle"] });
            self.stack.sqs("DeleteMessage", &delete).await;
        }
        heard
    }
}
