//! Where each item of the table lives. One table; `pk` and `sk` are text.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | programme | `PROGRAM#<program>` | `PROGRAM` |
//! | campaign | `PROGRAM#<program>` | `CAMPAIGN#<id>` |
//! | store of a programme (pointer) | `PROGRAM#<program>` | `STORE#<environment>#<cnpj>` |
//! | list of programmes (pointer) | `PROGRAMS` | `<program>` |
//! | store | `STORE#<environment>#<cnpj>` | `STORE` |
//! | account | `ACCOUNT#<program>#<member>` | `ACCOUNT` |
//! | PIN | `PIN#<program>#<member>` | `PIN#<environment>#<cnpj>` |
//! | profile | `MEMBER#<program>#<member>` | `PROFILE` |
//! | record of an erasure | `MEMBER#<program>#<member>` | `ERASURE` |
//! | posting | `TX#<environment>#<cnpj>#<id>` or `TX#<program>#<id>` | the operation |
//! | sale | `SALE#<environment>#<cnpj>#<series>#<number>` | `SALE` |
//! | pending adjustment | `PENDING#<program>` | `<environment>#<cnpj>#<id>` |
//! | administration key | `ADMINKEYS` | the key's id |
//! | phone of members (pointer) | `PHONE#<program>#<hash>` | the member |
//! | Trinks' client that is a member (pointer) | `MEMBER#<program>#<member>` | `TRINKS#<establishment>#<client>` |
//! | Trinks: connection, salon, topic that awaits approval | `TRINKS` | `CONNECTION#..`, `ESTABLISHMENT#..`, `TOPIC#..` |
//! | Trinks: quota of an API key | `TRINKSQUOTA#<connection>` | `QUOTA` |
//! | Trinks: webhook as it came | `TRINKSMSG#<MessageId>` | `MESSAGE` |
//! | Trinks: webhook that needs a person | `TRINKSODD` | `<time>#<MessageId>` |
//! | Trinks: story of a closed account | `TRINKSTX#<establishment>#<transaction>` | `STORY` |
//! | Trinks: client, and the bonuses that wait for its CPF | `TRINKSCLIENT#<establishment>#<client>` | `CLIENT`, `UNCLAIMED#<transaction>` |
//! | Trinks: appointment | `TRINKSAPPOINTMENT#<establishment>#<id>` | `APPOINTMENT` |
//! | Trinks: salon, professionals, cached lists, reconciliation | `TRINKSSALON#<establishment>` | `SALON`, `PROFESSIONAL#..`, `PERSON#..`, `LIST#..`, `RECONCILIATION` |
//! | Trinks: request and its outcome | `TRINKSREQUEST#<establishment>#<id>` | `REQUEST`, and of changes `RESCHEDULE`, `CONFIRM`, `CANCEL` |
//! | Trinks: a booking for a person, under way | `TRINKSPERSON#<establishment>#<hash>` | `TURN` |
//! | Trinks: request that waits for the next month | `TRINKSPARKED#<connection>` | `<lane>#<time>#<id>#<releases>` |
//! | money that expires soon (pointer) | `EXPIRING#<day>` | `<program>#<member>` |
//! | agenda key | `AGENDAKEY#<id>` | `KEY` |
//! | agenda key of a store (pointer) | `STORE#<environment>#<cnpj>` | `AGENDAKEY#<id>` |
//!
//! A member's key is a pseudonym ([`MemberId`]); no key holds personal data. Rights are given by partition key, so what
//! differs in who may write it differs in its partition key: who writes profiles may write neither money nor PINs.

use ponte_domain::ids::{CampaignId, MemberId, Note, ProgramId, StoreId, TransactionId};
use ponte_domain::ledger::{PostingKey, Scope};
use ponte_domain::trinks::{
    AppointmentId, ConnectionId, EstablishmentId, PersonProfessionalId, SalonClientId, SalonProfessionalId,
    TrinksTransactionId,
};

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

/// The partition of a store and the pointers to its agenda keys.
#[must_use]
pub fn store_partition(store: StoreId) -> String {
    format!("STORE#{store}")
}

/// A store.
#[must_use]
pub fn store(store: StoreId) -> Key {
    key(store_partition(store), "STORE")
}

