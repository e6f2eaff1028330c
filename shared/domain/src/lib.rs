//! Ponte's pure rules.
//!
//! No I/O, no async, no AWS, no clock and no randomness: functions take `now`, ids, random bits and state, and return
//! decisions. The wire formats and the storage are elsewhere (`ponte-platform` and the functions' crates).

pub mod agenda;
pub mod campaign;
pub mod documents;
pub mod domain_event;
pub mod door;
pub mod fingerprint;
pub mod ids;
pub mod ledger;
pub mod limits;
pub mod member;
pub mod money;
pub mod personal;
pub mod pin;
pub mod quota;
pub mod refusal;
pub mod sns;
pub mod store;
pub mod trinks;
pub mod written_id;
