//! `outbox`: reads the table's stream.
//!
//! An account's item changes once with every posting, and the stream keeps the order of one item's changes: so the account leads
//! to its postings, in order. Two postings' own items would have no order.
//!
//! A record that cannot be told holds up all that is behind it in its part of the stream. So one that can never be read is put
//! aside at once, and any other after some hours, whole, in the dead letters: from there it comes again by a queue.

use std::collections::VecDeque;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Error;
use ponte_domain::domain_event::{AppointmentNews, DomainEvent, News};
use ponte_domain::ids::{MemberId, ProgramId};
use ponte_domain::ledger::{Account, PostingKey};
use ponte_domain::member::Profile;
use ponte_platform::aws::Aws;
use ponte_platform::deliveries::{self, BatchAnswer, Deliveries, Delivery, Envelopes};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::PostingRecord;
use ponte_platform::table::Table;
use ponte_platform::telemetry;
use ponte_trinks::picture::{AppointmentPicture, ClientPicture, Picture, ProfessionalPicture, SalonPicture};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::expiring;
use crate::{GivenUp, Publisher};

/// What the Lambda builds once.
pub struct Outbox {
    table: Table,
    publisher: Publisher,
    given_up: GivenUp,
    /// How long before its end a customer is told of money.
    expiry_notice: SignedDuration,
}

/// Why a change was not told.
enum NotTold {
    /// The next try may do better.
    ForNow(Failure),
    /// No try will: what is there cannot be read.
    ForGood(Failure),
}

impl NotTold {
    fn failure(&self) -> &Failure {
        match self {
            Self::ForNow(failure) | Self::ForGood(failure) => failure,
        }
    }

    /// What an operator is shown beside the dead letter. What could not be read may name a person.
    fn reason(&self) -> String {
        match self {
            Self::ForNow(failure) => failure.to_string(),
            Self::ForGood(_) => "it cannot be read: see outbox_given_up in the log of outbox".to_owned(),
        }
    }
}

impl From<Failure> for NotTold {
    fn from(failure: Failure) -> Self {
        Self::ForNow(failure)
    }
}

/// Postings of one change of an account: a posting and the expiry that it swept up.
const POSTINGS_PER_CHANGE: u64 = 8;
/// How old a change may be that still holds up others. Less than the age at which Lambda gives it up without its content
/// (`MaximumRecordAgeInSeconds` in template.yaml).
const TRIED_FOR: SignedDuration = SignedDuration::from_hours(5);

impl Outbox {
    /// Reads the Lambda's settings.
    pub fn from_env() -> Result<Self, Error> {
        let aws = Aws::from_env()?;
        let (table, publisher) = (Table::from_env(&aws)?, Publisher::from_env(&aws)?);
        Ok(Self::new(table, publisher, GivenUp::from_env(&aws)?, expiring::notice_from_env()?))
    }

    /// With given connections: for tests.
    #[must_use]
    pub fn new(table: Table, publisher: Publisher, given_up: GivenUp, expiry_notice: SignedDuration) -> Self {
        Self { table, publisher, given_up, expiry_notice }
    }

    /// Handles an event: a batch of the stream, or what was given up and is replayed, from a queue.
    ///
    /// # Errors
    /// The event is neither.
    pub async fn handle(&self, event: Value) -> Result<BatchAnswer, Error> {
        if let Some(replayed) = Deliveries::read(&event, Envelopes::Kept) {
            return deliveries::handle(replayed, |delivery| self.again(delivery)).await;
        }
        Ok(self.batch(&serde_json::from_value(event)?, Timestamp::now()).await)
    }

    /// At the first failure it stops: what follows comes again with it, so that the order holds.
    async fn batch(&self, event: &Event, now: Timestamp) -> BatchAnswer {
        let mut answer = BatchAnswer::default();
        for record in &event.records {
            let Err(not_told) = self.record(record).await else { continue };
            telemetry::count("OutboxNotTold", ("Item", kind_of_item(record)));
            if self.is_put_aside(record, &not_told, now).await {
                continue;
            }
            let sequence = record.change.sequence_number.as_deref().unwrap_or_default();
            let failure = not_told.failure();
            tracing::error!(event = "outbox_failed", sequence, failure = %failure, "will be delivered again");
            answer.give_back(sequence);
            break;
        }
        answer
    }

    /// What was given up, once more. Its queue counts the tries.
    async fn again(&self, delivery: Delivery) -> Result<(), Failure> {
        let event: Event =
            serde_json::from_str(&delivery.body).map_err(|error| Failure::unreadable("change given up", &error))?;
        for record in &event.records {
            if let Err(NotTold::ForNow(failure) | NotTold::ForGood(failure)) = self.record(record).await {
                return Err(failure);
            }
        }
        Ok(())
    }

    /// Puts a record aside when its time is over. `false`: it must come again.
    async fn is_put_aside(&self, record: &EventRecord, not_told: &NotTold, now: Timestamp) -> bool {
        let made = record.change.approximate_creation_date_time.timestamp();
        let tried_for = now.as_second().saturating_sub(made);
        if matches!(not_told, NotTold::ForNow(_)) && tried_for < TRIED_FOR.as_secs() {
            return false;
        }
        let sequence = record.change.sequence_number.as_deref().unwrap_or_default();
        let kept = self.given_up.keep(record, &not_told.reason()).await;
        match &kept {
            Ok(()) => tracing::error!(event = "outbox_given_up", sequence, failure = %not_told.failure()),
            Err(failure) => tracing::error!(event = "outbox_not_given_up", sequence, failure = %failure),
        }
        kept.is_ok()
    }