/// The partition of what is known of one member. Neither money nor PINs are in it.
#[must_use]
pub fn member_partition(program: &ProgramId, member: &MemberId) -> String {
    format!("MEMBER#{program}#{}", member.as_str())
}

/// A member's account.
#[must_use]
pub fn account(program: &ProgramId, member: &MemberId) -> Key {
    key(format!("ACCOUNT#{program}#{}", member.as_str()), "ACCOUNT")
}

/// A member's profile: the only item with personal data.
#[must_use]
pub fn profile(program: &ProgramId, member: &MemberId) -> Key {
    key(member_partition(program, member), "PROFILE")
}

/// The partition of one member's PINs.
#[must_use]
pub fn pin_partition(program: &ProgramId, member: &MemberId) -> String {
    format!("PIN#{program}#{}", member.as_str())
}

/// A member's PIN at a store.
#[must_use]
pub fn pin(program: &ProgramId, member: &MemberId, store: StoreId) -> Key {
    key(pin_partition(program, member), format!("{PIN_PREFIX}{store}"))
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

/// The partition of Trinks' connections and salons: few, and read together.
pub const TRINKS: &str = "TRINKS";
/// The prefix of connections.
pub const TRINKS_CONNECTION_PREFIX: &str = "CONNECTION#";
/// The prefix of salons.
pub const TRINKS_ESTABLISHMENT_PREFIX: &str = "ESTABLISHMENT#";
/// The prefix of topics that await an operator's approval.
pub const TRINKS_TOPIC_PREFIX: &str = "TOPIC#";
/// The partition of webhooks that need a person.
pub const TRINKS_ODD: &str = "TRINKSODD";
/// The prefix of bonuses that wait for their client's CPF.
pub const UNCLAIMED_PREFIX: &str = "UNCLAIMED#";
/// The prefix of pointers from a member to Trinks' clients.
pub const TRINKS_ALIAS_PREFIX: &str = "TRINKS#";

/// A connection to Trinks.
#[must_use]
pub fn trinks_connection(id: &ConnectionId) -> Key {
    key(TRINKS.to_owned(), format!("{TRINKS_CONNECTION_PREFIX}{id}"))
}

/// A salon and the store it belongs to.
#[must_use]
pub fn trinks_establishment(id: EstablishmentId) -> Key {
    key(TRINKS.to_owned(), format!("{TRINKS_ESTABLISHMENT_PREFIX}{id}"))
}

/// A topic that awaits approval.
#[must_use]
pub fn trinks_topic(arn: &str) -> Key {
    key(TRINKS.to_owned(), format!("{TRINKS_TOPIC_PREFIX}{arn}"))
}

/// The quota of a connection's API key.
#[must_use]
pub fn trinks_quota(id: &ConnectionId) -> Key {
    key(format!("TRINKSQUOTA#{id}"), "QUOTA")
}

/// When a connection's last event came.
#[must_use]
pub fn trinks_heard(id: &ConnectionId) -> Key {
    key(TRINKS.to_owned(), format!("HEARD#{id}"))
}

/// A webhook as it came.
#[must_use]
pub fn trinks_message(message_id: &str) -> Key {
    key(format!("TRINKSMSG#{message_id}"), "MESSAGE")
}

/// A webhook that needs a person; `at` sorts them.
#[must_use]
pub fn trinks_odd(at: jiff::Timestamp, message_id: &str) -> Key {
    // A fixed width, so that the order of keys is that of time.
    key(TRINKS_ODD.to_owned(), format!("{:013}#{message_id}", at.as_millisecond()))
}

/// The story of an account closed in Trinks.
#[must_use]
pub fn trinks_story(salon: EstablishmentId, transaction: TrinksTransactionId) -> Key {
    key(format!("TRINKSTX#{salon}#{transaction}"), "STORY")
}

/// The partition of one of Trinks' clients.
#[must_use]
pub fn trinks_client_partition(salon: EstablishmentId, client: SalonClientId) -> String {
    format!("TRINKSCLIENT#{salon}#{client}")
}

/// One of Trinks' clients, as last heard of. Personal data.
#[must_use]
pub fn trinks_client(salon: EstablishmentId, client: SalonClientId) -> Key {
    key(trinks_client_partition(salon, client), "CLIENT")
}

/// A bonus that waits for its client's CPF.
#[must_use]
pub fn unclaimed(salon: EstablishmentId, client: SalonClientId, transaction: TrinksTransactionId) -> Key {
    key(trinks_client_partition(salon, client), format!("{UNCLAIMED_PREFIX}{transaction}"))
}

/// The pointer from a member to one of Trinks' clients: so that an export and an erasure find it.
#[must_use]
pub fn trinks_alias(program: &ProgramId, member: &MemberId, salon: EstablishmentId, client: SalonClientId) -> Key {
    key(member_partition(program, member), format!("{TRINKS_ALIAS_PREFIX}{salon}#{client}"))
}

/// The partition of the members who have a phone; `hash` is a pseudonym of it.
#[must_use]
pub fn phone_partition(program: &ProgramId, hash: &str) -> String {
    format!("PHONE#{program}#{hash}")
}

/// The pointer from a phone to a member.
#[must_use]
pub fn phone(program: &ProgramId, hash: &str, member: &MemberId) -> Key {
    key(phone_partition(program, hash), member.as_str())
}

/// An appointment, as last heard of.
#[must_use]
pub fn trinks_appointment(salon: EstablishmentId, id: AppointmentId) -> Key {
    key(format!("TRINKSAPPOINTMENT#{salon}#{id}"), "APPOINTMENT")
}

/// The partition of a salon's own picture.
#[must_use]
pub fn trinks_salon_partition(salon: EstablishmentId) -> String {
    format!("TRINKSSALON#{salon}")
}

/// A salon, as last heard of.
#[must_use]
pub fn trinks_salon(salon: EstablishmentId) -> Key {
    key(trinks_salon_partition(salon), "SALON")
}

/// A professional of a salon, by the salon's own id.
#[must_use]
pub fn trinks_professional(salon: EstablishmentId, id: SalonProfessionalId) -> Key {
    key(trinks_salon_partition(salon), format!("PROFESSIONAL#{id}"))
}

/// Which professional of a salon a person is.
#[must_use]
pub fn trinks_person(salon: EstablishmentId, id: PersonProfessionalId) -> Key {
    key(trinks_salon_partition(salon), format!("PERSON#{id}"))
}

/// A list of a salon that changes rarely, cached.
#[must_use]
pub fn trinks_list(salon: EstablishmentId, list: &str) -> Key {
    key(trinks_salon_partition(salon), format!("LIST#{list}"))
}

/// How far the reconciliation of a salon has come.
#[must_use]
pub fn trinks_reconciliation(salon: EstablishmentId) -> Key {
    key(trinks_salon_partition(salon), "RECONCILIATION")
}

/// A request to Trinks and what came of it.
#[must_use]
pub fn trinks_request(salon: EstablishmentId, id: &TransactionId) -> Key {
    key(format!("TRINKSREQUEST#{salon}#{id}"), "REQUEST")
}

/// The turn of a booking for a person.
#[must_use]
pub fn trinks_person_turn(salon: EstablishmentId, person: &TransactionId) -> Key {
    key(format!("TRINKSPERSON#{salon}#{person}"), "TURN")
}

/// The partition of requests that wait for the next month.
#[must_use]
pub fn trinks_parked_partition(id: &ConnectionId) -> String {
    format!("TRINKSPARKED#{id}")
}

/// The partition of members whose money expires soon after a day: who is told on that day.
#[must_use]
pub fn expiring_partition(day: jiff::civil::Date) -> String {
    format!("EXPIRING#{day}")
}

/// The pointer to a member whose money expires.
#[must_use]
pub fn expiring(day: jiff::civil::Date, program: &ProgramId, member: &MemberId) -> Key {
    key(expiring_partition(day), format!("{program}#{}", member.as_str()))
}

/// A key of the agenda.
#[must_use]
pub fn agenda_key(id: &str) -> Key {
    key(format!("AGENDAKEY#{id}"), "KEY")
}

/// The prefix of a store's pointers to its agenda keys.
pub const AGENDA_KEY_PREFIX: &str = "AGENDAKEY#";

/// The pointer from a store to a key of its agenda: what the list of its keys is read from.
#[must_use]
pub fn agenda_key_pointer(store: StoreId, id: &str) -> Key {
    key(store_partition(store), format!("{AGENDA_KEY_PREFIX}{id}"))
}
