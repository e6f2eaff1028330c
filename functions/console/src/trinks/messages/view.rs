//! Webhooks, as they are shown: never with a person's data, a token or a signature.

use ponte_domain::sns::{Envelope, Kind};
use ponte_domain::trinks::EstablishmentId;
use ponte_trinks::client::redact;
use ponte_trinks::events;
use ponte_trinks::message::{OddStatus, StoredMessage};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::odd::OddItem;
use super::unreadable;
use crate::problem::Problem;
use crate::views::instant;

/// A webhook that needs a person, or a report on an account.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksOddMessage)]
pub(crate) struct OddView {
    /// SNS' `MessageId`, or the id of a report: what its own path names it by.
    message: String,
    connection: String,
    /// When it came. It names this entry, should the same webhook be here twice.
    #[schema(format = DateTime)]
    at: String,
    /// `TipoDeEvento`, where it could be read.
    kind: Option<u64>,
    /// The salon's number at Trinks, where it could be read.
    establishment: Option<u64>,
    /// What is odd about it.
    reason: String,
    #[schema(value_type = OddStatusName)]
    status: OddStatus,
    #[schema(format = DateTime)]
    resolved_at: Option<String>,
    /// The id of the key that resolved it.
    resolved_by: Option<String>,
    /// Why it was dropped.
    resolution: Option<String>,
}

/// A page of odd messages.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksOddMessageList)]
pub(crate) struct OddList {
    pub(super) odd_messages: Vec<OddView>,
    /// The next page's `cursor`; `null` when this was the last.
    pub(super) next: Option<String>,
}

/// A webhook, or a report on an account.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksMessage)]
pub(crate) struct MessageView {
    /// SNS' `MessageId`, or the id of the report.
    message: String,
    connection: String,
    /// `Notification`, `SubscriptionConfirmation` or `UnsubscribeConfirmation`; `Report` of what Ponte itself lists.
    #[schema(example = "Notification")]
    r#type: &'static str,
    #[schema(format = DateTime)]
    received_at: String,
    /// When SNS was given it; of a report, when it was made.
    #[schema(format = DateTime)]
    sent_at: String,
    /// It reached the consumers' topic.
    published: bool,
    /// `TipoDeEvento`, where it can be read.
    kind: Option<u64>,
    /// The salon's number at Trinks, where it can be read.
    establishment: Option<u64>,
    /// Why it cannot be read, if so.
    unreadable: Option<String>,
    /// Fields that are there and cannot be read; they count as absent.
    doubts: Vec<&'static str>,
    /// The event: whole in its shape, and of its values only those that name nobody. Usually an object; the length alone,
    /// as text, of what is not JSON; `null` for what is no event.
    #[schema(value_type = Value)]
    event: Option<Value>,
    /// Why it needs a person, if it does or did.
    odd: Option<OddView>,
}

/// `open`, `replayed` or `dropped`.
#[derive(ToSchema)]
#[schema(as = TrinksOddStatus, rename_all = "snake_case")]
#[allow(dead_code, reason = "documents the names of another type")]
pub(crate) enum OddStatusName {
    Open,
    Replayed,
    Dropped,
}

/// A replayed webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplayedTrinksMessage)]
pub(crate) struct ReplayedView {
    pub(super) message: String,
    /// `TipoDeEvento`.
    pub(super) kind: Option<u64>,
    pub(super) establishment: Option<u64>,
    /// The odd message that it resolved; still open, where a consumer has listed it again meanwhile.
    pub(super) odd: Option<OddView>,
}

/// A stored webhook, read anew.
pub(super) struct Opened {
    pub(super) envelope: Envelope,
    /// The event; why not, where it cannot be read. `None` for what is no event.
    pub(super) event: Option<Result<events::ParsedEvent, events::Unparsable>>,
}

impl Opened {
    pub(super) fn read(stored: &StoredMessage) -> Result<Self, Problem> {
        let envelope = Envelope::parse(&stored.raw).map_err(|error| unreadable(&error))?;
        let event = (envelope.kind() == Kind::Notification).then(|| events::parse(envelope.message()));
        Ok(Self { envelope, event })
    }
}

impl From<OddItem> for OddView {
    fn from(item: OddItem) -> Self {
        let at = item.at();
        let record = item.record;
        Self {
            message: record.odd.message_id,
            connection: record.odd.connection.to_string(),
            at,
            kind: record.odd.kind,
            establishment: record.odd.establishment.map(EstablishmentId::number),
            reason: record.odd.reason,
            status: record.odd.status,
            resolved_at: record.resolved_at.map(instant),
            resolved_by: record.resolved_by,
            resolution: record.resolution,
        }
    }
}

