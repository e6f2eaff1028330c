//! Dead letters on their way back, or out.

use std::time::Instant;

use aws_sdk_sqs::types::Message;
use jiff::Timestamp;
use lambda_http::{Body, Response};
use ponte_platform::failure::Failure;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_trinks::connection::Establishment;
use ponte_trinks::queue::RequestQueue;
use ponte_trinks::requests::QueuedRequest;
use utoipa::ToSchema;

use super::DeadLetters;
use super::queues::QueuePair;
use super::view::{Moved, SkippedView};
use crate::access::{Caller, Role};
use crate::call::Call;
use crate::problem::Problem;
use crate::trinks::move_limit;
use crate::{limits, read};

/// How many to replay.
#[derive(ToSchema)]
#[schema(as = ReplayTrinksDeadLettersBody)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct ReplayBody {
    /// At most so many.
    #[schema(minimum = 1, maximum = 100, default = 100)]
    limit: Option<u8>,
}

/// How many to delete, and why.
#[derive(ToSchema)]
#[schema(as = DropTrinksDeadLettersBody)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct DropBody {
    /// At most so many.
    #[schema(minimum = 1, maximum = 100)]
    limit: u8,
    /// What for. It is logged, so it must not name people.
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
}

/// The queue whose messages are requests to Trinks: each has a record that says it failed.
const REQUESTS: &str = "requests";

/// Where dead letters go.
enum Way<'a> {
    /// Back to their queue, as they are.
    Back(&'a str),
    /// Back to the queue of requests, as requests that have not failed.
    Requested(RequestQueue),
    /// Nowhere.
    Out,
}

/// What became of one.
enum Became {
    Gone,
    /// It stays, and why.
    Stays(&'static str),
}

/// Gives dead letters to their consumer again.
///
/// Each is sent, then deleted: one that a crash leaves in both places is worked on twice, which posts nothing twice. Requests
/// to Trinks begin anew, without their failures; a booking is looked for at Trinks before it is made. The call ends after
/// some seconds: repeat while there are `more`. Needs the role operator.
#[utoipa::path(post, path = "/console/v1/trinks/dead-letters/{queue}/replay", tag = "trinks",
    operation_id = "replay_trinks_dead_letters",
    params(("queue" = String, Path, description = "A name that the list gives", example = "conta")),
    request_body(content = Option<ReplayBody>),
    responses(
        (status = 200, body = Moved),
        (status = 404, description = "No such queue"),
        (status = 409, description = "`not_replayable`")))]
pub(crate) async fn replay(
    dead_letters: &DeadLetters,
    call: &Call<'_>,
    caller: &Caller,
    queue: &str,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Operator)?;
    let limit = move_limit(&call.optional_body(&["limit"])?)?;
    let pair = dead_letters.pair(queue)?;
    let Some(url) = &pair.queue else {
        let message = "These reached no queue. Each names its webhook by `message_id`: replay that, by POST \
                       /console/v1/trinks/messages/{message_id}/replay, then drop the dead letters here.";
        return Err(Problem::conflict("not_replayable", message));
    };
    let way = if queue == REQUESTS { Way::Requested(dead_letters.queues.requests(url)) } else { Way::Back(url) };
    let moved = dead_letters.shift(pair, &way, limit, call.now).await?;
    caller.did("replay_trinks_dead_letters", format!("{queue}: {}", moved.done));
    Ok(json(200, &moved))
}

/// Deletes dead letters for good, in no certain order: look at them first.
///
/// A webhook among them stays stored for its 90 days, and can be replayed from there. Needs the role manager.
#[utoipa::path(post, path = "/console/v1/trinks/dead-letters/{queue}/drop", tag = "trinks",
    operation_id = "drop_trinks_dead_letters",
    params(("queue" = String, Path, description = "A name that the list gives", example = "conta")),
    request_body = DropBody,
    responses((status = 200, body = Moved), (status = 404, description = "No such queue")))]
