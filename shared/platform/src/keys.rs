//! Where each item of the table lives. One table; `pk` and `sk` are text.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | programme | `PROGRAM#<program>` | `PROGRAM` |
//! | campaign | `PROGRAM#<program>` | `CAMPAIGN#<id>` |
//! | store of a programme (pointer) | `PROGRAM#<program>` | `STORE#<environment>#<cnpj>` |
//! | list of programmes (pointer) | `PROGRAMS` | `<program>` |
//! | store | `STORE#<environment>#<cnpj>` | `STORE` |
//! | account, profile, PIN | `MEMBER#<program>#<member>` | `ACCOUNT`, `PROFILE`, `PIN#<environment>#<cnpj>` |
//! | record of an erasure | `MEMBER#<program>#<member>` | `ERASURE` |
//! | posting | `TX#<environment>#<cnpj>#<id>` or `TX#<program>#<id>` | the operation |
//! | sale | `SALE#<environment>#<cnpj>#<series>#<number>` | `SALE` |
//! | pending adjustment | `PENDING#<program>` | `<environment>#<cnpj>#<id>` |
//! | administration key | `ADMINKEYS` | the key's id |
//!
//! A member's key is a pseudonym ([`MemberId`]); no key holds personal data.

use ponte_domain::ids::{CampaignId, MemberId, Note, ProgramId, StoreId, TransactionId};
use ponte_domain::ledger::{PostingKey, Scope};

/// The address of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

fn key(pk: String, sk: impl Into<String>) -> Key {
    Key { pk, sk: sk.into() }
}

/// The partition of a programme and its campaigns and stores.
#[must_use]
pub fn program_partition(program: &ProgramId) -> String {
    format!("PROGRAM#{program}")
}

/// A programme.
#[must_use]
pub fn program(program: &ProgramId) -> Key {
    key(program_partition(program), "PROGRAM")
}

/// The prefix of a programme's campaigns.
pub const CAMPAIGN_PREFIX: &str = "CAMPAIGN#";
/// The prefix of a programme's stores.
pub const STORE_PREFIX: &str = "STORE#";
/// The prefix of a member's PINs.
pub const PIN_PREFIX: &str = "PIN#";
/// The partition that lists programmes.
pub const PROGRAMS: &str = "PROGRAMS";
/// The partition of administration keys.
pub const ADMIN_KEYS: &str = "ADMINKEYS";

/// A campaign.
#[must_use]
pub fn campaign(program: &ProgramId, id: CampaignId) -> Key {
    key(program_partition(program), format!("{CAMPAIGN_PREFIX}{:010}", id.0))
}

/// The pointer from a programme to its store.
#[must_use]
pub fn program_store(program: &ProgramId, store: StoreId) -> Key {
    key(program_partition(program), format!("{STORE_PREFIX}{store}"))
}

/// The entry of a programme in the list of programmes.
#[must_use]
pub fn program_entry(program: &ProgramId) -> Key {
    key(PROGRAMS.to_owned(), program.as_str())
}

/// A store.
#[must_use]
pub fn store(store: StoreId) -> Key {
    key(format!("STORE#{store}"), "STORE")
}

/// The partition of everything held under one member's pseudonym.
#[must_use]
pub fn member_partition(program: &ProgramId, member: &MemberId) -> String {
    format!("MEMBER#{program}#{}", member.as_str())
}

/// A member's account.
#[must_use]
pub fn account(program: &ProgramId, member: &MemberId) -> Key {
    key(member_partition(program, member), "ACCOUNT")
}

/// A member's profile: the only item with personal data.
#[must_use]
pub fn profile(program: &ProgramId, member: &MemberId) -> Key {
    key(member_partition(program, member), "PROFILE")
}

/// A member's PIN at a store.
#[must_use]
pub fn pin(program: &ProgramId, member: &MemberId, store: StoreId) -> Key {
    key(member_partition(program, member), format!("{PIN_PREFIX}{store}"))
}

/// The record that a member was erased: when, why, by which key. It names nobody.
#[must_use]
pub fn erasure(program: &ProgramId, member: &MemberId) -> Key {
    key(member_partition(program, member), "ERASURE")
}

/// The partition of all postings of one `IdentificadorTransacao`.
#[must_use]
pub fn transaction_partition(scope: &Scope, id: &TransactionId) -> String {
    format!("TX#{scope}#{id}")
}

/// A posting.
#[must_use]
pub fn posting(posting: &PostingKey) -> Key {
    key(transaction_partition(&posting.scope, &posting.transaction), posting.operation.as_str())
}

/// A sale.
#[must_use]
pub fn sale(store: StoreId, note: &Note) -> Key {
    key(format!("SALE#{store}#{}#{}", note.series, note.number), "SALE")
}

/// The partition of a programme's pending adjustments.
#[must_use]
pub fn pending_partition(program: &ProgramId) -> String {
    format!("PENDING#{program}")
}

/// A pending adjustment.
#[must_use]
pub fn pending(program: &ProgramId, store: StoreId, id: &TransactionId) -> Key {
    key(pending_partition(program), format!("{store}#{id}"))
}

/// An administration key.
#[must_use]
pub fn admin_key(id: &str) -> Key {
    key(ADMIN_KEYS.to_owned(), id)
}
