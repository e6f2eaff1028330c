//! The life of one account closed in Trinks, in whatever order its news arrive.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{EstablishmentId, SalonClientId, TrinksTransactionId};
use crate::ids::{MemberId, Note, ProgramId, StoreId, TransactionId};

/// Where a closed account stands. It is the item that a closing and a reversal race for: whoever writes first decides,
/// and the other reads what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountStory {
    /// The salon.
    pub establishment: EstablishmentId,
    /// The account.
    pub transaction: TrinksTransactionId,
    /// The store it was posted at, which a salon's link may leave behind.
    pub store: StoreId,
    /// Where it stands.
    pub status: AccountState,
    /// Whose account of money it went to, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<(ProgramId, MemberId)>,
    /// Trinks' client, where the closing named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<SalonClientId>,
    /// When this was last changed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// How the news came: `webhook` or `reconciliation`.
    pub source: String,
}

/// The states of a closed account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// Its bonus waits, because nobody knows yet whose it is.
    Unclaimed,
    /// Posted to an account of money.
    Posted,
    /// Known, and nothing to post: the till gives the bonuses, or the sale earns none.
    Noted,
    /// Reversed. A closing that arrives after this posts nothing.
    Reversed,
}

impl AccountState {
    /// The name it is stored by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unclaimed => "unclaimed",
            Self::Posted => "posted",
            Self::Noted => "noted",
            Self::Reversed => "reversed",
        }
    }
}

/// The id under which an account's redemption, bonus and reversal are posted: the same through webhook and
/// reconciliation, so that neither posts what the other did (design section 4, point 4).
#[must_use]
pub fn posting_id(establishment: EstablishmentId, transaction: TrinksTransactionId) -> TransactionId {
    TransactionId::derive(&["trinks", &establishment.to_string(), &transaction.to_string()])
}

/// The note under which the sale of an account is kept: a series that no fiscal note has.
#[must_use]
pub fn trinks_note(establishment: EstablishmentId, transaction: TrinksTransactionId) -> Note {
    Note { series: format!("TRINKS-{establishment}"), number: transaction.to_string() }
}
