//! Programmes of steps, each with the faults that its calls suffer.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::Fault;

/// A step, and what happens to its calls, one by one; then everything works.
pub type FaultyStep<S> = (S, Vec<Fault>);

/// Tries programmes of up to 15 steps with up to 7 faults each. `PONTE_FAULT_CASES` says how many; 60 by default.
///
/// # Panics
/// When a programme fails: with the smallest one that does.
pub fn try_programmes<S: std::fmt::Debug>(
    step: impl Strategy<Value = S>,
    check: impl Fn(Vec<FaultyStep<S>>) -> Result<(), TestCaseError>,
) {
    let cases = std::env::var("PONTE_FAULT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let steps = prop::collection::vec((step, prop::collection::vec(fault(), 0..8)), 1..16);
    runner.run(&steps, check).unwrap();
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::None),
        1 => Just(Fault::TimeoutBefore),
        1 => Just(Fault::TimeoutAfter),
        1 => Just(Fault::Throttle),
        1 => Just(Fault::TransactionConflict),
        1 => Just(Fault::CrashBefore),
        2 => Just(Fault::CrashAfter),
    ]
}
