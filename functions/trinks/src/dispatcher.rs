//! `trinks-dispatcher` and `trinks-release`: calls that wait their turn (design section 5).

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Error;
use ponte_domain::quota::Lane;
use ponte_domain::trinks::ConnectionId;
use ponte_platform::aws::Aws;
use ponte_platform::deliveries::{BatchAnswer, Deliveries, Delivery};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::settings;
use ponte_platform::table::Unless;
use ponte_platform::telemetry;
use ponte_trinks::booking::{Booker, BookingOutcome};
use ponte_trinks::client::{At, Trinks, TrinksError};
use ponte_trinks::parked::{self, Parked};
use ponte_trinks::queue::RequestQueue;
use ponte_trinks::requests::{Ask, KEPT_DAYS, QueuedRequest, RequestRecord, RequestStatus};
use ponte_trinks::slow_lists;

use crate::consumers::learn_client;
use crate::desk::{Desk, Place};

/// Failures after which a request is given up: with the pauses between them, some twenty minutes.
const MOST_FAILURES: u32 = 8;
/// The first pause after a failure; each further one is twice as long, and any part of it.
const FIRST_PAUSE_SECONDS: u64 = 10;
/// The longest pause after a failure.
const LONGEST_PAUSE_SECONDS: u64 = 900;
/// Parked requests that one run releases for a connection.
const RELEASED_AT_ONCE: usize = 500;

/// What the dispatcher builds once.
pub struct Dispatcher {
    desk: Desk,
    trinks: Trinks,
    queue: RequestQueue,
    dead_letters: String,
}

/// What became of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handled {
    /// The queue may forget it.
    Over,
    /// It comes again after so many seconds.
    Again(u64),
}

impl Dispatcher {
    /// Reads the Lambda's settings.
    pub fn from_env() -> Result<Self, Error> {
        let aws = Aws::from_env()?;
        let desk = Desk::from_env(&aws)?;
        let trinks = Trinks::from_env(&aws, desk.table.clone())?;
        let queue = RequestQueue::new(aws.sqs(), settings::required("PONTE_TRINKS_REQUESTS_QUEUE_URL")?);
        Ok(Self::new(desk, trinks, queue, settings::required("PONTE_TRINKS_REQUESTS_DLQ_URL")?))
    }

    /// With given connections: for tests.
    #[must_use]
    pub fn new(desk: Desk, trinks: Trinks, queue: RequestQueue, dead_letters: String) -> Self {
        Self { desk, trinks, queue, dead_letters }
    }

    /// Handles a delivery of the queue. Once one message of a group is put off, those behind it are given back untouched: FIFO
    /// means that they wait.
    pub async fn batch(&self, deliveries: Deliveries) -> BatchAnswer {
        let (Deliveries::Queue(messages) | Deliveries::Topic(messages)) = deliveries;
        let mut answer = BatchAnswer::default();
        for message in messages {
            if !answer.is_empty() {
                answer.give_back(&message.id);
                continue;
            }
            match self.one(&message).await {
                Ok(Handled::Over) => {}
                Ok(Handled::Again(seconds)) => {
                    if let Some(receipt) = &message.receipt
                        && let Err(failure) = self.queue.defer(receipt, seconds).await
                    {
                        tracing::warn!(event = "trinks_not_deferred", failure = %failure);
                    }
                    answer.give_back(&message.id);
                }
                Err(failure) => {
                    tracing::error!(event = "trinks_request_failed", failure = %failure, "will be delivered again");
                    answer.give_back(&message.id);
                }
            }
        }
        answer
    }

    async fn one(&self, message: &Delivery) -> Result<Handled, Failure> {
        let Ok(request) = serde_json::from_str::<QueuedRequest>(&message.body) else {
            // It would never be read, and hold its lane for as long as the queue keeps it.
            telemetry::count("TrinksGivenUp", ("Lane", "unreadable"));
            tracing::error!(event = "trinks_request_unreadable", "it is in the dead letters");
            let reason = "it is no request to Trinks";
            self.queue.give_up_unreadable(&self.dead_letters, message.body.clone(), reason).await?;
            return Ok(Handled::Over);
        };
        let now = Timestamp::now();
        let key = keys::trinks_request(request.salon, &request.id);
        let record: Option<RequestRecord> = self.desk.table.get(&key).await?;
        if record.as_ref().is_some_and(|record| matches!(record.status, RequestStatus::Done | RequestStatus::Failed)) {
            return Ok(Handled::Over);
        }
        let mut record = record.unwrap_or_else(|| new_record(&request, now));
        let Some(place) = self.desk.place(Some(request.salon)).await? else {
            return self.give_up(record, "the salon belongs to no store").await;
        };
        // A try that died, or failed without an answer, may have done it.
        let look_first = record.status == RequestStatus::Started;
        if matches!(request.ask, Ask::Book(_)) {
            record.status = RequestStatus::Started;
            record = self.write(record, now).await?;
        }
        match self.perform(&place, &request, look_first, now).await {
            Ok(booked) => {
                record.status = RequestStatus::Done;
                if let Some(outcome) = booked {
                    record.settle(outcome);
                }
                self.write(record, now).await?;
                Ok(Handled::Over)
            }
            Err(error) => self.failed(record, &place, error, look_first, now).await,
        }
    }

