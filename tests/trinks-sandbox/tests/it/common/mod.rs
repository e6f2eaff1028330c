//! A sandbox of one test, and how tests talk to it.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing)] // Each test file uses its part.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use ponte_trinks_sandbox::http::{self, Answer};
use ponte_trinks_sandbox::{Options, Sandbox, seed};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A sandbox with nothing but the seed.
pub(crate) async fn sandbox() -> Sandbox {
    let options = Options { retry_delay: Duration::from_millis(20), ..Options::default() };
    Sandbox::start(options).await.unwrap()
}

/// A call of the API with key and establishment.
pub(crate) async fn api(sandbox: &Sandbox, method: &str, path: &str, body: Value) -> Answer {
    let headers = [("x-api-key", seed::API_KEY), ("estabelecimentoid", "1253")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    http::send(method, &format!("{}/v1/{path}", sandbox.url), &headers, body).await.unwrap()
}

/// A read of the API.
pub(crate) async fn get(sandbox: &Sandbox, path: &str) -> Answer {
    api(sandbox, "GET", path, Value::Null).await
}

/// A call of the control part; anything but success fails the test.
pub(crate) async fn control(sandbox: &Sandbox, method: &str, path: &str, body: Value) -> Value {
    let url = format!("{}/sandbox/{path}", sandbox.url);
    let answer = http::send(method, &url, &[], body.to_string()).await.unwrap();
    assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
    answer.json()
}

/// A booking of the first service with the first professional.
pub(crate) fn booking(client: i64, start: &str) -> Value {
    json!({
        "servicoId": 1_300_001, "clienteId": client, "profissionalId": 700_001, "dataHoraInicio": start,
        "duracaoEmMinutos": 40, "valor": 100, "confirmado": true,
    })
}

/// What a webhook received: the type header, and the envelope.
pub(crate) type Received = Arc<Mutex<Vec<(String, Value)>>>;

/// A webhook that answers the given statuses in turn and then 200.
pub(crate) async fn webhook(statuses: &[u16]) -> (String, Received) {
    let received = Received::default();
    let state = (Arc::clone(&received), Arc::new(Mutex::new(statuses.to_vec())));
    let router = Router::new().fallback(take).with_state(state);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, received)
}

type Hook = (Received, Arc<Mutex<Vec<u16>>>);

async fn take(State((received, statuses)): State<Hook>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "text/plain; charset=UTF-8");
    let kind = headers["x-amz-sns-message-type"].to_str().unwrap().to_owned();
    received.lock().unwrap().push((kind, serde_json::from_slice(&body).unwrap()));
    let mut statuses = statuses.lock().unwrap();
    let status = if statuses.is_empty() { 200 } else { statuses.remove(0) };
    StatusCode::from_u16(status).unwrap()
}

/// Subscribes a webhook and confirms as the local stack would: by the path of `SubscribeURL` at the sandbox.
pub(crate) async fn subscribed(sandbox: &Sandbox) -> Received {
    let (url, received) = webhook(&[]).await;
    control(sandbox, "PUT", "webhook", json!({ "url": url })).await;
    control(sandbox, "POST", "webhook/subscribe", json!({})).await;
    confirm(sandbox, &received).await;
    received.lock().unwrap().clear();
    received
}

/// Visits the `SubscribeURL` that was received last.
pub(crate) async fn confirm(sandbox: &Sandbox, received: &Received) -> Answer {
    let envelope = received.lock().unwrap().last().unwrap().1.clone();
    let visit = envelope["SubscribeURL"].as_str().unwrap();
    let path = visit.strip_prefix("https://sns.us-east-1.amazonaws.com").unwrap();
    http::send("GET", &format!("{}{path}", sandbox.url), &[], String::new()).await.unwrap()
}

/// The events received, once there are as many as expected.
pub(crate) async fn events(received: &Received, expected: usize) -> Vec<Value> {
    for _ in 0..200 {
        if received.lock().unwrap().len() >= expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let received = received.lock().unwrap();
    assert_eq!(received.len(), expected, "{received:?}");
    let message = |envelope: &Value| serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap();
    received.iter().map(|(_, envelope)| message(envelope)).collect()
}
