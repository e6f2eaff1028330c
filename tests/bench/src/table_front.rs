//! What the Lambdas take for AWS. DynamoDB calls pass through to the embedded one and are counted with their consumed
//! capacity; Secrets Manager, SQS and SNS are answered here.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use axum::serve::ListenerExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use ponte_store_tests::SECRET;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What was used since the last time it was asked.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    /// Calls to DynamoDB.
    pub(crate) round_trips: u32,
    /// Read capacity units.
    pub(crate) read_units: f64,
    /// Write capacity units.
    pub(crate) write_units: f64,
    /// Calls to SQS and SNS.
    pub(crate) messages: u32,
    /// Time that the embedded DynamoDB took to answer.
    pub(crate) in_table: Duration,
    /// Calls that failed; a measurement has none.
    failed: u32,
}

/// The front, running.
pub(crate) struct TableFront {
    /// For `AWS_ENDPOINT_URL`.
    pub(crate) endpoint: String,
    used: Arc<Mutex<Used>>,
}

impl TableFront {
    /// Starts in front of the embedded DynamoDB at `table`.
    pub(crate) async fn start(table: String) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for the table's front")?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let used = Arc::new(Mutex::new(Used::default()));
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let front = Front { table, client, used: Arc::clone(&used) };
        let router = Router::new().fallback(answer).with_state(front);
        let listener = listener.tap_io(|stream| {
            // As in the Runtime API.
            let _ = stream.set_nodelay(true);
        });
        tokio::spawn(async move {
            // Lives as long as the program.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { endpoint, used })
    }

    /// What was used since the last time. Fails if a call failed: its cost would be wrong.
    pub(crate) fn take(&self) -> Result<Used> {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        if used.failed > 0 {
            bail!("{} calls to AWS failed", used.failed);
        }
        Ok(used)
    }
}

#[derive(Clone)]
struct Front {
    table: String,
    client: Client<HttpConnector, Body>,
    used: Arc<Mutex<Used>>,
}

async fn answer(State(front): State<Front>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (service, operation) = target.split_once('.').unwrap_or_default();
    let answer = match service {
        "secretsmanager" => Ok((StatusCode::OK, secret())),
        "AmazonSQS" => Ok((StatusCode::OK, front.message(json!({ "MessageId": MESSAGE_ID })))),
        service if service.starts_with("DynamoDB") => front.table(operation, &headers, &body).await,
        _ => return front.text_message(&body),
    };
    match answer {
        Ok((status, body)) => response(status, "application/x-amz-json-1.0", body.to_string()),
        Err(error) => {
            eprintln!("the table's front: {error:#}");
            front.note(|used| used.failed += 1);
            response(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", String::new())
        }
    }
}

impl Front {
    fn note(&self, change: impl FnOnce(&mut Used)) {
        change(&mut self.used.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Passes a call on, asking what it costs, and takes that out of the answer again.
    async fn table(&self, operation: &str, headers: &HeaderMap, body: &[u8]) -> Result<(StatusCode, Value)> {
        let mut request: Value = serde_json::from_slice(body).context("a DynamoDB request that is not JSON")?;
        request
            .as_object_mut()
            .context("a DynamoDB request that is no object")?
            .insert("ReturnConsumedCapacity".into(), "TOTAL".into());
        let mut outgoing = Request::post(&self.table);
        for name in ["authorization", "content-type", "x-amz-date", "x-amz-target"] {
            if let Some(value) = headers.get(name) {
                outgoing = outgoing.header(name, value);
            }
        }
        let started = Instant::now();
        let incoming = self.client.request(outgoing.body(Body::from(request.to_string()))?).await?;
        let status = incoming.status();
        let answer = axum::body::to_bytes(Body::new(incoming.into_body()), usize::MAX).await?;
        let in_table = started.elapsed();
        let mut answer: Value = serde_json::from_slice(&answer).context("a DynamoDB answer that is not JSON")?;
        let consumed = answer.as_object_mut().and_then(|answer| answer.remove("ConsumedCapacity"));
        if !status.is_success() {
            eprintln!("{operation}: {answer}");
        }
        self.note(|used| used.add(operation, consumed.as_ref(), status.is_success(), in_table));
        Ok((status, answer))
    }

    /// SQS and SNS accept whatever they are given.
    fn message<T>(&self, answer: T) -> T {
        self.note(|used| used.messages += 1);
        answer
    }

    /// SNS speaks forms and XML.
    fn text_message(&self, form: &[u8]) -> Response<Body> {
        if !form.starts_with(b"Action=Publish&") {
            self.note(|used| used.failed += 1);
            return response(
                StatusCode::NOT_FOUND,
                "text/plain",
                "neither DynamoDB, SQS, SNS nor Secrets Manager".to_owned(),
            );
        }
        let xml = format!(
            r#"<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>{MESSAGE_ID}</MessageId></PublishResult>
            <ResponseMetadata><RequestId>{MESSAGE_ID}</RequestId></ResponseMetadata></PublishResponse>"#
        );
        self.message(response(StatusCode::OK, "text/xml", xml))
    }
}

impl Used {
    /// The larger of each figure of two calls.
    pub(crate) fn most(self, other: Self) -> Self {
        Self {
            round_trips: self.round_trips.max(other.round_trips),
            read_units: self.read_units.max(other.read_units),
            write_units: self.write_units.max(other.write_units),
            messages: self.messages.max(other.messages),
            in_table: self.in_table.max(other.in_table),
            failed: self.failed.max(other.failed),
        }
    }

    fn add(&mut self, operation: &str, consumed: Option<&Value>, succeeded: bool, in_table: Duration) {
        let units = units(consumed);
        self.round_trips += 1;
        self.in_table += in_table;
        // A call without consumed capacity is one whose cost we would miss.
        self.failed += u32::from(!succeeded || units <= 0.0);
        match operation {
            "GetItem" | "BatchGetItem" | "Query" | "Scan" | "TransactGetItems" => self.read_units += units,
            _ => self.write_units += units,
        }
    }
}

/// `ConsumedCapacity` is one object, or one for each table.
fn units(consumed: Option<&Value>) -> f64 {
    match consumed {
        Some(Value::Array(tables)) => tables.iter().map(|table| units(Some(table))).sum(),
        Some(table) => table.get("CapacityUnits").and_then(Value::as_f64).unwrap_or_default(),
        None => 0.0,
    }
}

const MESSAGE_ID: &str = "5fea7756-0ea4-451a-a703-a558b933e274";

fn secret() -> Value {
    json!({ "ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:bench", "Name": "bench", "SecretString": SECRET })
}

fn response(status: StatusCode, kind: &str, body: String) -> Response<Body> {
    let built = Response::builder().status(status).header("content-type", kind).body(Body::from(body));
    // Constants, so building cannot fail.
    built.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacity_is_summed_over_tables_and_by_kind() {
        let mut used = Used::default();
        used.add(
            "BatchGetItem",
            Some(&json!([{ "CapacityUnits": 1.0 }, { "CapacityUnits": 0.5 }])),
            true,
            Duration::ZERO,
        );
        used.add("PutItem", Some(&json!({ "CapacityUnits": 2.0 })), true, Duration::ZERO);
        assert_eq!((used.round_trips, used.read_units, used.write_units, used.failed), (2, 1.5, 2.0, 0));
    }

    #[test]
    fn a_call_without_capacity_counts_as_failed() {
        let mut used = Used::default();
        used.add("PutItem", None, true, Duration::ZERO);
        assert_eq!(used.failed, 1);
    }
}