pub(crate) async fn discard(
    dead_letters: &DeadLetters,
    call: &Call<'_>,
    caller: &Caller,
    queue: &str,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let body = call.body(&["limit", "reason"], &[])?;
    let limit = read::required(read::whole(&body, "limit", &limits::MOVED_AT_ONCE)?, "limit")?;
    let reason = read::reason(&body)?;
    let pair = dead_letters.pair(queue)?;
    let moved = dead_letters.shift(pair, &Way::Out, limit, call.now).await?;
    caller.did("drop_trinks_dead_letters", format!("{queue}: {}: {reason}", moved.done));
    Ok(json(200, &moved))
}

impl DeadLetters {
    /// Moves up to `limit` dead letters, as long as there is time. A failure after the first says what was done so far.
    async fn shift(&self, pair: &QueuePair, way: &Way<'_>, limit: usize, now: Timestamp) -> Result<Moved, Problem> {
        let started = Instant::now();
        let mut told = Moved::default();
        while told.seen() < limit && started.elapsed() < limits::MOVING_TIME {
            let taken = match self.queues.take(&pair.dead_letters, limit - told.seen()).await {
                Ok(taken) => taken,
                Err(failure) => return told.stopped(failure),
            };
            if taken.is_empty() {
                return Ok(told);
            }
            for message in &taken {
                match self.one(pair, way, message, now).await {
                    Ok(Became::Gone) => told.done += 1,
                    Ok(Became::Stays(why)) => told.skip(message, why),
                    Err(failure) => return told.stopped(failure),
                }
            }
        }
        told.more = true;
        Ok(told)
    }

    async fn one(&self, pair: &QueuePair, way: &Way<'_>, message: &Message, now: Timestamp) -> Result<Became, Failure> {
        match way {
            Way::Back(url) => self.queues.send(url, message).await?,
            Way::Requested(queue) => {
                if let Some(why) = self.request_again(queue, message, now).await? {
                    return Ok(Became::Stays(why));
                }
            }
            Way::Out => {}
        }
        self.queues.delete(&pair.dead_letters, message).await?;
        Ok(Became::Gone)
    }

    /// `None` once it is queued, or was done meanwhile; else why it is not.
    async fn request_again(
        &self,
        queue: &RequestQueue,
        message: &Message,
        now: Timestamp,
    ) -> Result<Option<&'static str>, Failure> {
        let Ok(request) = serde_json::from_str::<QueuedRequest>(message.body().unwrap_or_default()) else {
            return Ok(Some("it is no request to Trinks"));
        };
        let table = &self.console.table;
        let salon: Option<Establishment> = table.get(&keys::trinks_establishment(request.salon)).await?;
        let Some(salon) = salon else {
            return Ok(Some("its salon is linked to no store"));
        };
        queue.send_again(table, &salon.connection, &request, now).await?;
        Ok(None)
    }
}

impl Moved {
    fn seen(&self) -> usize {
        self.done + self.skipped.len()
    }

    fn skip(&mut self, message: &Message, why: &str) {
        let id = message.message_id().unwrap_or_default().to_owned();
        self.skipped.push(SkippedView { id, why: why.to_owned() });
    }

    /// What was done stands: the caller is told of it, and repeats for the rest.
    fn stopped(mut self, failure: Failure) -> Result<Self, Problem> {
        if self.done == 0 {
            return Err(failure.into());
        }
        tracing::warn!(event = "trinks_dead_letters_stopped", failure = %failure);
        self.more = true;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_moved_before_a_failure_is_told() {
        let failure = || Failure::Unavailable("SendMessage: time-out".into());
        assert_eq!(Moved::default().stopped(failure()).err().unwrap().status(), 503);
        let told = Moved { done: 3, ..Moved::default() }.stopped(failure()).unwrap();
        assert_eq!((told.done, told.more), (3, true));
    }

    #[test]
    fn what_stays_counts_as_seen() {
        let mut told = Moved { done: 1, ..Moved::default() };
        told.skip(&Message::builder().message_id("m").build(), "why");
        assert_eq!(told.seen(), 2);
    }
}
