//! The sandbox, as a client and a receiver of webhooks see it. One program: linking is what tests of many files cost most.

mod api;
mod common;
mod limits;
mod webhook;
