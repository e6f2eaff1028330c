//! Measures the built Lambdas, each as the process that AWS would start, through a Lambda Runtime API of its own,
//! against an embedded DynamoDB. What each figure means is in docs/benchmarks.md.

// Statistics and prices are figures for people; no money of a customer is computed here.
#![allow(clippy::float_arithmetic)]

mod cases;
mod cold_start;
mod json;
mod prices;
mod process;
mod report;
mod runtime_api;
mod sizes;
mod statistics;
mod table_front;
mod till;
mod warm;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

use cases::{Case, FUNCTIONS};
use till::Till;

/// Measures the release builds of the Lambdas.
#[derive(Parser)]
struct Arguments {
    /// Folder of the builds: `<folder>/<binary>/bootstrap`
    #[arg(long, default_value = "target/lambda-release")]
    lambdas: PathBuf,
    /// Cold starts of each kind and Lambda
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..))]
    spawns: u32,
    /// Warm invocations of each operation
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    invocations: u32,
    /// Keep the result in docs/benchmarks.md
    #[arg(long)]
    write: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut till = Till::open(arguments.lambdas).await?;
    let sizes = sizes::measure(&till, FUNCTIONS)?;
    eprintln!("cold starts: {} of each kind", arguments.spawns);
    let cold = cold_start::measure(&mut till, arguments.spawns).await?;
    let mut warm = Vec::new();
    for case in Case::ALL {
        eprintln!("warm: {}", case.title());
        warm.push(warm::measure(&mut till, case, arguments.invocations).await?);
    }
    eprintln!("write units by the number of bonuses held");
    let growth = warm::growth(&mut till).await?;
    let text = report::markdown(&report::Measured {
        sizes,
        cold,
        warm,
        growth,
        spawns: arguments.spawns,
        invocations: arguments.invocations,
    })?;
    println!("{text}");
    if arguments.write { report::keep(&text) } else { Ok(()) }
}