    async fn perform(
        &self,
        place: &Place,
        request: &QueuedRequest,
        look_first: bool,
        now: Timestamp,
    ) -> Result<Option<BookingOutcome>, TrinksError> {
        let at = At { connection: &place.connection, salon: place.id(), lane: request.lane };
        match &request.ask {
            Ask::LearnClient { client } => {
                let found = self.trinks.client(at, *client).await?;
                learn_client(&self.desk, place, &found.as_news(), now, now).await?;
                Ok(None)
            }
            Ask::RefreshList { list } => {
                // Requests of several hours may have waited for the same call: the first of them read it for all.
                if slow_lists::is_stale(&self.desk.table, at, *list, now).await? {
                    slow_lists::refresh(&self.trinks, &self.desk.table, at, *list, now).await?;
                }
                Ok(None)
            }
            Ask::Book(booking) => {
                let booker = Booker { trinks: &self.trinks, table: &self.desk.table, at, now: place.local(now) };
                booker.book(booking, look_first).await.map(Some)
            }
        }
    }

    /// What a failure means (contract trinks.md, section 2).
    async fn failed(
        &self,
        mut record: RequestRecord,
        place: &Place,
        error: TrinksError,
        looked_first: bool,
        now: Timestamp,
    ) -> Result<Handled, Failure> {
        record.reason = Some(error.to_string());
        match error {
            TrinksError::MinuteSpent { again_at } => {
                // Nothing was asked of Trinks by this try, unless an earlier one was.
                record.status = if looked_first { RequestStatus::Started } else { RequestStatus::Queued };
                self.write(record, now).await?;
                Ok(Handled::Again(seconds_until(again_at, now) + spread(5)))
            }
            TrinksError::MonthSpent { again_at } => {
                if !looked_first && let Some(status) = useless_by(&mut record, place, again_at) {
                    record.status = status;
                    self.write(record, now).await?;
                    return Ok(Handled::Over);
                }
                parked::park(&self.desk.table, &place.connection.id, &record.request, again_at, now).await?;
                telemetry::count("TrinksParked", ("Lane", record.request.lane.as_str()));
                record.status = RequestStatus::Parked;
                self.write(record, now).await?;
                Ok(Handled::Over)
            }
            TrinksError::Unavailable { why, maybe_done } => {
                let reason = format!("Trinks did not answer {MOST_FAILURES} times: {why}");
                self.count_failure(record, maybe_done || looked_first, &reason, now).await
            }
            // Of our own making: a secret that cannot be read, an item that nobody understands. It may have come after the call.
            TrinksError::Platform(failure) => {
                tracing::error!(event = "trinks_request_failed", identifier = %record.request.id, failure = %failure);
                let reason = format!("it failed {MOST_FAILURES} times: {failure}");
                self.count_failure(record, true, &reason, now).await
            }
            TrinksError::KeyRefused { status } => {
                telemetry::count("TrinksKeyRefused", ("Connection", place.connection.id.as_str()));
                self.give_up(record, &format!("Trinks refuses the API key ({status})")).await
            }
            // Refused for what it is: it would be refused again.
            TrinksError::Conflict | TrinksError::NotFound(_) | TrinksError::Rejected { .. } => {
                record.status = RequestStatus::Failed;
                self.write(record, now).await?;
                Ok(Handled::Over)
            }
            TrinksError::Unreadable(what) => self.give_up(record, &format!("an answer cannot be read: {what}")).await,
        }
    }

