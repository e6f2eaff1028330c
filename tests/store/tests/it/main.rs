//! The routes over the real SDK, an embedded DynamoDB and faults in between. One program: linking is what tests of many files cost most.

mod agenda;
mod bonus_source;
mod booking;
mod doors;
mod edges;
mod faults;
mod odd_messages;
mod reconciliation;
mod requests;
mod sale;
mod salon;
mod salon_deaths;
