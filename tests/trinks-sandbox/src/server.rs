//! The server: one handler takes each request apart and finds who answers it.

use crate::call::{Call, Content, Reply};
use crate::sns::authority::Authority;
use crate::sns::envelope::{self, Kind, Marks};
use crate::sns::subscription::Subscription;
use crate::sns::{self, delivery};
use crate::world::World;
use crate::{api, control};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri, header};
use std::sync::{Arc, Mutex, PoisonError};

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    pub(crate) authority: Arc<Authority>,
}

impl Shared {
    pub(crate) fn new(subscription: Subscription, ids_from: i64, authority: Arc<Authority>) -> Arc<Self> {
        Arc::new(Self { world: Mutex::new(World::seeded(subscription, ids_from)), authority })
    }

    /// Works on the world alone. A panic of another request leaves it usable: nothing is half done across calls.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        work(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends the events that wait, each on its own way: SNS promises no order. Without a confirmed subscription they
    /// are lost, as Trinks' are.
    pub(crate) fn flush(self: &Arc<Self>) {
        let (events, subscription) = self.with(|world| (std::mem::take(&mut world.outbox), world.subscription.clone()));
        let (Some(url), Some(_)) = (subscription.url.clone(), &subscription.arn) else { return };
        for event in events {
            let message = event.to_string();
            let envelope =
                envelope::write(&self.authority, &subscription, &Kind::Notification, &message, &Marks::default());
            let Ok(envelope) = envelope else { continue };
            let (shared, url) = (Arc::clone(self), url.clone());
            tokio::spawn(async move { delivery::deliver(&shared, &url, &envelope).await });
        }
    }
}

/// Everything the sandbox serves.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).with_state(shared)
}

/// In a task of its own: a caller that hangs up does not stop what it asked for.
async fn handle(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let call = Call::new(&method, &uri, headers, &body);
    let reply = tokio::spawn(async move { answer(&shared, &call).await }).await;
    response(reply.unwrap_or_else(|_| Reply::message(500, "the sandbox itself failed")))
}

async fn answer(shared: &Arc<Shared>, call: &Call) -> Reply {
    match call.segments().first() {
        Some(&"v1") => api::serve(shared, call).await,
        Some(&"sandbox") => control::serve(shared, call).await,
        _ => sns::serve(shared, call).await,
    }
}

fn response(reply: Reply) -> Response<Body> {
    let mut response = Response::builder().status(reply.status);
    if let Some(seconds) = reply.retry_after {
        response = response.header(header::RETRY_AFTER, seconds);
    }
    let built = match reply.content {
        Content::Nothing => response.body(Body::empty()),
        Content::Json(body) => {
            response.header(header::CONTENT_TYPE, "application/json; charset=utf-8").body(body.to_string().into())
        }
        Content::Text(kind, text) => response.header(header::CONTENT_TYPE, kind).body(text.into()),
    };
    built.unwrap_or_default()
}
