//! The emulated AWS itself, as whoever owns the account: Lambdas that the clock runs, queues, topics, the table.

use serde_json::{Value, json};

use crate::{Answer, Stack, answer};

impl Stack {
    /// Invokes a Lambda as its schedule would.
    pub async fn invoke(&self, lambda: &str, event: &Value) -> Answer {
        let request = self.http().post(self.lambda_url(lambda, "invocations")).json(event);
        answer(request.header("authorization", signature(&self.fact("/region"), "lambda"))).await
    }

    fn lambda_url(&self, lambda: &str, what: &str) -> String {
        format!("{}/2015-03-31/functions/{}-{lambda}/{what}", self.fact("/aws_endpoint"), self.fact("/stack"))
    }

    /// Where the dead letters are that the console calls so.
    pub async fn dead_letter_queue(&self, name: &str) -> String {
        let url = self.lambda_url("console-trinks-dead-letters", "configuration");
        let request = self.http().get(url).header("authorization", signature(&self.fact("/region"), "lambda"));
        let found = answer(request).await.json();
        let pairs = found["Environment"]["Variables"]["PONTE_TRINKS_QUEUES"].as_str().unwrap().to_owned();
        let pairs: Value = serde_json::from_str(&pairs).unwrap();
        pairs[name]["dead_letters"].as_str().unwrap_or_else(|| panic!("no queue {name}: {pairs}")).to_owned()
    }

    /// Puts a message into a queue; a FIFO one takes it for one more, in a group of its own.
    pub async fn put_into(&self, queue: &str, message: &str) {
        let mut body = json!({ "QueueUrl": queue, "MessageBody": message });
        if queue.ends_with(".fifo") {
            body["MessageGroupId"] = crate::guid().into();
            body["MessageDeduplicationId"] = crate::guid().into();
        }
        self.sqs("SendMessage", &body).await;
    }

    /// A call of the emulated SQS.
    pub async fn sqs(&self, action: &str, body: &Value) -> Value {
        self.json_call("sqs", &format!("AmazonSQS.{action}"), body).await
    }

    /// A call of the emulated DynamoDB, on the stack's table: what no Lambda would do.
    pub async fn table(&self, action: &str, mut body: Value) -> Value {
        body["TableName"] = self.fact("/table").into();
        self.json_call("dynamodb", &format!("DynamoDB_20120810.{action}"), &body).await
    }

    async fn json_call(&self, service: &str, target: &str, body: &Value) -> Value {
        let request = self
            .http()
            .post(self.fact("/aws_endpoint"))
            .header("x-amz-target", target)
            .header("authorization", signature(&self.fact("/region"), service))
            .header("content-type", "application/x-amz-json-1.0")
            .body(body.to_string());
        let done = answer(request).await;
        assert_eq!(done.status, 200, "{target}: {done:?}");
        serde_json::from_str(&done.text).unwrap_or(Value::Null)
    }

    /// A call of the emulated SNS.
    pub async fn sns(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        let mut pairs = vec![format!("Action={action}"), "Version=2010-03-31".to_owned()];
        pairs.extend(parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))));
        let request = self
            .http()
            .post(self.fact("/aws_endpoint"))
            .header("authorization", signature(&self.fact("/region"), "sns"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(pairs.join("&"));
        let done = answer(request).await;
        assert_eq!(done.status, 200, "{action}: {done:?}");
        done.text
    }
}

/// The emulator reads service and region out of it, and checks no signature. The key `test` is root; Lambdas have their own.
fn signature(region: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=none"
    )
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
