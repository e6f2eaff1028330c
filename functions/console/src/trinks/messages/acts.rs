//! What a person does about a webhook: has it worked on again, or leaves it.

use jiff::Timestamp;
use lambda_http::{Body, Response};
use ponte_domain::trinks::EstablishmentId;
use ponte_platform::fields::Fields;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::table::Unless;
use ponte_trinks::events::ParsedEvent;
use ponte_trinks::message::{OddStatus, StoredMessage, TrinksMessage, is_report};
use utoipa::ToSchema;

use super::Messages;
use super::odd::{self, Missing, OddItem};
use super::view::{OddView, Opened, ReplayedView};
use crate::access::{Caller, Role};
use crate::call::Call;
use crate::problem::Problem;
use crate::read;

/// Which of its odd messages a replay resolves.
#[derive(ToSchema)]
#[schema(as = ReplayTrinksMessageBody)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct ReplayBody {
    /// `at` of the odd message; absent, the one that its last receipt left.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// Why to leave a webhook.
#[derive(ToSchema)]
#[schema(as = DropTrinksMessageBody)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct DropBody {
    /// What for. It is kept, so it must not name people.
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
    /// `at` of the odd message; absent, the one that its last receipt left.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// Gives a webhook's event to the consumers again.
///
/// It is posted by the same ids as before, so nothing is posted twice. After an erasure, a replay brings the person back. A
/// report on an account has no event: see to the account, then drop the report.
/// Needs the role operator.
#[utoipa::path(post, path = "/console/v1/trinks/messages/{message}/replay", tag = "trinks", operation_id = "replay_trinks_message",
    params(("message" = String, Path, description = "SNS' `MessageId`, or the id of a report on an account", pattern = "^[A-Za-z0-9_-]{1,100}$")),
    request_body(content = Option<ReplayBody>),
    responses(
        (status = 200, body = ReplayedView),
        (status = 404, description = "`message_not_found`, `odd_message_not_found`"),
        (status = 409, description = "`not_readable`, `no_event`, `no_webhook`")))]
pub(crate) async fn replay(
    messages: &Messages,
    call: &Call<'_>,
    caller: &Caller,
    id: &str,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Operator)?;
    let at = moment(&call.optional_body(&["at"])?)?;
    if is_report(id) {
        odd_of(messages, id, at).await?.ok_or(Missing)?;
        let message =
            "This is a report on an account, no webhook: there is nothing to replay. See to the account, then drop it.";
        return Err(Problem::conflict("no_webhook", message));
    }
    let stored = messages.stored(id).await?;
    let mut odd = odd_of(messages, id, at).await?;
    let (message, parsed) = event(&stored)?;
    let (kind, establishment) = (parsed.event.number(), parsed.establishment);
    // Published first: a crash in between leaves the message open, and repeating is harmless.
    messages.publisher.publish(&message, kind, establishment).await?;
    note_published(messages, stored).await?;
    if let Some(seen) = &mut odd
        && !seen.resolve(&messages.console.table, OddStatus::Replayed, (&caller.key, None), call.now).await?
    {
        // A consumer has listed it again meanwhile: perhaps this very replay was in vain. It stays open.
        odd = odd_of(messages, id, at).await?;
    }
    caller.did("replay_trinks_message", id);
    let establishment = establishment.map(EstablishmentId::number);
    Ok(json(200, &ReplayedView { message: id.to_owned(), kind, establishment, odd: odd.map(OddView::from) }))
}

/// Leaves an odd message as it is. The webhook itself stays for its 90 days, and can be replayed all the same.
///
/// A report on an account is closed by this too. Repeating is harmless; of two operators at once, one is told. Needs the role
/// operator.
#[utoipa::path(post, path = "/console/v1/trinks/messages/{message}/drop", tag = "trinks", operation_id = "drop_trinks_message",
    params(("message" = String, Path, description = "SNS' `MessageId`, or the id of a report on an account", pattern = "^[A-Za-z0-9_-]{1,100}$")),
    request_body = DropBody,
    responses(
        (status = 200, body = OddView, description = "Dropped, now or before"),
        (status = 404, description = "`message_not_found`, `odd_message_not_found`"),
        (status = 409, description = "`already_resolved`")))]