    /// Puts off a request that failed, or gives it up.
    async fn count_failure(
        &self,
        mut record: RequestRecord,
        maybe_done: bool,
        reason: &str,
        now: Timestamp,
    ) -> Result<Handled, Failure> {
        record.request.failures += 1;
        if record.request.failures >= MOST_FAILURES {
            return self.give_up(record, reason).await;
        }
        let pause = pause(record.request.failures);
        record.status = if maybe_done { RequestStatus::Started } else { RequestStatus::Queued };
        self.write(record, now).await?;
        Ok(Handled::Again(pause))
    }

    /// Into the dead letters, with the reason; from there an operator brings it back.
    async fn give_up(&self, mut record: RequestRecord, reason: &str) -> Result<Handled, Failure> {
        self.queue.give_up(&self.dead_letters, &record.request, reason).await?;
        telemetry::count("TrinksGivenUp", ("Lane", record.request.lane.as_str()));
        tracing::error!(event = "trinks_given_up", identifier = %record.request.id, reason);
        record.status = RequestStatus::Failed;
        record.reason = Some(reason.to_owned());
        self.write(record, Timestamp::now()).await?;
        Ok(Handled::Over)
    }

    async fn write(&self, mut record: RequestRecord, now: Timestamp) -> Result<RequestRecord, Failure> {
        let read = record.version;
        record.version += 1;
        record.at = now;
        let key = keys::trinks_request(record.request.salon, &record.request.id);
        if self.desk.table.put(&key, &record, Unless::VersionIsNot(read)).await? {
            return Ok(record);
        }
        Err(Failure::Unavailable("another delivery works on this request".into()))
    }

    /// Brings parked requests back to the queue where their month has begun: the most urgent lane and the oldest first, and
    /// no more than the month has room for.
    pub async fn release(&self) -> Result<usize, Failure> {
        let mut released = 0;
        for connection in self.desk.salons.fresh().await?.connections() {
            let waiting = parked::parked(&self.desk.table, &connection.id, RELEASED_AT_ONCE).await?;
            if waiting.is_empty() {
                continue;
            }
            let status = self.trinks.quota().status(connection).await?;
            // Trinks said that the month is spent, whatever our count says: all would be parked again.
            if status.blocked_until.is_some() {
                continue;
            }
            for lane in Lane::ALL {
                let left = status.month.lanes.iter().find(|known| known.lane == lane).map_or(0, |known| known.left);
                let of_lane = waiting.iter().filter(|parked| parked.request.lane == lane);
                for parked in of_lane.take(left as usize) {
                    released += usize::from(self.release_one(&connection.id, parked).await);
                }
            }
            tracing::info!(event = "trinks_released", connection = %connection.id, released, waiting = waiting.len());
        }
        Ok(released)
    }

    /// One that cannot be released now stays parked, and keeps no other from it.
    async fn release_one(&self, connection: &ConnectionId, parked: &Parked) -> bool {
        let now = Timestamp::now();
        match parked::release(&self.desk.table, &self.queue, connection, parked, now).await {
            Ok(queued) => queued,
            Err(failure) => {
                tracing::error!(event = "trinks_not_released", identifier = %parked.request.id, failure = %failure);
                false
            }
        }
    }
}

/// How a request ends whose turn would come too late to be of use; `None` where it should wait. Its record says why.
fn useless_by(record: &mut RequestRecord, place: &Place, again_at: Timestamp) -> Option<RequestStatus> {
    match &record.request.ask {
        // Whoever reads the list next asks for it again.
        Ask::RefreshList { .. } => Some(RequestStatus::Failed),
        Ask::Book(booking) if booking.starts <= place.local(again_at) => {
            record.settle(BookingOutcome::too_late());
            Some(RequestStatus::Failed)
        }
        Ask::Book(_) | Ask::LearnClient { .. } => None,
    }
}

fn new_record(request: &QueuedRequest, now: Timestamp) -> RequestRecord {
    RequestRecord {
        request: request.clone(),
        fingerprint: String::new(),
        status: RequestStatus::Queued,
        booked: None,
        reason: None,
        at: now,
        version: 0,
        ttl: now.saturating_add(SignedDuration::from_hours(24 * KEPT_DAYS)).unwrap_or(now).as_second(),
    }
}

fn seconds_until(at: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(at.duration_since(now).as_secs()).unwrap_or(0) + 1
}

/// Full jitter: any part of a pause that doubles with each failure.
fn pause(failures: u32) -> u64 {
    let most = FIRST_PAUSE_SECONDS.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE_SECONDS);
    1 + spread(most)
}

/// A random number of seconds below `most`.
fn spread(most: u64) -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0 % most.max(1)
}
