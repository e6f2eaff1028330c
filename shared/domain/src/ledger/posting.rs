//! Postings: immutable, chained, each with exactly one key.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ExpiredLot;
use super::account::Account;
use crate::ids::{CampaignId, MemberId, NotAnId, Note, Operation, ProgramId, StoreId, TransactionId};
use crate::money::{Balance, Money};

/// Within what a transaction's id is unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Calls of a store's till.
    Store(StoreId),
    /// Postings of the programme itself: manual adjustments, expiry.
    Program(ProgramId),
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(store) => store.fmt(out),
            Self::Program(program) => program.fmt(out),
        }
    }
}

/// What makes a posting unique: (environment, CNPJ) or programme, `IdentificadorTransacao`, operation
/// (design section 4, point 3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PostingKey {
    /// Where the id is unique.
    pub scope: Scope,
    /// The id.
    pub transaction: TransactionId,
    /// The kind of posting.
    pub operation: Operation,
}

impl fmt::Display for PostingKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}#{}#{}", self.scope, self.transaction, self.operation.as_str())
    }
}

impl FromStr for PostingKey {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let wrong = NotAnId("posting");
        // Neither ids nor operations contain the separator; a store's scope does.
        let mut parts = text.rsplitn(3, '#');
        let (operation, transaction, scope) =
            (parts.next().ok_or(wrong)?, parts.next().ok_or(wrong)?, parts.next().ok_or(wrong)?);
        let operations = [
            Operation::Redeem,
            Operation::Earn,
            Operation::Reverse,
            Operation::Release,
            Operation::Adjust,
            Operation::Expire,
        ];
        let operation = operations.into_iter().find(|known| known.as_str() == operation).ok_or(wrong)?;
        let scope = match scope.parse::<StoreId>() {
            Ok(store) => Scope::Store(store),
            Err(_) => Scope::Program(ProgramId::try_from(scope.to_owned())?),
        };
        Ok(Self { scope, transaction: TransactionId::parse(transaction).ok_or(wrong)?, operation })
    }
}

impl Serialize for PostingKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PostingKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One change of an account. Never edited: a correction is another posting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// Its unique key.
    pub key: PostingKey,
    /// Whose account.
    pub member: MemberId,
    /// In which programme.
    pub program: ProgramId,
    /// 1 for the account's first posting.
    pub sequence: u64,
    /// When we posted it; the till's clock is not trusted.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// How it changed the ledger balance.
    #[serde(rename = "change_cents")]
    pub change: Balance,
    /// The ledger balance after it.
    #[serde(rename = "balance_after_cents")]
    pub balance_after: Balance,
    /// The posting before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PostingKey>,
    /// What happened.
    pub detail: Detail,
}

/// What happened, per kind of posting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Bonus money paid a part of a sale.
    Redeem {
        /// `ValorResgatado`.
        #[serde(rename = "amount_cents")]
        amount: Money,
        /// Another redemption of the same sale value and amount was open in this store moments before: probably
        /// the till's repetition under a new id. Flagged, never merged (contract section 8).
        #[serde(default)]
        probable_repeat: bool,
    },
    /// A sale was closed.
    Earn {
        /// Its fiscal note.
        note: Note,
        /// The bonus, before it paid any debt.
        #[serde(rename = "bonus_cents")]
        bonus: Money,
        /// The campaign that made it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        campaign: Option<CampaignId>,
        /// The redemption that this sale closed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        redemption: Option<TransactionId>,
    },
    /// A sale or an open redemption was undone.
    Reverse {
        /// What was undone.
        of: ReversedThing,
        /// Redeemed money given back.
        #[serde(rename = "given_back_cents")]
        given_back: Money,
        /// Bonus taken back, debt included.
        #[serde(rename = "taken_back_cents")]
        taken_back: Money,
    },
    /// A person corrected the balance.
    Adjust {
        /// Why.
        reason: String,
        /// Who.
        author: String,
        /// The sale whose missing redemption this settles.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        settles: Option<TransactionId>,
    },
    /// Money's time was over.
    Expire {
        /// Which lots, and what each still held beyond the debt it paid.
        lots: Vec<ExpiredLot>,
    },
}

/// What a reversal undid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversedThing {
    /// A closed sale.
    Sale(Note),
    /// A redemption that never had a note.
    Redemption(TransactionId),
}

/// What was decided: the account to write, the postings that explain it, and what to answer.
#[derive(Debug, Clone)]
pub struct Decision<T> {
    /// The account after it.
    pub account: Account,
    /// The new postings, oldest first. They must be written together with the account or not at all.
    pub postings: Vec<Posting>,
    /// What the operation came to.
    pub outcome: T,
}

/// An account being posted to: whose it is, when it is, and what has been posted so far.
#[derive(Debug)]
pub struct Books {
    pub(super) account: Account,
    pub(super) now: Timestamp,
    program: ProgramId,
    member: MemberId,
    postings: Vec<Posting>,
}

impl Books {
    /// Opens the books of an account as it was read.
    #[must_use]
    pub fn open(account: Account, program: ProgramId, member: MemberId, now: Timestamp) -> Self {
        Self { account, now, program, member, postings: Vec::new() }
    }

    /// The account as it stands.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The programme of the account.
    #[must_use]
    pub fn program(&self) -> &ProgramId {
        &self.program
    }

    /// Whose account it is.
    #[must_use]
    pub fn member(&self) -> &MemberId {
        &self.member
    }

    pub(super) fn program_key(&self, transaction: TransactionId, operation: Operation) -> PostingKey {
        PostingKey { scope: Scope::Program(self.program.clone()), transaction, operation }
    }

    /// Changes the account and records the change. The posting's figure is measured, not told: it cannot
    /// differ from what happened to the lots.
    pub(super) fn post(&mut self, key: PostingKey, change: impl FnOnce(&mut Account, Timestamp) -> Detail) {
        let before = self.account.ledger_balance();
        let detail = change(&mut self.account, self.now);
        let balance_after = self.account.ledger_balance();
        self.account.postings += 1;
        let previous = self.account.last.replace(key.clone());
        self.postings.push(Posting {
            key,
            member: self.member.clone(),
            program: self.program.clone(),
            sequence: self.account.postings,
            at: self.now,
            change: balance_after.plus(before.negated()),
            balance_after,
            previous,
            detail,
        });
    }

    pub(super) fn close<T>(self, outcome: T) -> Decision<T> {
        Decision { account: self.account, postings: self.postings, outcome }
    }
}
