//! A booking's record: what stands under an `Idempotency-Key`, and what a repetition may do about it.
//!
//! The record is written before Trinks is asked. So whoever finds it `Started` and old knows that somebody may have booked
//! and died, and looks before booking; and whoever finds none knows that nobody asked.

use jiff::{SignedDuration, Timestamp};
use ponte_domain::ids::TransactionId;
use ponte_domain::quota::Lane;
use ponte_platform::failure::Failure;
use ponte_platform::keys::{self, Key};
use ponte_platform::table::{Table, Unless};
use ponte_trinks::booking::Booking;
use ponte_trinks::requests::{Ask, KEPT_DAYS, QueuedRequest, RequestRecord, RequestStatus};

use crate::agenda::Salon;
use crate::limits;

/// What a repetition of a booking finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The key stands for something else.
    Reused,
    /// It is known what came of it.
    Settled,
    /// The dispatcher does it, when its turn comes.
    Waiting,
    /// Somebody is at it.
    InProgress,
    /// Somebody was at it and did not say what came of it.
    Abandoned,
}

/// What a repetition with this fingerprint finds.
pub(super) fn standing(record: &RequestRecord, fingerprint: &str, now: Timestamp) -> Standing {
    if record.fingerprint != fingerprint || booking_of(record).is_none() {
        return Standing::Reused;
    }
    match record.status {
        RequestStatus::Done | RequestStatus::Failed => Standing::Settled,
        RequestStatus::Queued | RequestStatus::Parked => Standing::Waiting,
        RequestStatus::Started if is_queued(record) => Standing::Waiting,
        RequestStatus::Started if now.duration_since(record.at).as_secs() < limits::STARTED_SECONDS => {
            Standing::InProgress
        }
        RequestStatus::Started => Standing::Abandoned,
    }
}

/// Whether a booking that was begun belongs to the dispatcher: it alone keeps the reason why it waited. While it pauses
/// between two tries nobody else may book, or both would.
pub(crate) fn is_queued(record: &RequestRecord) -> bool {
    record.reason.is_some()
}

/// What is booked; `None` for another kind of request.
pub(crate) fn booking_of(record: &RequestRecord) -> Option<&Booking> {
    match &record.request.ask {
        Ask::Book(booking) => Some(booking),
        _ => None,
    }
}

/// A new record, begun.
pub(super) fn begun(
    salon: &Salon,
    id: TransactionId,
    fingerprint: String,
    booking: Booking,
    now: Timestamp,
) -> RequestRecord {
    let request = QueuedRequest {
        id,
        salon: salon.id(),
        lane: Lane::Interactive,
        ask: Ask::Book(Box::new(booking)),
        queued_at: now,
        failures: 0,
        releases: 0,
    };
    RequestRecord {
        request,
        fingerprint,
        status: RequestStatus::Started,
        booked: None,
        reason: None,
        at: now,
        version: 1,
        ttl: kept_from(now),
    }
}

/// When the table forgets a record that is kept from this moment.
pub(super) fn kept_from(at: Timestamp) -> i64 {
    at.saturating_add(SignedDuration::from_hours(24 * KEPT_DAYS)).unwrap_or(at).as_second()
}

/// Where a record is kept.
pub(super) fn key_of(record: &RequestRecord) -> Key {
    keys::trinks_request(record.request.salon, &record.request.id)
}

/// Writes a new record; `false` when somebody else was faster.
pub(super) async fn begin(table: &Table, record: &RequestRecord) -> Result<bool, Failure> {
    table.put(&key_of(record), record, Unless::Exists).await
}

/// Writes the next state of a record; `false` when somebody else changed it meanwhile.
pub(super) async fn write(table: &Table, record: &mut RequestRecord, now: Timestamp) -> Result<bool, Failure> {
    let read = record.version;
    record.version += 1;
    record.at = now;
    table.put(&key_of(record), record, Unless::VersionIsNot(read)).await
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use ponte_domain::money::Money;
    use ponte_domain::personal::{PersonalText, Phone};
    use ponte_domain::trinks::{AppointmentId, EstablishmentId, SalonClientId, SalonServiceId};

    use ponte_trinks::booking::{BookingClient, BookingOutcome};

    use super::*;

    pub(crate) fn record(status: RequestStatus) -> RequestRecord {
        let booking = Booking {
            client: BookingClient::Person {
                name: PersonalText::parse("Maria").unwrap(),
                phone: Phone::parse("11900000000").unwrap(),
                cpf: None,
                email: None,
            },
            service: SalonServiceId::new(7).unwrap(),
            professional: None,
            starts: "2026-12-01T14:00:00".parse().unwrap(),
            minutes: 30,
            price: Money::from_cents(4_000),
            notes: PersonalText::parse("alergia"),
            confirmed: false,
        };
        let request = QueuedRequest {
            id: TransactionId::parse("k1").unwrap(),
            salon: EstablishmentId::new(1).unwrap(),
            lane: Lane::Interactive,
            ask: Ask::Book(Box::new(booking)),
            queued_at: at(100),
            failures: 0,
            releases: 0,
        };
        RequestRecord {
            request,
            fingerprint: "f".into(),
            status,
            booked: None,
            reason: None,
            at: at(100),
            version: 1,
            ttl: 0,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_repetition_finds_what_stands() {
        use RequestStatus::{Done, Failed, Parked, Queued, Started};
        for (status, second, expected) in [
            (Done, 101, Standing::Settled),
            (Failed, 101, Standing::Settled),
            (Queued, 100_000, Standing::Waiting),
            (Parked, 100_000, Standing::Waiting),
            (Started, 129, Standing::InProgress),
            (Started, 130, Standing::Abandoned),
        ] {
            assert_eq!(standing(&record(status), "f", at(second)), expected, "{status:?} {second}");
            assert_eq!(standing(&record(status), "other", at(second)), Standing::Reused);
        }
    }

    #[test]
    fn nobody_takes_over_what_the_dispatcher_began() {
        let mut record = record(RequestStatus::Started);
        record.reason = Some("no call is left in this minute".into());
        assert_eq!(standing(&record, "f", at(100_000)), Standing::Waiting);
    }

    #[test]
    fn another_kind_of_request_is_not_taken_for_a_booking() {
        let mut record = record(RequestStatus::Done);
        record.request.ask = Ask::LearnClient { client: SalonClientId::new(5).unwrap() };
        assert_eq!(standing(&record, "f", at(101)), Standing::Reused);
    }

    #[test]
    fn a_record_of_a_booking_forgets_the_person() {
        let mut record = record(RequestStatus::Started);
        let client = SalonClientId::new(5).unwrap();
        record.settle(BookingOutcome::Booked { appointment: AppointmentId::new(9), client });
        let booking = booking_of(&record).unwrap();
        assert_eq!((&booking.client, &booking.notes), (&BookingClient::Known(client), &None));
        assert_eq!(record.status, RequestStatus::Done);
    }
}
