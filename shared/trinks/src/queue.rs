//! The queue of requests to Trinks: FIFO, a group per key and lane (design section 5).

use aws_sdk_sqs::types::MessageAttributeValue;
use jiff::{SignedDuration, Timestamp};
use ponte_domain::trinks::ConnectionId;
use ponte_platform::failure::{Failure, aws_failure};
use ponte_platform::keys;
use ponte_platform::table::{Table, Unless};

use crate::requests::{Ask, KEPT_DAYS, QueuedRequest, RequestRecord, RequestStatus};

/// `trinks-requests.fifo`.
pub struct RequestQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl RequestQueue {
    /// A queue by its URL.
    #[must_use]
    pub fn new(client: aws_sdk_sqs::Client, url: String) -> Self {
        Self { client, url }
    }

    /// Queues a request. Queued again within five minutes it is still one, unless it failed in between.
    pub async fn send(&self, connection: &ConnectionId, request: &QueuedRequest) -> Result<(), Failure> {
        let body = serde_json::to_string(request).map_err(|error| Failure::Bug(error.to_string()))?;
        let sent = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_group_id(format!("{connection}#{}", request.lane.as_str()))
            .message_deduplication_id(deduplication(request))
            .send()
            .await;
        sent.map(drop).map_err(|error| aws_failure("SendMessage", &error))
    }

    /// Queues a request once more that failed for good, or waited for the next month: its failures are forgotten, and SQS
    /// must not take it for the message it was. `false`, and nothing is queued, when it was done meanwhile.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] too when somebody works on the request right now.
    pub async fn send_again(
        &self,
        table: &Table,
        connection: &ConnectionId,
        request: &QueuedRequest,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let key = keys::trinks_request(request.salon, &request.id);
        let record: Option<RequestRecord> = table.get(&key).await?;
        if record.as_ref().is_some_and(|record| record.status == RequestStatus::Done) {
            return Ok(false);
        }
        let again = once_more(request, record.as_ref());
        if let Some(record) = record {
            let read = record.version;
            let queued = queued_again(record, again.clone(), now);
            // The record first: what the dispatcher parks or gives up next is what the record says.
            if !table.put(&key, &queued, Unless::VersionIsNot(read)).await? {
                return Err(Failure::Unavailable("another delivery works on this request".into()));
            }
        }
        self.send(connection, &again).await?;
        Ok(true)
    }

    /// Puts off a delivery that was not handled: it comes again after so many seconds, and what is behind it in its group
    /// waits with it.
    pub async fn defer(&self, receipt: &str, seconds: u64) -> Result<(), Failure> {
        /// The longest that SQS hides a message.
        const MOST: u64 = 12 * 60 * 60;
        let seconds = i32::try_from(seconds.min(MOST)).unwrap_or(i32::MAX);
        let answer = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        let answer = answer.visibility_timeout(seconds).send().await;
        answer.map(drop).map_err(|error| aws_failure("ChangeMessageVisibility", &error))
    }

    /// Puts a request that failed for good into another queue, with the reason.
    pub async fn give_up(&self, dead_letters: &str, request: &QueuedRequest, reason: &str) -> Result<(), Failure> {
        let body = serde_json::to_string(request).map_err(|error| Failure::Bug(error.to_string()))?;
        self.bury(dead_letters, body, (request.salon.to_string(), deduplication(request)), reason).await
    }

    /// The same for a message that is no request.
    pub async fn give_up_unreadable(&self, dead_letters: &str, body: String, reason: &str) -> Result<(), Failure> {
        let id = ponte_domain::ids::TransactionId::derive(&[&body]).as_str().to_owned();
        self.bury(dead_letters, body, ("unreadable".to_owned(), id), reason).await
    }

