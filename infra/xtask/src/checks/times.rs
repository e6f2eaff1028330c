//! How long each step of the checks took: what slows the proof is a defect like any other.

use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// The steps that ran, in order, with their times.
#[derive(Default)]
pub(crate) struct Times {
    steps: Vec<(String, Duration)>,
}

impl Times {
    /// Runs a step under a name; a failure names it.
    pub(crate) fn step<T>(&mut self, name: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n=== {name} ===");
        let started = Instant::now();
        let result = run().with_context(|| format!("{name} failed"));
        self.steps.push((name.to_owned(), started.elapsed()));
        result
    }

    /// One line a step, and the sum.
    pub(crate) fn report(&self) {
        println!();
        for (name, time) in &self.steps {
            println!("{:>6.1} s  {name}", time.as_secs_f32());
        }
        let sum: Duration = self.steps.iter().map(|(_, time)| *time).sum();
        println!("{:>6.1} s  in all", sum.as_secs_f32());
    }
}