    async fn record(&self, record: &EventRecord) -> Result<(), NotTold> {
        let Some(place) = Place::of(record) else { return Ok(()) };
        let (old, new) = (&record.change.old_image, &record.change.new_image);
        match place.sk.as_str() {
            "ACCOUNT" => {
                let Some(new) = image::<Account>(new)? else { return Ok(()) };
                let before = image::<Account>(old)?.map_or(0, |old| old.postings);
                self.account(&place, before, &new).await
            }
            "PROFILE" => {
                let (old, new) = (image::<Profile>(old)?, image::<Profile>(new)?);
                Ok(self.profile(&place, old.is_none(), new.as_ref()).await?)
            }
            "APPOINTMENT" => {
                let Some(new) = image::<AppointmentPicture>(new)? else { return Ok(()) };
                let old = image::<AppointmentPicture>(old)?;
                if old.as_ref().is_some_and(|old| old.says_the_same(&new)) {
                    return Ok(());
                }
                Ok(self.publisher.publish(&appointment(old.as_ref(), &new)).await?)
            }
            _ => match of_salon(&place.sk, old, new)? {
                Some(event) => Ok(self.publisher.publish(&event).await?),
                None => Ok(()),
            },
        }
    }

    async fn account(&self, place: &Place, before: u64, account: &Account) -> Result<(), NotTold> {
        let made = account.postings.saturating_sub(before).min(POSTINGS_PER_CHANGE);
        let mut postings = VecDeque::new();
        let mut wanted: Option<PostingKey> = account.last.clone();
        while (postings.len() as u64) < made
            && let Some(key) = wanted.take()
        {
            let record: Option<PostingRecord> = self.table.get(&keys::posting(&key)).await?;
            let missing = || NotTold::ForGood(Failure::Bug(format!("the posting {key} is not there")));
            let posting = record.ok_or_else(missing)?.posting;
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
                let now = Timestamp::now();
                Ok(expiring::note(&self.table, &program, &member, account, self.expiry_notice, now).await?)
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

    /// Whose it is, for a member's profile and account.
    fn member(&self) -> Option<(ProgramId, MemberId)> {
        let mut parts = self.pk.split('#');
        matches!(parts.next()?, "MEMBER" | "ACCOUNT").then_some(())?;
        let program = ProgramId::try_from(parts.next()?.to_owned()).ok()?;
        Some((program, MemberId::from_stored(parts.next()?)))
    }
}

/// What kind of item a record is of: one of the few that the stream is filtered by. Without an id: each value is a metric.
fn kind_of_item(record: &EventRecord) -> &str {
    match record.change.keys.get("sk") {
        Some(serde_dynamo::AttributeValue::S(text)) => text.split('#').next().unwrap_or_default(),
        _ => "none",
    }
}

fn image<T: DeserializeOwned>(item: &serde_dynamo::Item) -> Result<Option<T>, NotTold> {
    // An insertion has no old image, a removal no new one.
    if item.inner().is_empty() {
        return Ok(None);
    }
    let unreadable = |error| NotTold::ForGood(Failure::unreadable("stream image", &error));
    serde_dynamo::from_item(item.clone()).map(Some).map_err(unreadable)
}

/// The event of a salon's own item: its client, its professional, or itself. `None` where it says nothing new, or was last
/// written before pictures knew their programme.
fn of_salon(sk: &str, old: &serde_dynamo::Item, new: &serde_dynamo::Item) -> Result<Option<DomainEvent>, NotTold> {
    match sk.split('#').next() {
        Some("CLIENT") => changed(old, new, client),
        Some("PROFESSIONAL") => changed(old, new, professional),
        Some("SALON") => changed(old, new, salon),
        _ => Ok(None),
    }
}

/// The event of a picture that says something else than the one before.
fn changed<T: DeserializeOwned + Picture>(
    old: &serde_dynamo::Item,
    new: &serde_dynamo::Item,
    event: impl Fn(T) -> Option<DomainEvent>,
) -> Result<Option<DomainEvent>, NotTold> {
    let (old, new) = (image::<T>(old)?, image::<T>(new)?);
    Ok(new.filter(|new| old.is_none_or(|old| !old.says_the_same(new))).and_then(event))
}

fn client(picture: ClientPicture) -> Option<DomainEvent> {
    let ClientPicture { salon, client, member, version, heard_at: at, program, since, .. } = picture;
    let group = format!("client#{salon}#{client}");
    // Who was erased and comes again has other news under the same number.
    let id = format!("{group}#{}#{version}", since.map_or(0, Timestamp::as_second));
    let news = News::ClientChanged { salon, client, member };
    Some(DomainEvent { id, group, sequence: version, at, program: program?, news })
}

fn professional(picture: ProfessionalPicture) -> Option<DomainEvent> {
    let ProfessionalPicture { salon, id: professional, active, version, heard_at: at, program, .. } = picture;
    let group = format!("professional#{salon}#{professional}");
    let news = News::ProfessionalChanged { salon, professional, active };
    Some(DomainEvent { id: format!("{group}#{version}"), group, sequence: version, at, program: program?, news })
}

fn salon(picture: SalonPicture) -> Option<DomainEvent> {
    let SalonPicture { salon, associated, version, heard_at: at, program, .. } = picture;
    let group = format!("salon#{salon}");
    let news = News::SalonChanged { salon, associated };
    Some(DomainEvent { id: format!("{group}#{version}"), group, sequence: version, at, program: program?, news })
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
