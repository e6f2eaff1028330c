//! What the Lambdas take for AWS beside the table: SNS, SQS and Secrets Manager, which can be out of order.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use ponte_platform::aws::Aws;
use serde_json::json;
use tokio::sync::Notify;

/// The services, over an embedded table.
#[derive(Debug, Clone, Default)]
pub struct Cloud {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Actions that fail.
    down: HashSet<String>,
    /// Actions whose answers wait until they are told.
    held: HashMap<String, Arc<Notify>>,
    /// Actions with their bodies.
    calls: Vec<(String, String)>,
    secret: String,
}

impl Cloud {
    /// Clients of these services, and of the table at `endpoint`.
    #[must_use]
    pub fn aws(&self, endpoint: &str) -> Aws {
        let client = CloudClient { cloud: self.clone(), table: Builder::new().build_http() };
        let credentials = Credentials::from_keys("test", "test", None);
        Aws::with_http(credentials, SharedHttpClient::new(client), endpoint.to_owned())
    }

    /// Makes an action fail from now on, as `Publish`.
    pub fn fail(&self, action: &str) {
        self.state.lock().unwrap().down.insert(action.to_owned());
    }

    /// Makes all work again.
    pub fn mend(&self) {
        self.state.lock().unwrap().down.clear();
    }

    /// Makes an action answer only when it is told to: what it asks for has happened by then.
    #[must_use]
    pub fn hold(&self, action: &str) -> Arc<Notify> {
        Arc::clone(self.state.lock().unwrap().held.entry(action.to_owned()).or_default())
    }

    /// What any secret holds from now on.
    pub fn put_secret(&self, value: &str) {
        value.clone_into(&mut self.state.lock().unwrap().secret);
    }

    /// The bodies of an action's calls since the last time this was asked of any action.
    #[must_use]
    pub fn take_calls(&self, action: &str) -> Vec<String> {
        let calls = std::mem::take(&mut self.state.lock().unwrap().calls);
        calls.into_iter().filter(|(name, _)| name == action).map(|(_, body)| body).collect()
    }

    /// The answer of a service that is played here; `None` for the table's.
    fn answer(&self, action: &str, body: &str) -> Option<HttpResponse> {
        let mut state = self.state.lock().unwrap();
        state.calls.push((action.to_owned(), body.to_owned()));
        if state.down.contains(action) {
            return Some(response(500, "text/plain", "out of order".to_owned()));
        }
        let xml = |inner: &str| {
            let text = format!("<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>");
            Some(response(200, "text/xml", text))
        };
        let answer = match action {
            "Publish" => return xml("<MessageId>m</MessageId>"),
            "ConfirmSubscription" => return xml("<SubscriptionArn>arn:aws:sns:x</SubscriptionArn>"),
            "SendMessage" => json!({ "MessageId": "m", "MD5OfMessageBody": "none" }),
            "GetSecretValue" => json!({ "SecretString": state.secret }),
            _ => return None,
        };
        Some(response(200, "application/x-amz-json-1.1", answer.to_string()))
    }
}

#[derive(Debug, Clone)]
struct CloudClient {
    cloud: Cloud,
    table: SharedHttpClient,
}

impl HttpClient for CloudClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let table = self.table.http_connector(settings, components);
        SharedHttpConnector::new(CloudConnector { cloud: self.cloud.clone(), table })
    }
}

#[derive(Debug, Clone)]
struct CloudConnector {
    cloud: Cloud,
    table: SharedHttpConnector,
}

impl HttpConnector for CloudConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let action = action(&request, &body);
        let Some(answer) = self.cloud.answer(&action, &body) else { return self.table.call(request) };
        let held = self.cloud.state.lock().unwrap().held.get(&action).cloned();
        match held {
            Some(held) => HttpConnectorFuture::new(async move {
                held.notified().await;
                Ok(answer)
            }),
            None => HttpConnectorFuture::ready(Ok(answer)),
        }
    }
}

/// In a header, or for SNS in the form.
fn action(request: &HttpRequest, body: &str) -> String {
    let target = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
    let form = || body.strip_prefix("Action=").and_then(|rest| rest.split('&').next());
    target.or_else(form).unwrap_or_default().to_owned()
}

fn response(status: u16, kind: &'static str, body: String) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
    response.headers_mut().insert("content-type", kind);
    response
}
