//! The administration API: one Lambda per resource, JSON, bearer keys with roles.
//!
//! | module | routes |
//! |---|---|
//! | [`programs`] | programmes |
//! | [`stores`] | a programme's stores and their settings |
//! | [`store_token`] | a store's token: issue, rotate, revoke |
//! | [`campaigns`] | a programme's campaigns |
//! | [`adjustments`] | manual credits and debits |
//! | [`pending_adjustments`] | differences between till and account, for a person to settle |
//! | [`transaction_story`] | what happened under one `IdentificadorTransacao` |
//! | [`member_statement`] | a member's balance and postings |
//! | [`member_privacy`] | LGPD: export and erasure |
//! | [`admin_keys`] | the keys of this API itself |
//! | [`agenda_keys`] | the keys of a store's agenda |
//! | [`trinks::connections`] | connections to Trinks, and the topics of their webhooks |
//! | [`trinks::salons`] | which store each salon is, and its daily comparison |
//! | [`trinks::quota`] | what is left of a key's calls |
//! | [`trinks::messages`] | webhooks as they came, and those that need a person |
//! | [`trinks::dead_letters`] | what consumers and dispatcher gave up |
//! | [`trinks::parked`] | requests that wait for the next month |
//!
//! A member's CPF travels in bodies, never in paths or queries: those are logged by everything in between.

mod access;
pub mod adjustments;
pub mod admin_keys;
pub mod agenda_keys;
mod call;
pub mod campaigns;
mod console;
mod cursor;
mod deploy_key;
mod history;
mod limits;
pub mod member_privacy;
pub mod member_statement;
mod openapi;
pub mod pending_adjustments;
mod problem;
pub mod programs;
mod random;
mod read;
pub mod store_token;
pub mod stores;
pub mod transaction_story;
pub mod trinks;
mod views;

pub use access::{AdminKey, Caller, DEPLOY, Role};
pub use console::Console;
pub use deploy_key::DeployKey;
pub use openapi::openapi;
