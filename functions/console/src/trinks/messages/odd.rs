//! Odd messages as they are stored: receiver and consumers write the message, a person's decision adds the rest.

use jiff::{SignedDuration, Timestamp};
use ponte_platform::failure::Failure;
use ponte_platform::keys::{self, Key};
use ponte_platform::table::{Table, Unless};
use ponte_trinks::message::{OddMessage, OddStatus, StoredMessage, is_report, report_key};
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::views::instant;

/// An odd message with what a person decided.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct OddRecord {
    /// The message.
    #[serde(flatten)]
    pub(super) odd: OddMessage,
    /// When a person decided.
    #[serde(
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) resolved_at: Option<Timestamp>,
    /// With which key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) resolved_by: Option<String>,
    /// Why it was dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) resolution: Option<String>,
}

/// A record with its place.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct OddItem {
    sk: String,
    #[serde(flatten)]
    pub(super) record: OddRecord,
}

/// The odd message that was named is not there.
#[derive(Debug)]
pub(super) struct Missing;

impl OddItem {
    /// When its message came: what names it among several of one message.
    pub(super) fn at(&self) -> String {
        instant(self.record.odd.at)
    }

    fn key(&self) -> Key {
        Key { pk: keys::TRINKS_ODD.to_owned(), sk: self.sk.clone() }
    }

    /// Notes what a person decided. `false`, and nothing is written, where somebody else decided meanwhile, or a consumer has listed
    /// again what was replayed: the replay may have been in vain.
    pub(super) async fn resolve(
        &mut self,
        table: &Table,
        status: OddStatus,
        by: (&str, Option<String>),
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let read_version = self.record.odd.version;
        self.record.odd.version += 1;
        self.record.odd.status = status;
        self.record.resolved_at = Some(now);
        self.record.resolved_by = Some(by.0.to_owned());
        self.record.resolution = by.1;
        let unless = match status {
            OddStatus::Replayed => Unless::VersionIsNot(read_version),
            OddStatus::Dropped | OddStatus::Open => Unless::StatusIsNot("open"),
        };
        table.put(&self.key(), &self.record, unless).await
    }
}

/// Reads on until the page is full, the list is over, or so many were looked at.
pub(super) async fn page(
    table: &Table,
    mut after: Option<String>,
    limit: usize,
    wanted: impl Fn(&OddItem) -> bool,
) -> Result<(Vec<OddItem>, Option<String>), Failure> {
    let mut found: Vec<OddItem> = Vec::new();
    let mut looked_at = 0;
    loop {
        let (items, next): (Vec<OddItem>, _) = table.query_page(keys::TRINKS_ODD, after.as_deref(), 100).await?;
        looked_at += items.len();
        for item in items.into_iter().filter(&wanted) {
            if found.len() == limit {
                // `after` is the last one found: the next page starts behind it.
                return Ok((found, after));
            }
            after = Some(item.sk.clone());
            found.push(item);
        }
        after = next;
        if after.is_none() || looked_at >= limits::TRINKS_LOOKED_AT {
            return Ok((found, after));
        }
    }
}

/// The odd message of an id and its moment; its webhook need not be there any more.
pub(super) async fn at(table: &Table, id: &str, at: Timestamp) -> Result<Option<OddItem>, Failure> {
    let found: Option<OddItem> = table.get(&keys::trinks_odd(at, id)).await?;
    if found.is_some() || !is_report(id) {
        return Ok(found);
    }
    let same = |item: &OddItem| item.record.odd.at.as_millisecond() == at.as_millisecond();
    Ok(report(table, id).await?.filter(same))
}

/// A report on an account: its id names it.
pub(super) async fn report(table: &Table, id: &str) -> Result<Option<OddItem>, Failure> {
    table.get(&report_key(id)).await
}

/// The odd message that a webhook's last receipt left, if it left any.
pub(super) async fn of(table: &Table, stored: &StoredMessage) -> Result<Option<OddItem>, Failure> {
    // Places are in the order of time: this one is before all of that millisecond.
    let mut after = Some(format!("{:013}", stored.received_at.as_millisecond()));
    while let Some(place) = after {
        let (items, next): (Vec<OddItem>, _) = table.query_page(keys::TRINKS_ODD, Some(&place), 100).await?;
        let past = items.last().is_some_and(|last| is_past(last, stored.received_at));
        let ours = items.into_iter().find(|item| item.record.odd.message_id == stored.message_id);
        if ours.is_some() {
            return Ok(ours);
        }
        after = next.filter(|_| !past);
    }
    Ok(None)
}

/// Later than the receipt, by more than writing takes.
fn is_past(item: &OddItem, received_at: Timestamp) -> bool {
    item.record.odd.at.duration_since(received_at) > SignedDuration::from_secs(2)
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ponte_domain::trinks::{ConnectionId, EstablishmentId};

    pub(in super::super) fn item(at: &str) -> OddItem {
        let at: Timestamp = at.parse().unwrap();
        let odd = OddMessage {
            message_id: "m1".into(),
            connection: ConnectionId::parse("demo").unwrap(),
            at,
            kind: Some(14),
            establishment: EstablishmentId::new(7),
            reason: "TipoDeEvento 14 is not known".into(),
            status: OddStatus::Open,
            version: OddMessage::FIRST,
            ttl: 1,
        };
        let mut stored: serde_dynamo::Item = serde_dynamo::to_item(&odd).unwrap();
        let sk = keys::trinks_odd(at, "m1").sk;
        stored.as_mut().insert("sk".into(), serde_dynamo::AttributeValue::S(sk));
        serde_dynamo::from_item(stored).unwrap()
    }

    #[test]
    fn what_the_receiver_wrote_is_read_with_a_moment_that_leads_to_it() {
        let read = item("2026-11-22T10:00:00.123456789Z");
        assert_eq!(read.key(), keys::trinks_odd(read.at().parse().unwrap(), "m1"));
        assert_eq!((read.record.odd.kind, read.record.odd.status), (Some(14), OddStatus::Open));
    }

    #[test]
    fn a_decision_is_stored_beside_the_message() {
        let record = OddRecord {
            resolved_at: Some(Timestamp::UNIX_EPOCH),
            resolved_by: Some("k".into()),
            resolution: Some("test salon".into()),
            ..item("2026-11-22T10:00:00Z").record
        };
        let stored: serde_dynamo::Item = serde_dynamo::to_item(&record).unwrap();
        let read: OddMessage = serde_dynamo::from_item(stored.clone()).unwrap();
        assert_eq!(read.message_id, "m1");
        let read: OddRecord = serde_dynamo::from_item(stored).unwrap();
        assert_eq!(read.resolution.as_deref(), Some("test salon"));
    }
}
