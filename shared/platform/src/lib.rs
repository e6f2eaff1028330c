//! The thin rim that every Lambda shares: settings, logs, AWS clients, the table, secrets, JSON in and HTTP out.
//!
//! Rules live in `ponte-domain`; what one context alone needs lives in that context's crate.

pub mod aws;
pub mod call;
pub mod deliveries;
pub mod failure;
pub mod fields;
pub mod http;
pub mod keys;
pub mod ledger_store;
pub mod member_store;
pub mod openapi;
pub mod secrets;
pub mod settings;
pub mod store_directory;
pub mod table;
pub mod telemetry;
pub mod wire_money;