impl MessageView {
    pub(super) fn new(stored: StoredMessage, opened: &Opened, odd: Option<OddItem>) -> Self {
        let parsed = opened.event.as_ref().and_then(|event| event.as_ref().ok());
        let unreadable = opened.event.as_ref().and_then(|event| event.as_ref().err());
        Self {
            message: stored.message_id,
            connection: stored.connection.to_string(),
            r#type: opened.envelope.kind().as_str(),
            received_at: instant(stored.received_at),
            sent_at: instant(stored.sent_at),
            published: stored.published,
            kind: parsed.and_then(|parsed| parsed.event.number()),
            establishment: parsed.and_then(|parsed| parsed.establishment).map(EstablishmentId::number),
            unreadable: unreadable.map(ToString::to_string),
            doubts: parsed.map(|parsed| parsed.doubts.clone()).unwrap_or_default(),
            // What confirms a subscription is a secret, and no event.
            event: opened.event.is_some().then(|| redact::masked(opened.envelope.message())),
            odd: odd.map(OddView::from),
        }
    }

    /// A report on an account: no webhook brought it, so all there is of it is why a person is needed.
    pub(super) fn of_report(report: OddItem) -> Self {
        let (odd, at) = (&report.record.odd, report.at());
        Self {
            message: odd.message_id.clone(),
            connection: odd.connection.to_string(),
            r#type: "Report",
            received_at: at.clone(),
            sent_at: at,
            published: false,
            kind: odd.kind,
            establishment: odd.establishment.map(EstablishmentId::number),
            unreadable: None,
            doubts: Vec::new(),
            event: None,
            odd: Some(OddView::from(report)),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use jiff::Timestamp;
    use ponte_domain::trinks::ConnectionId;
    use serde_json::json;
    use utoipa::PartialSchema;

    /// A webhook with this content, of this type.
    pub(in super::super) fn stored(kind: &str, message: &str) -> StoredMessage {
        let raw = json!({
            "Type": kind, "MessageId": "m1", "TopicArn": "arn:aws:sns:us-east-1:441135549897:prd", "Message": message,
            "Timestamp": "2026-11-22T10:00:00.000Z", "SignatureVersion": "1", "Signature": "AAAA",
            "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
            "Token": "confirms-it", "SubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription",
        });
        StoredMessage {
            message_id: "m1".into(),
            connection: ConnectionId::parse("demo").unwrap(),
            received_at: Timestamp::UNIX_EPOCH,
            sent_at: Timestamp::UNIX_EPOCH,
            raw: raw.to_string(),
            published: true,
            ttl: 1,
        }
    }

    fn shown(kind: &str, message: &str) -> Value {
        let stored = stored(kind, message);
        let opened = Opened::read(&stored).unwrap();
        serde_json::to_value(MessageView::new(stored, &opened, None)).unwrap()
    }

    #[test]
    fn an_event_is_shown_without_its_person() {
        let event = r#"{"TipoDeEvento":3,"IdDoEstabelecimento":7,"IdDoClienteNoEstabelecimento":2,"Nome":"Cliente Exemplo","CPF":"11144477735"}"#;
        let shown = shown("Notification", event);
        assert_eq!((&shown["kind"], &shown["establishment"]), (&3.into(), &7.into()));
        assert_eq!(shown["event"]["Nome"], "***");
        let text = shown.to_string();
        assert!(!text.contains("Exemplo") && !text.contains("11144477735"), "{text}");
    }

    #[test]
    fn what_confirms_a_subscription_is_not_shown() {
        let shown = shown("SubscriptionConfirmation", "You have chosen to subscribe");
        assert_eq!(shown["event"], Value::Null);
        assert!(!shown.to_string().contains("confirms-it"), "{shown}");
    }

    #[test]
    fn whatever_an_event_is_the_document_allows_it() {
        for (event, shown_as) in [("not json at all", json!("(15 bytes)")), ("[7]", json!(["***"])), ("{}", json!({}))]
        {
            assert_eq!(shown("Notification", event)["event"], shown_as, "{event}");
        }
        let schema = serde_json::to_value(MessageView::schema()).unwrap();
        let event = &schema["properties"]["event"];
        assert!(event.is_object() && event.get("type").is_none(), "{event}");
    }

    #[test]
    fn an_event_that_cannot_be_read_says_why() {
        let shown = shown("Notification", r#"{"Nome":"Cliente Exemplo"}"#);
        assert_eq!(shown["unreadable"], "the event has no TipoDeEvento that is a number");
        assert_eq!(shown["event"]["Nome"], "***");
    }
}
