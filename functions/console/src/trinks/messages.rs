//! Webhooks of Trinks as they came, and what needs a person: some of them, and reports on accounts.
//!
//! `GET /console/v1/trinks/odd-messages`, `GET /console/v1/trinks/messages/{message}`, `POST .../replay`, `POST .../drop`.

mod acts;
mod odd;
mod view;

use jiff::Timestamp;
use lambda_http::{Body, Error, Request, Response};
use ponte_platform::aws::Aws;
use ponte_platform::failure::Failure;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::settings;
use ponte_trinks::message::{EventPublisher, OddStatus, StoredMessage, is_report};

use super::page_limit;
use crate::access::{Caller, Role, authenticate};
use crate::call::Call;
use crate::console::Console;
use crate::problem::{Problem, answer};
use crate::{cursor, limits};
// `#[derive(OpenApi)]` needs the generated companions of the handlers.
pub(crate) use acts::{__path_discard, __path_replay, discard, replay};
use odd::{OddItem, page};
use view::{MessageView, OddList, OddView, Opened};

/// What the Lambda builds once.
pub struct Messages {
    console: Console,
    publisher: EventPublisher,
}

impl Messages {
    /// Connects as the environment says.
    ///
    /// # Errors
    /// A setting is missing.
    pub fn from_env() -> Result<Self, Error> {
        let aws = Aws::from_env()?;
        let topic = settings::required("PONTE_TRINKS_EVENTS_TOPIC_ARN")?;
        Ok(Self::new(Console::over(&aws)?, EventPublisher::new(aws.sns_of(aws.region()), topic)))
    }

    /// With given connections: for tests.
    #[must_use]
    pub fn new(console: Console, publisher: EventPublisher) -> Self {
        Self { console, publisher }
    }

    /// A webhook that must be there.
    async fn stored(&self, id: &str) -> Result<StoredMessage, Problem> {
        let found: Option<StoredMessage> = self.console.table.get(&keys::trinks_message(id)).await?;
        let message = "No webhook with this id came within the last 90 days. SNS calls the id `MessageId`.";
        found.ok_or_else(|| Problem::not_found("message_not_found", message))
    }
}

/// Answers one call.
pub async fn handle(messages: &Messages, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(messages, &Call::new(request, now)).await)
}

async fn route(messages: &Messages, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(&messages.console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["trinks", "odd-messages"], "GET") => list(messages, call, &caller).await,
        (["trinks", "messages", id], "GET") => show(messages, &caller, message_id(id)?).await,
        (["trinks", "odd-messages"] | ["trinks", "messages", _], _) => Err(Problem::method("GET")),
        (["trinks", "messages", id, "replay"], "POST") => replay(messages, call, &caller, message_id(id)?).await,
        (["trinks", "messages", id, "drop"], "POST") => discard(messages, call, &caller, message_id(id)?).await,
        (["trinks", "messages", _, "replay" | "drop"], _) => Err(Problem::method("POST")),
        _ => Err(Problem::no_route()),
    }
}

/// An SNS message id: letters, digits and hyphens.
fn message_id(text: &str) -> Result<&str, Problem> {
    let allowed = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let right = allowed && (1..=limits::MESSAGE_ID_CHARS).contains(&text.len());
    right.then_some(text).ok_or_else(|| Problem::bad("invalid_message", "The path names a webhook by its `MessageId`."))
}

/// Lists the webhooks that need a person, the oldest first; before them, the accounts that do.
///
/// A report on an account is about money that no rule can decide: it is no webhook, and its id begins with `account-`.
/// What became of each is kept for 90 days from its receipt.
#[utoipa::path(get, path = "/console/v1/trinks/odd-messages", tag = "trinks", operation_id = "list_trinks_odd_messages",
    params(
        ("status" = Option<String>, Query, description = "`open` (default), `replayed`, `dropped` or `all`",
            pattern = "^(open|replayed|dropped|all)$"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u16>, Query, description = "At most so many; 50 by default", minimum = 1, maximum = 100)),
    responses((status = 200, body = OddList)))]
pub(crate) async fn list(messages: &Messages, call: &Call<'_>, caller: &Caller) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    let wanted = status(call.query("status").as_deref())?;
    let limit = page_limit(call)?;
    let after = call.query("cursor").map(|given| cursor::decode(&given)).transpose()?;
    let wanted = |item: &OddItem| wanted.is_none_or(|status| item.record.odd.status == status);
    let (items, next) = page(&messages.console.table, after, limit, wanted).await?;
    let odd_messages = items.into_iter().map(OddView::from).collect();
    Ok(json(200, &OddList { odd_messages, next: next.map(|place| cursor::encode(&place)) }))
}

/// `None` for all.
fn status(given: Option<&str>) -> Result<Option<OddStatus>, Problem> {
    match given {
        None | Some("open") => Ok(Some(OddStatus::Open)),
        Some("replayed") => Ok(Some(OddStatus::Replayed)),
        Some("dropped") => Ok(Some(OddStatus::Dropped)),
        Some("all") => Ok(None),
        Some(_) => Err(Problem::field("status", "`open`, `replayed`, `dropped` or `all`")),
    }
}

/// Shows a webhook: when it came, what it is about, and the event without its person.
///
/// Of the event's values only those are shown that name nobody; all others are `***`. A report on an account, which the list
/// has too, is shown without an event. Needs the role operator.
#[utoipa::path(get, path = "/console/v1/trinks/messages/{message}", tag = "trinks", operation_id = "get_trinks_message",
    params(("message" = String, Path, description = "SNS' `MessageId`, or the id of a report on an account", pattern = "^[A-Za-z0-9_-]{1,100}$")),
    responses((status = 200, body = MessageView), (status = 404, description = "No such webhook within 90 days")))]
pub(crate) async fn show(messages: &Messages, caller: &Caller, id: &str) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Operator)?;
    let shown = shown(messages, id).await?;
    // Whoever looked at what concerns a person is on record, as for an export.
    caller.did("read_trinks_message", id);
    Ok(json(200, &shown))
}

async fn shown(messages: &Messages, id: &str) -> Result<MessageView, Problem> {
    let table = &messages.console.table;
    if is_report(id) {
        return Ok(MessageView::of_report(odd::report(table, id).await?.ok_or(odd::Missing)?));
    }
    let stored = messages.stored(id).await?;
    let odd = odd::of(table, &stored).await?;
    let opened = Opened::read(&stored)?;
    Ok(MessageView::new(stored, &opened, odd))
}

impl From<odd::Missing> for Problem {
    fn from(_: odd::Missing) -> Self {
        let message = "There is no odd message of this id and `at`. The list gives both.";
        Self::not_found("odd_message_not_found", message)
    }
}

/// What was stored was read before; if it cannot be now, that is our fault.
fn unreadable(error: &dyn std::error::Error) -> Problem {
    Failure::unreadable("webhook", error).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_path_names_a_message_by_its_id_and_nothing_else() {
        assert!(message_id("165545c9-2a5c-472c-8df2-7ff2be2b3b1b").is_ok());
        for text in ["", "a#b", "a b", &"a".repeat(101)] {
            assert_eq!(message_id(text).unwrap_err().code(), "invalid_message", "{text}");
        }
    }

    #[test]
    fn open_ones_are_listed_unless_others_are_asked_for() {
        assert_eq!(status(None).unwrap(), Some(OddStatus::Open));
        assert_eq!(status(Some("all")).unwrap(), None);
        assert_eq!(status(Some("new")).unwrap_err().code(), "invalid_field");
    }
}
