//! Confirming a subscription by SNS' own API; no URL out of a body is ever fetched.

use std::time::Duration;

use ponte_domain::sns::{TopicArn, confirmation_url};
use ponte_platform::aws::Aws;
use ponte_platform::failure::{Failure, chain};

/// How long SNS may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Confirms subscriptions.
pub struct Confirmer {
    aws: Aws,
    http: reqwest::Client,
    /// Where the local stack's sandbox plays SNS.
    sandbox: Option<String>,
}

impl Confirmer {
    /// `sandbox` is set on the local stack only.
    #[must_use]
    pub fn new(aws: Aws, http: reqwest::Client, sandbox: Option<String>) -> Self {
        Self { aws, http, sandbox }
    }

    /// Confirms, and returns the subscription's ARN where SNS tells it.
    ///
    /// The topic is another account's: should IAM not let us call the API for it, the public URL does the same. It is built
    /// from the pinned topic and the signed token, not taken from the message.
    pub async fn confirm(&self, topic: &TopicArn, token: &str) -> Result<Option<String>, Failure> {
        let client = self.aws.sns_of(topic.region());
        let answer = client.confirm_subscription().topic_arn(topic.as_str()).token(token).send().await;
        match answer {
            Ok(answer) => Ok(answer.subscription_arn),
            Err(error) => {
                tracing::info!(event = "trinks_confirm_by_url", reason = %chain(&error));
                self.visit(topic, token).await
            }
        }
    }

    async fn visit(&self, topic: &TopicArn, token: &str) -> Result<Option<String>, Failure> {
        let mut url = confirmation_url(topic, token);
        if let Some(sandbox) = &self.sandbox {
            let host = format!("https://sns.{}.amazonaws.com", topic.region());
            url = url.replacen(&host, sandbox, 1);
        }
        // The token is in the URL: errors go without it.
        let failed = |error: reqwest::Error| {
            Failure::Unavailable(format!("confirming the subscription: {}", chain(&error.without_url())))
        };
        let answer = self.http.get(url).timeout(PATIENCE).send().await.map_err(failed)?;
        let status = answer.status();
        if !status.is_success() {
            return Err(Failure::Unavailable(format!("confirming the subscription: status {status}")));
        }
        let body = answer.text().await.map_err(failed)?;
        Ok(between(&body, "<SubscriptionArn>", "</SubscriptionArn>").map(|arn| arn.trim().to_owned()))
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(inner, _)| inner)
}
