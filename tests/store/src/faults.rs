//! Faults between the SDK and the table.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use tokio::sync::Notify;

/// What happens to one call of the SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It works.
    None,
    /// It never reaches the table; the caller sees a time-out.
    TimeoutBefore,
    /// It takes effect; the caller sees a time-out.
    TimeoutAfter,
    /// The table throttles it.
    Throttle,
    /// Another transaction is at work on the item (only transactions see this).
    TransactionConflict,
    /// The Lambda dies before the call.
    CrashBefore,
    /// The Lambda dies after the call took effect.
    CrashAfter,
}

/// The faults to come, one per call; then everything works.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    plan: Arc<Mutex<VecDeque<Fault>>>,
    crashed: Arc<Notify>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Faults {
    /// Replaces what is to come.
    pub fn plan(&self, faults: impl IntoIterator<Item = Fault>) {
        *self.plan.lock().unwrap() = faults.into_iter().collect();
    }

    /// Waits for the Lambda's death.
    pub async fn crashed(&self) {
        self.crashed.notified().await;
    }

    /// The names of the calls made since the last time this was asked.
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    /// An HTTP client that suffers these faults.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(FaultyClient { faults: self.clone(), inner: Builder::new().build_http() })
    }
}

#[derive(Debug, Clone)]
struct FaultyClient {
    faults: Faults,
    inner: SharedHttpClient,
}

impl HttpClient for FaultyClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector { faults: self.faults.clone(), inner })
    }
}

#[derive(Debug, Clone)]
struct FaultyConnector {
    faults: Faults,
    inner: SharedHttpConnector,
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation =
            request.headers().get("x-amz-target").unwrap_or_default().rsplit('.').next().unwrap_or_default().to_owned();
        self.faults.calls.lock().unwrap().push(operation.clone());
        let fault = self.faults.plan.lock().unwrap().pop_front().unwrap_or(Fault::None);
        let (inner, faults) = (self.inner.clone(), self.faults.clone());
        HttpConnectorFuture::new(async move {
            match fault {
                Fault::None => inner.call(request).await,
                Fault::TimeoutBefore => Err(ConnectorError::timeout("injected, before".into())),
                Fault::TimeoutAfter => {
                    inner.call(request).await?;
                    Err(ConnectorError::timeout("injected, after".into()))
                }
                Fault::Throttle => Ok(refusal("ThrottlingException", "")),
                Fault::TransactionConflict if operation == "TransactWriteItems" => {
                    let reasons = r#","CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict","Message":"injected"},{"Code":"None"}]"#;
                    Ok(refusal("TransactionCanceledException", reasons))
                }
                Fault::TransactionConflict => inner.call(request).await,
                Fault::CrashBefore => die(&faults).await,
                Fault::CrashAfter => {
                    inner.call(request).await?;
                    die(&faults).await
                }
            }
        })
    }
}

async fn die<T>(faults: &Faults) -> T {
    faults.crashed.notify_one();
    std::future::pending().await
}

fn refusal(kind: &str, more: &str) -> HttpResponse {
    let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{kind}","Message":"injected"{more}}}"#);
    let mut response = HttpResponse::new(StatusCode::try_from(400).unwrap(), SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}
