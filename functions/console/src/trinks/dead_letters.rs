//! Dead letters: what a consumer, the dispatcher or the outbox gave up.
//!
//! `GET /console/v1/trinks/dead-letters`, `GET .../{queue}`, `POST .../{queue}/replay`, `POST .../{queue}/drop`.

mod moving;
mod queues;
mod view;

use jiff::Timestamp;
use lambda_http::{Body, Error, Request, Response};
use ponte_platform::aws::Aws;
use ponte_platform::http::json;
use ponte_platform::settings;

use crate::access::{Caller, Role, authenticate};
use crate::call::Call;
use crate::console::Console;
use crate::problem::{Problem, answer};
// `#[derive(OpenApi)]` needs the generated companions of the handlers.
pub(crate) use moving::{__path_discard, __path_replay, discard, replay};
pub use queues::QueuePair;
use queues::Queues;
use view::{DeadLetterList, DeadLetterQueues, DeadLetterView, QueueLine};

/// What the Lambda builds once.
pub struct DeadLetters {
    console: Console,
    queues: Queues,
}

impl DeadLetters {
    /// Connects as the environment says. `PONTE_TRINKS_QUEUES` is a JSON object,
    /// `{"conta":{"queue":"<url>","dead_letters":"<url>"},...}`; without `queue`, dead letters cannot be replayed.
    ///
    /// # Errors
    /// A setting is missing or cannot be read.
    pub fn from_env() -> Result<Self, Error> {
        let aws = Aws::from_env()?;
        let pairs = serde_json::from_str(&settings::required("PONTE_TRINKS_QUEUES")?)
            .map_err(|error| format!("the environment variable PONTE_TRINKS_QUEUES cannot be read: {error}"))?;
        Ok(Self::new(Console::over(&aws)?, aws.sqs(), pairs))
    }

    /// With given connections: for tests.
    #[must_use]
    pub fn new(
        console: Console,
        sqs: aws_sdk_sqs::Client,
        pairs: std::collections::BTreeMap<String, QueuePair>,
    ) -> Self {
        Self { console, queues: Queues::new(sqs, pairs) }
    }

    /// A queue by its name in the path.
    fn pair(&self, name: &str) -> Result<&QueuePair, Problem> {
        self.queues.pairs().get(name).ok_or_else(|| {
            let names: Vec<&str> = self.queues.pairs().keys().map(String::as_str).collect();
            Problem::not_found("queue_not_found", format!("There is no such queue. There are: {}.", names.join(", ")))
        })
    }
}

/// Answers one call.
pub async fn handle(dead_letters: &DeadLetters, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(dead_letters, &Call::new(request, now)).await)
}

async fn route(dead_letters: &DeadLetters, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(&dead_letters.console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["trinks", "dead-letters"], "GET") => list(dead_letters, &caller).await,
        (["trinks", "dead-letters", queue], "GET") => peek(dead_letters, &caller, queue).await,
        (["trinks", "dead-letters"] | ["trinks", "dead-letters", _], _) => Err(Problem::method("GET")),
        (["trinks", "dead-letters", queue, "replay"], "POST") => replay(dead_letters, call, &caller, queue).await,
        (["trinks", "dead-letters", queue, "drop"], "POST") => discard(dead_letters, call, &caller, queue).await,
        (["trinks", "dead-letters", _, "replay" | "drop"], _) => Err(Problem::method("POST")),
        _ => Err(Problem::no_route()),
    }
}

/// Lists the queues, and about how many dead letters each has.
#[utoipa::path(get, path = "/console/v1/trinks/dead-letters", tag = "trinks", operation_id = "list_trinks_dead_letter_queues",
    responses((status = 200, body = DeadLetterQueues)))]
pub(crate) async fn list(dead_letters: &DeadLetters, caller: &Caller) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    let mut queues = Vec::new();
    for (name, pair) in dead_letters.queues.pairs() {
        let (waiting, in_flight) = dead_letters.queues.count(&pair.dead_letters).await?;
        queues.push(QueueLine { queue: name.clone(), waiting, in_flight, replayable: pair.queue.is_some() });
    }
    Ok(json(200, &DeadLetterQueues { queues }))
}

/// Shows up to ten dead letters of a queue, in no certain order, without persons' data.
///
/// They stay where they are; looking counts as a receipt. Needs the role operator.
#[utoipa::path(get, path = "/console/v1/trinks/dead-letters/{queue}", tag = "trinks", operation_id = "peek_trinks_dead_letters",
    params(("queue" = String, Path, description = "A name that the list gives", example = "conta")),
    responses((status = 200, body = DeadLetterList), (status = 404, description = "No such queue")))]
pub(crate) async fn peek(dead_letters: &DeadLetters, caller: &Caller, queue: &str) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Operator)?;
    let found = dead_letters.queues.peek(&dead_letters.pair(queue)?.dead_letters).await?;
    let shown = found.iter().map(DeadLetterView::from).collect();
    // Whoever looked at what concerns a person is on record, as for an export.
    caller.did("read_trinks_dead_letters", queue);
    Ok(json(200, &DeadLetterList { queue: queue.to_owned(), dead_letters: shown }))
}
