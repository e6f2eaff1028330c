//! The verifier of Amazon SNS messages (Trinks contract, sections 8.1 to 8.3).
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod certificates;
mod chains;
mod confirmations;
mod envelopes;
mod screening;
mod support;
mod tampering;
mod urls;
mod vectors;
