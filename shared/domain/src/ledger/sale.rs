//! A closed sale and what belongs to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account::OpenRedemption;
use super::lot::Taken;
use crate::ids::{CampaignId, LotId, MemberId, Note, ProgramId, StoreId, TransactionId};
use crate::money::{Balance, Money};

/// A closed sale, keyed by (store, series, number). It is reversed at most once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// Where.
    pub store: StoreId,
    /// Its fiscal note.
    pub note: Note,
    /// The programme of the account.
    pub program: ProgramId,
    /// Whose account.
    pub member: MemberId,
    /// The `IdentificadorTransacao` that closed it.
    pub transaction: TransactionId,
    /// When it was closed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// `ValorLiquido` as it was sent.
    #[serde(rename = "net_cents")]
    pub net: Money,
    /// What bonus money paid of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redemption: Option<TiedRedemption>,
    /// What it earned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bonus: Option<GeneratedBonus>,
    /// The till's figure and ours differ: there is a pending adjustment.
    #[serde(default)]
    pub pending: bool,
    /// Its reversal, once it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversal: Option<Reversal>,
    /// Raised with every change.
    pub version: u32,
    /// The fingerprint of the request that closed it.
    pub fingerprint: String,
}

/// The redemption that a sale's note closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TiedRedemption {
    /// Its `IdentificadorTransacao`.
    pub transaction: TransactionId,
    /// How much it was.
    #[serde(rename = "amount_cents")]
    pub amount: Money,
    /// Which lots paid.
    pub taken: Vec<Taken>,
}

impl From<OpenRedemption> for TiedRedemption {
    fn from(open: OpenRedemption) -> Self {
        Self { transaction: open.transaction, amount: open.amount, taken: open.taken }
    }
}

/// The bonus that a sale made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratedBonus {
    /// Its lot.
    pub lot: LotId,
    /// How much.
    #[serde(rename = "amount_cents")]
    pub amount: Money,
    /// By which campaign.
    pub campaign: CampaignId,
}

/// The figures of a reversal, answered again to every repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    /// Redeemed money given back: `ValorEstornadoUtilizado`.
    #[serde(rename = "given_back_cents")]
    pub given_back: Money,
    /// Bonus taken back: `ValorEstornadoGerado`.
    #[serde(rename = "taken_back_cents")]
    pub taken_back: Money,
    /// The balance then: `SaldoBonusAtual`.
    #[serde(rename = "balance_cents")]
    pub balance: Money,
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

/// A difference between what the till took off a sale and what the account paid, for a person to settle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAdjustment {
    /// The sale's `IdentificadorTransacao`: one sale has one difference at most.
    pub id: TransactionId,
    /// The programme.
    pub program: ProgramId,
    /// Where.
    pub store: StoreId,
    /// The sale's note.
    pub note: Note,
    /// Whose account.
    pub member: MemberId,
    /// What is missing: positive to debit, negative to give back.
    #[serde(rename = "amount_cents")]
    pub amount: Balance,
    /// When it was noticed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Where it stands.
    pub status: PendingStatus,
    /// Who settled it, and why so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
}

/// Where a pending adjustment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingStatus {
    /// Waits for a person.
    Open,
    /// Posted to the account.
    Settled,
    /// A person decided to leave it.
    Dismissed,
    /// Its sale was reversed, and the difference with it.
    Void,
}
