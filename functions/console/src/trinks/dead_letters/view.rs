//! Dead letters, as they are shown: without persons' data.

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use jiff::Timestamp;
use ponte_trinks::client::redact;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::queues::system;
use crate::views::instant;

/// A queue that has dead letters, or could.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksDeadLetterQueue)]
pub(crate) struct QueueLine {
    #[schema(example = "conta")]
    pub(super) queue: String,
    /// About how many dead letters wait.
    pub(super) waiting: u64,
    /// About how many somebody is at right now.
    pub(super) in_flight: u64,
    /// `false` for webhooks that reached no queue: each is replayed by its `message_id` instead.
    pub(super) replayable: bool,
}

/// The queues.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksDeadLetterQueueList)]
pub(crate) struct DeadLetterQueues {
    pub(super) queues: Vec<QueueLine>,
}

/// A dead letter.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksDeadLetter)]
pub(crate) struct DeadLetterView {
    /// The queue's id of it.
    id: String,
    #[schema(format = DateTime)]
    sent_at: Option<String>,
    /// How often it was received, looking at it included.
    receive_count: Option<u64>,
    /// Why it was given up, where that was noted; others failed as often as their queue allows: see the log.
    reason: Option<String>,
    /// The group that it waits in, where the queue has groups.
    group: Option<String>,
    /// What it says: whole in its shape, and of its values only those that name nobody. Usually an object; the length alone,
    /// as text, of what is not JSON.
    #[schema(value_type = Value)]
    body: Value,
}

/// Some dead letters of a queue.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksDeadLetterList)]
pub(crate) struct DeadLetterList {
    pub(super) queue: String,
    pub(super) dead_letters: Vec<DeadLetterView>,
}

/// What moving dead letters came to.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = MovedTrinksDeadLetters)]
pub(crate) struct Moved {
    /// How many were replayed, or deleted.
    pub(super) done: usize,
    /// Those that stay, and why. They can be seen again after half a minute.
    pub(super) skipped: Vec<SkippedView>,
    /// There may be more: repeat. `false` when the queue had none left to take.
    pub(super) more: bool,
}

/// A dead letter that stays.
#[derive(Serialize, ToSchema)]
#[schema(as = SkippedTrinksDeadLetter)]
pub(crate) struct SkippedView {
    pub(super) id: String,
    pub(super) why: String,
}

impl From<&Message> for DeadLetterView {
    fn from(message: &Message) -> Self {
        let number = |name| system(message, &name).and_then(|text| text.parse::<u64>().ok());
        let sent = number(MessageSystemAttributeName::SentTimestamp);
        let sent = sent.and_then(|at| Timestamp::from_millisecond(i64::try_from(at).ok()?).ok());
        let reason = message.message_attributes.as_ref().and_then(|attributes| attributes.get("Reason"));
        Self {
            id: message.message_id().unwrap_or_default().to_owned(),
            sent_at: sent.map(instant),
            receive_count: number(MessageSystemAttributeName::ApproximateReceiveCount),
            reason: reason.and_then(|reason| reason.string_value()).map(str::to_owned),
            group: system(message, &MessageSystemAttributeName::MessageGroupId),
            body: redact::masked(message.body().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use aws_sdk_sqs::types::MessageAttributeValue;
    use utoipa::PartialSchema;

    #[test]
    fn a_dead_letter_says_why_and_names_nobody() {
        let reason = MessageAttributeValue::builder().data_type("String").string_value("Trinks did not answer 8 times");
        let body = r#"{"id":"r","salon":7,"lane":"interactive","ask":{"kind":"book","client":{"person":
            {"name":"Cliente Exemplo","phone":"+5511900000000","cpf":"11144477735"}},"service":3}}"#;
        let message = Message::builder()
            .message_id("q1")
            .body(body)
            .attributes(MessageSystemAttributeName::ApproximateReceiveCount, "2")
            .attributes(MessageSystemAttributeName::SentTimestamp, "1700000000000")
            .attributes(MessageSystemAttributeName::MessageGroupId, "7")
            .message_attributes("Reason", reason.build().unwrap())
            .build();
        let shown = serde_json::to_value(DeadLetterView::from(&message)).unwrap();
        assert_eq!(shown["reason"], "Trinks did not answer 8 times");
        assert_eq!((&shown["receive_count"], &shown["sent_at"]), (&2.into(), &"2023-11-14T22:13:20Z".into()));
        assert_eq!((&shown["body"]["salon"], &shown["body"]["ask"]["kind"]), (&7.into(), &"book".into()));
        let text = shown.to_string();
        for secret in ["Exemplo", "900000000", "11144477735"] {
            assert!(!text.contains(secret), "{text}");
        }
    }

    #[test]
    fn whatever_a_dead_letter_says_the_document_allows_it() {
        let shown = serde_json::to_value(DeadLetterView::from(&Message::builder().body("not json at all").build()));
        assert_eq!(shown.unwrap()["body"], "(15 bytes)");
        let schema = serde_json::to_value(DeadLetterView::schema()).unwrap();
        let body = &schema["properties"]["body"];
        assert!(body.is_object() && body.get("type").is_none(), "{body}");
    }
}
