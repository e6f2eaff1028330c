//! Trinks' Lambdas: the receiver of its webhooks, a consumer per kind of news, the dispatcher of calls that wait their
//! turn, the reconciliation, and the outbox of domain events.

pub mod consumers;
pub mod desk;
pub mod dispatcher;
pub mod outbox;
pub mod receiver;
pub mod reconciliation;
