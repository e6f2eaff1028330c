//! The domain's rules, through its public door. One program: linking is what tests of many files cost most.

mod campaigns;
mod ledger_model;
mod pins;
mod quota_simulation;
mod sns_signatures;