    async fn bury(
        &self,
        dead_letters: &str,
        body: String,
        (group, deduplication): (String, String),
        reason: &str,
    ) -> Result<(), Failure> {
        let reason = MessageAttributeValue::builder().data_type("String").string_value(reason).build();
        let sent = self
            .client
            .send_message()
            .queue_url(dead_letters)
            .message_body(body)
            .message_attributes("Reason", reason.map_err(|error| Failure::Bug(error.to_string()))?)
            .message_group_id(group)
            .message_deduplication_id(deduplication)
            .send()
            .await;
        sent.map(drop).map_err(|error| aws_failure("SendMessage", &error))
    }
}

/// The request as it is queued once more. Of record and message, the one that was released more often counts.
fn once_more(request: &QueuedRequest, record: Option<&RequestRecord>) -> QueuedRequest {
    let releases = record.map_or(0, |record| record.request.releases).max(request.releases);
    QueuedRequest { failures: 0, releases: releases.saturating_add(1), ..request.clone() }
}

/// Its record. Nobody knows any more whether an earlier try of a booking reached Trinks, so that the next one has to look
/// there first, which is what "started" says.
fn queued_again(record: RequestRecord, request: QueuedRequest, now: Timestamp) -> RequestRecord {
    let kept = now.saturating_add(SignedDuration::from_hours(24 * KEPT_DAYS)).unwrap_or(now).as_second();
    // A reason says that the dispatcher has it: nobody else may take over a booking that was begun and waits its turn.
    let (status, reason) = match request.ask {
        Ask::Book(_) => (RequestStatus::Started, Some("it was queued once more".to_owned())),
        _ => (RequestStatus::Queued, None),
    };
    RequestRecord { request, status, reason, at: now, version: record.version + 1, ttl: record.ttl.max(kept), ..record }
}

/// A request's id may hold what SQS does not accept; its hash does not. What was parked, and what failed, is another message.
fn deduplication(request: &QueuedRequest) -> String {
    let parts =
        [request.id.as_str(), &request.salon.to_string(), &request.failures.to_string(), &request.releases.to_string()];
    ponte_domain::ids::TransactionId::derive(&parts).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn request(ask: &str, failures: u32, releases: u32) -> QueuedRequest {
        let text = format!(
            r#"{{"id":"r","salon":7,"lane":"follow_up","ask":{ask},"queued_at":0,"failures":{failures},"releases":{releases}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn record(request: QueuedRequest) -> RequestRecord {
        RequestRecord {
            request,
            fingerprint: "f".into(),
            status: RequestStatus::Failed,
            booked: None,
            reason: Some("why".into()),
            at: Timestamp::UNIX_EPOCH,
            version: 3,
            ttl: 5,
        }
    }

    const LEARN: &str = r#"{"kind":"learn_client","client":1}"#;
    const BOOK: &str = r#"{"kind":"book","client":{"known":1},"service":2,"starts":"2026-01-01T10:00:00","minutes":30,"price_cents":100}"#;

    #[test]
    fn what_is_queued_once_more_is_another_message_to_sqs() {
        let first = request(LEARN, 8, 0);
        let again = once_more(&first, None);
        assert_eq!((again.failures, again.releases), (0, 1));
        assert_ne!(deduplication(&again), deduplication(&request(LEARN, 0, 0)));
        let known = record(request(LEARN, 0, 4));
        assert_eq!(once_more(&first, Some(&known)).releases, 5, "a message that came late does not count back");
    }

    #[test]
    fn a_booking_is_looked_for_before_it_is_repeated() {
        for (ask, status) in [(LEARN, RequestStatus::Queued), (BOOK, RequestStatus::Started)] {
            let request = request(ask, 0, 1);
            let queued = queued_again(record(request.clone()), request, Timestamp::UNIX_EPOCH);
            assert_eq!((queued.status, queued.version), (status, 4));
            assert_eq!(queued.reason.is_some(), status == RequestStatus::Started, "it belongs to the dispatcher");
            assert_eq!((queued.fingerprint.as_str(), queued.ttl), ("f", 24 * 3600 * KEPT_DAYS));
        }
    }
}
