//! Trinks' Lambdas: the receiver of its webhooks, a consumer per kind of news, the dispatcher of calls that wait their
//! turn, and the reconciliation.

pub mod consumers;
pub mod desk;
pub mod dispatcher;
pub mod receiver;
pub mod reconciliation;
