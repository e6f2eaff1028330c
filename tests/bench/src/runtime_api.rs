//! A Lambda Runtime API for one process: hands out events, and notes when their answers arrive.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

/// Longest wait for an answer; the Lambdas' own time-out is below it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The API of one Lambda process. It ends with this value.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::UnboundedSender<String>,
    answers: mpsc::UnboundedReceiver<Answer>,
    server: JoinHandle<()>,
}

/// What the process sent: its response, or the error it reported.
struct Answer {
    at: Instant,
    body: Result<Bytes, Bytes>,
}

struct Shared {
    events: Mutex<mpsc::UnboundedReceiver<String>>,
    answers: mpsc::UnboundedSender<Answer>,
}

impl RuntimeApi {
    /// Listens on a free port of loopback.
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for the Runtime API")?;
        let address = listener.local_addr()?;
        let (events, event_queue) = mpsc::unbounded_channel();
        let (answer_queue, answers) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { events: Mutex::new(event_queue), answers: answer_queue });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(error))
            .with_state(shared);
        let listener = listener.tap_io(|stream| {
            // Without this, Nagle's algorithm would be measured. A stream that cannot be set so is merely slower.
            let _ = stream.set_nodelay(true);
        });
        let server = tokio::spawn(async move {
            // Ends with the task; serving itself does not fail.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, events, answers, server })
    }

    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Lets the process have an event, now or when it next asks.
    pub(crate) fn offer(&self, event: &Value) -> Result<()> {
        self.events.send(event.to_string()).map_err(|_| anyhow!("the Runtime API has ended"))
    }

    /// The process's answer and when it had arrived completely.
    pub(crate) async fn answer(&mut self) -> Result<(Instant, Value)> {
        let answer = tokio::time::timeout(PATIENCE, self.answers.recv()).await;
        let answer = answer.context("no answer within 10 s")?.context("the Runtime API has ended")?;
        match answer.body {
            Ok(body) => Ok((answer.at, serde_json::from_slice(&body).context("the answer is not JSON")?)),
            Err(body) => Err(anyhow!("the Lambda reported an error: {}", String::from_utf8_lossy(&body))),
        }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Waits for an event, as long as it takes.
async fn next(State(shared): State<Arc<Shared>>) -> Result<Response<String>, StatusCode> {
    let event = shared.events.lock().await.recv().await.ok_or(StatusCode::GONE)?;
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + PATIENCE;
    let response = Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:bench")
        .header("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0");
    response.body(event).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn response(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    note(&shared, Ok(body))
}

async fn error(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    note(&shared, Err(body))
}

fn note(shared: &Shared, body: Result<Bytes, Bytes>) -> StatusCode {
    // Nobody waits any more once the measurement has failed.
    let _ = shared.answers.send(Answer { at: Instant::now(), body });
    StatusCode::ACCEPTED
}