pub(crate) async fn discard(
    messages: &Messages,
    call: &Call<'_>,
    caller: &Caller,
    id: &str,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Operator)?;
    let body = call.body(&["reason", "at"], &[])?;
    let (reason, at) = (read::reason(&body)?, moment(&body)?);
    let mut odd = odd_of(messages, id, at).await?.ok_or(Missing)?;
    let resolved = || Problem::conflict("already_resolved", "Somebody has resolved this one. Read the list again.");
    match odd.record.odd.status {
        OddStatus::Dropped => return Ok(json(200, &OddView::from(odd))),
        OddStatus::Replayed => return Err(resolved()),
        OddStatus::Open => {}
    }
    let by = (caller.key.as_str(), Some(reason));
    if !odd.resolve(&messages.console.table, OddStatus::Dropped, by, call.now).await? {
        return Err(resolved());
    }
    caller.did("drop_trinks_message", id);
    Ok(json(200, &OddView::from(odd)))
}

fn moment(fields: &Fields<'_>) -> Result<Option<Timestamp>, Problem> {
    let must = |_| Problem::field("at", "the `at` of an odd message, as the list gives it");
    fields.text("at")?.map(|text| text.parse().map_err(must)).transpose()
}

/// The odd message of an id; one that was named by its moment must be there.
async fn odd_of(messages: &Messages, id: &str, at: Option<Timestamp>) -> Result<Option<OddItem>, Problem> {
    let table = &messages.console.table;
    match at {
        Some(at) => Ok(Some(odd::at(table, id, at).await?.ok_or(Missing)?)),
        None if is_report(id) => Ok(odd::report(table, id).await?),
        None => Ok(odd::of(table, &messages.stored(id).await?).await?),
    }
}

/// The event as the receiver would publish it.
fn event(stored: &StoredMessage) -> Result<(TrinksMessage, ParsedEvent), Problem> {
    let opened = Opened::read(stored)?;
    let Some(event) = opened.event else {
        return Err(Problem::conflict("no_event", "This message is about the subscription; it holds no event."));
    };
    let parsed = event.map_err(|error| {
        Problem::conflict("not_readable", format!("It still cannot be read: {error}. Replay it once Ponte can."))
    })?;
    let message = TrinksMessage {
        message_id: stored.message_id.clone(),
        connection: stored.connection.clone(),
        sent_at: opened.envelope.sent_at(),
        message: opened.envelope.message().to_owned(),
    };
    Ok((message, parsed))
}

/// One that never reached the topic has now.
async fn note_published(messages: &Messages, stored: StoredMessage) -> Result<(), Problem> {
    if !stored.published {
        let key = keys::trinks_message(&stored.message_id);
        messages.console.table.put(&key, &StoredMessage { published: true, ..stored }, Unless::Anything).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::view::tests::stored;
    use super::*;

    #[test]
    fn the_event_is_published_as_it_came() {
        let text = r#"{"TipoDeEvento":2,"IdDoEstabelecimento":7,"IdDaTransacao":9}"#;
        let (message, parsed) = event(&stored("Notification", text)).unwrap();
        assert_eq!((message.message.as_str(), message.message_id.as_str()), (text, "m1"));
        assert_eq!(parsed.event.number(), Some(2));
        assert_eq!(message.sent_at.to_string(), "2026-11-22T10:00:00Z");
    }

    #[test]
    fn what_is_no_event_is_not_published() {
        assert_eq!(event(&stored("Notification", "{}")).unwrap_err().code(), "not_readable");
        assert_eq!(event(&stored("SubscriptionConfirmation", "x")).unwrap_err().code(), "no_event");
    }

    #[test]
    fn a_moment_is_read_to_the_nanosecond() {
        let fields = Fields::parse(r#"{"at":"2026-11-22T10:00:00.123456789Z"}"#).unwrap();
        assert_eq!(moment(&fields).unwrap().unwrap().subsec_nanosecond(), 123_456_789);
        assert_eq!(moment(&Fields::parse(r#"{"at":"today"}"#).unwrap()).unwrap_err().code(), "invalid_field");
    }
}
