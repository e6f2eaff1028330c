//! Trinks, as Ponte knows it: what its webhooks and its API say, and a client that keeps its quota.
//!
//! Wire names stay in here. What leaves is typed: ids of different spaces are different types, money is exact, and a
//! local time carries the salon's zone.

pub mod agenda_key;
pub mod booking;
pub mod client;
pub mod confirmation;
pub mod connection;
pub mod events;
mod lenient;
pub mod message;
pub mod parked;
mod person_turn;
pub mod picture;
pub mod progress;
pub mod queue;
pub mod quota_keeper;
pub mod requests;
pub mod slow_lists;
