//! Requests to Trinks that wait their turn: what travels on `trinks-requests.fifo`, and what came of it.

use jiff::Timestamp;
use ponte_domain::ids::TransactionId;
use ponte_domain::quota::Lane;
use ponte_domain::trinks::{EstablishmentId, SalonClientId};
use serde::{Deserialize, Serialize};

use crate::booking::{Booking, BookingOutcome};

/// A request in the queue. Its id is its deduplication and the key of its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedRequest {
    /// `IdentificadorTransacao`.
    pub id: TransactionId,
    /// Which salon.
    pub salon: EstablishmentId,
    /// How urgent.
    pub lane: Lane,
    /// What to do.
    pub ask: Ask,
    /// When it was queued; the oldest of a lane goes first.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub queued_at: Timestamp,
    /// Tries that failed so far.
    #[serde(default)]
    pub failures: u32,
    /// Months for which it was parked.
    #[serde(default)]
    pub releases: u32,
}

/// What to do at Trinks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Ask {
    /// Read a client whose CPF no webhook told, so that waiting bonuses find their member.
    LearnClient {
        /// Which.
        client: SalonClientId,
    },
    /// Read one of the lists that change rarely anew.
    RefreshList {
        /// Which.
        list: SlowList,
    },
    /// Book an appointment that its caller wanted queued.
    Book(Box<Booking>),
}

/// The lists that change rarely (contract section 2, "Uso de cache inteligente").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlowList {
    /// `/servicos`.
    Services,
    /// `/profissionais`.
    Professionals,
    /// `/formaspagamentos`.
    PaymentForms,
}

impl SlowList {
    /// The name it is kept by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Professionals => "professionals",
            Self::PaymentForms => "payment_forms",
        }
    }
}

/// A request and where it stands, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// What was asked.
    pub request: QueuedRequest,
    /// The fingerprint of what the caller sent: the same key with other content is refused.
    #[serde(default)]
    pub fingerprint: String,
    /// Where it stands.
    pub status: RequestStatus,
    /// What came of a booking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booked: Option<BookingOutcome>,
    /// Why it failed, or what it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it last changed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Raised with every change.
    pub version: u64,
    /// When the table forgets it, in seconds.
    pub ttl: i64,
}

impl RequestRecord {
    /// Notes what came of a booking. From then on nothing needs the person: the client is a number, the notes are at Trinks.
    pub fn settle(&mut self, outcome: BookingOutcome) {
        self.status = match &outcome {
            BookingOutcome::Refused { .. } => RequestStatus::Failed,
            _ => RequestStatus::Done,
        };
        if let Ask::Book(booking) = &mut self.request.ask {
            booking.forget_person(&outcome);
        }
        self.booked = Some(outcome);
    }
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestStatus {
    /// Somebody is at it; should they have died, whoever comes next looks at Trinks before repeating.
    Started,
    /// In the queue.
    Queued,
    /// Waits for the next month.
    Parked,
    /// Done.
    Done,
    /// Will not be done: see the reason.
    Failed,
}

/// Days for which a request's outcome is kept: as long as an Idempotency-Key is honoured.
pub const KEPT_DAYS: i64 = 30;
