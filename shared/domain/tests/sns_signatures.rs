//! The verifier of Amazon SNS messages (Trinks contract, sections 8.1 to 8.3).
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "sns/certificates.rs"]
mod certificates;
#[path = "sns/chains.rs"]
mod chains;
#[path = "sns/confirmations.rs"]
mod confirmations;
#[path = "sns/envelopes.rs"]
mod envelopes;
#[path = "sns/screening.rs"]
mod screening;
#[path = "sns/support.rs"]
mod support;
#[path = "sns/tampering.rs"]
mod tampering;
#[path = "sns/urls.rs"]
mod urls;
#[path = "sns/vectors.rs"]
mod vectors;
