//! `outbox`: reads the table's stream.
//!
//! An account's item changes once with every posting, and the stream keeps the order of one item's changes: so the account leads
//! to its postings, in order. Two postings' own items would have no order.

use std::collections::VecDeque;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Error;
use ponte_domain::domain_event::{AppointmentNews, DomainEvent, News};
use ponte_domain::ids::{MemberId, ProgramId};
use ponte_domain::ledger::{Account, PostingKey};
use ponte_domain::member::Profile;
use ponte_platform::aws::Aws;
use ponte_platform::deliveries::BatchAnswer;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::PostingRecord;
use ponte_platform::table::Table;
use ponte_trinks::picture::AppointmentPicture;
use serde::de::DeserializeOwned;

use super::Publisher;
use super::expiring;

/// What the Lambda builds once.
pub struct Outbox {
    table: Table,
    publisher: Publisher,
    /// How long before its end a customer is told of money.
    expiry_notice: SignedDuration,
}

/// Postings of one change of an account: a posting and the expiry that it swept up.
const POSTINGS_PER_CHANGE: u64 = 8;

impl Outbox {
    /// Reads the Lambda's settings.
    pub fn from_env() -> Result<Self, Error> {
        let aws = Aws::from_env()?;
        Ok(Self {
            table: Table::from_env(&aws)?,
            publisher: Publisher::from_env(&aws)?,
            expiry_notice: expiring::notice_from_env()?,
        })
    }

    /// Handles a batch of the stream. At the first failure it stops: what follows comes again with it, so that the order holds.
    pub async fn batch(&self, event: Event) -> BatchAnswer {
        let mut answer = BatchAnswer::default();
        for record in event.records {
            let sequence = record.change.sequence_number.clone().unwrap_or_default();
            if let Err(failure) = self.record(record).await {
                tracing::error!(event = "outbox_failed", sequence, failure = %failure, "will be delivered again");
                answer.give_back(&sequence);
                break;
            }
        }
        answer
    }

    async fn record(&self, record: EventRecord) -> Result<(), Failure> {
        let Some(place) = Place::of(&record) else { return Ok(()) };
        let (old, new) = (record.change.old_image, record.change.new_image);
        match place.sk.as_str() {
            "ACCOUNT" => {
                let Some(new) = image::<Account>(new)? else { return Ok(()) };
                let before = image::<Account>(old)?.map_or(0, |old| old.postings);
                self.account(&place, before, &new).await
            }
            "PROFILE" => {
                let (old, new) = (image::<Profile>(old)?, image::<Profile>(new)?);
                self.profile(&place, old.is_none(), new.as_ref()).await
            }
            "APPOINTMENT" => {
                let Some(new) = image::<AppointmentPicture>(new)? else { return Ok(()) };
                let old = image::<AppointmentPicture>(old)?;
                if old.as_ref().is_some_and(|old| old.says_the_same(&new)) {
                    return Ok(());
                }
                self.publisher.publish(&appointment(old.as_ref(), &new)).await
            }
            _ => Ok(()),
        }
    }

    async fn account(&self, place: &Place, before: u64, account: &Account) -> Result<(), Failure> {
        let made = account.postings.saturating_sub(before).min(POSTINGS_PER_CHANGE);
        let mut postings = VecDeque::new();
        let mut wanted: Option<PostingKey> = account.last.clone();
        while (postings.len() as u64) < made
            && let Some(key) = wanted.take()
        {
            let record: Option<PostingRecord> = self.table.get(&keys::posting(&key)).await?;
            let posting = record.ok_or_else(|| Failure::Bug(format!("the posting {key} is not there")))?.posting;
            wanted.clone_from(&posting.previous);
            postings.push_front(posting);
        }
        for posting in &postings {
            if let Some(event) = DomainEvent::of_posting(posting) {
                self.publisher.publish(&event).await?;
            }
        }
        match place.member() {
            Some((program, member)) => {
                expiring::note(&self.table, &program, &member, account, self.expiry_notice, Timestamp::now()).await
            }
            None => Ok(()),
        }
    }

    async fn profile(&self, place: &Place, joined: bool, profile: Option<&Profile>) -> Result<(), Failure> {
        // An erasure is no news for whoever writes to customers: there is nobody to write to.
        let (Some((program, member)), Some(profile)) = (place.member(), profile) else { return Ok(()) };
        // A group of its own: its sequence counts something else than the account's.
        let group = format!("profile#{program}#{}", member.as_str());
        let event = DomainEvent {
            // Who was erased and joins again has other news under the same number.
            id: format!("{group}#{}#{}", profile.since.as_second(), profile.version),
            group,
            sequence: profile.version,
            at: Timestamp::now(),
            program,
            news: News::MemberChanged { member, joined },
        };
        self.publisher.publish(&event).await
    }
}

/// The address of an item that changed.
struct Place {
    pk: String,
    sk: String,
}

impl Place {
    fn of(record: &EventRecord) -> Option<Self> {
        let text = |name: &str| match record.change.keys.get(name)? {
            serde_dynamo::AttributeValue::S(text) => Some(text.clone()),
            _ => None,
        };
        Some(Self { pk: text("pk")?, sk: text("sk")? })
    }

    /// Whose it is, for the items under a member.
    fn member(&self) -> Option<(ProgramId, MemberId)> {
        let mut parts = self.pk.split('#');
        (parts.next()? == "MEMBER").then_some(())?;
        let program = ProgramId::try_from(parts.next()?.to_owned()).ok()?;
        Some((program, MemberId::from_stored(parts.next()?)))
    }
}

fn image<T: DeserializeOwned>(item: impl Into<serde_dynamo::Item>) -> Result<Option<T>, Failure> {
    let item: serde_dynamo::Item = item.into();
    // An insertion has no old image, a removal no new one.
    if item.inner().is_empty() {
        return Ok(None);
    }
    serde_dynamo::from_item(item).map(Some).map_err(|error| Failure::unreadable("stream image", &error))
}

fn appointment(old: Option<&AppointmentPicture>, new: &AppointmentPicture) -> DomainEvent {
    let group = format!("appointment#{}#{}", new.salon, new.id);
    let details = AppointmentNews {
        salon: new.salon,
        appointment: new.id,
        client: new.client,
        starts: new.starts,
        service_name: new.service_name.clone(),
        status: new.status.name().to_owned(),
        moved: old.is_some_and(|old| old.starts != new.starts),
    };
    let news = if new.status.is_cancelled() {
        News::AppointmentCancelled(details)
    } else if old.is_none() {
        News::AppointmentCreated(details)
    } else {
        News::AppointmentChanged(details)
    };
    DomainEvent {
        id: format!("{group}#{}", new.version),
        group,
        sequence: new.version,
        at: new.heard_at,
        program: new.program.clone(),
        news,
    }
}
