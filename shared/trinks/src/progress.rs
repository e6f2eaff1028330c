//! How far the reconciliation of a salon has come, as it is stored.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use ponte_domain::trinks::{EstablishmentId, TrinksTransactionId};
use serde::{Deserialize, Serialize};

/// How far the reconciliation of a salon has come, and what the last one did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The salon.
    pub salon: EstablishmentId,
    /// The day for which it runs, by the salon's calendar.
    pub day: Date,
    /// The first day that is walked.
    pub from: Date,
    /// What comes next.
    pub step: Step,
    /// The page of it.
    pub page: u64,
    /// Accounts seen with the reversed ones among them.
    #[serde(default)]
    pub all: BTreeSet<TrinksTransactionId>,
    /// Accounts seen without them.
    #[serde(default)]
    pub live: BTreeSet<TrinksTransactionId>,
    /// Every page came and the counts agree: absence proves something.
    pub complete: bool,
    /// Accounts may be there that nobody saw: the day is not good, and the next run walks it again.
    #[serde(default)]
    pub gaps: bool,
    /// Records that the list said it has, on its first page.
    #[serde(default)]
    pub records: u64,
    /// Records of the list that came and could not be read.
    #[serde(default)]
    pub unreadable: u64,
    /// What was repaired.
    pub repaired: Repaired,
    /// The last day that was walked to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_good: Option<Date>,
    /// The day of the first try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_tried: Option<Date>,
    /// What stopped it, where something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<String>,
    /// When this was written.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub at: Timestamp,
    /// Raised with every change.
    pub version: u64,
}

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Accounts, the reversed ones among them.
    AllAccounts,
    /// Accounts without them: what is missing here was probably reversed.
    LiveAccounts,
    /// The same list once more: a page that shifted while it was walked must not look like a reversal.
    LiveAgain,
    /// Clients that changed.
    Clients,
    /// Appointments.
    Appointments,
    /// Nothing is left for this day.
    Done,
}

/// What a run repaired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repaired {
    /// Closings that no webhook brought.
    pub closings: u32,
    /// Reversals that no webhook brought.
    pub reversals: u32,
    /// Appointments that were not as we knew them.
    pub appointments: u32,
    /// Clients read.
    pub clients: u32,
}
