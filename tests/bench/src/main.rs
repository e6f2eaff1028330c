//! Measures the built Lambdas, each as the process that AWS would start, through a Lambda Runtime API of its own,
//! against an embedded DynamoDB. What each figure means is in docs/benchmarks.md.

// Statistics and prices are figures for people; no money of a customer is computed here.
#![allow(clippy::float_arithmetic)]

mod cases;
mod cold_start;
mod environment;
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
mod webhook;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, ValueEnum};

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
    /// One part alone
    #[arg(long)]
    only: Option<Part>,
    /// Keep the result in docs/benchmarks.md
    #[arg(long)]
    write: bool,
}

/// The parts that can be measured alone.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The Lambdas of a sale
    Hub,
    /// The receiver of Trinks' webhooks, against the same work in Node
    Webhook,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let wanted = |part| arguments.only.is_none_or(|only| only == part);
    if wanted(Part::Hub) {
        let text = hub(&arguments).await?;
        arguments.present(&text, report::MARKS)?;
    }
    if wanted(Part::Webhook) {
        let compared = webhook::measure(&arguments.lambdas, arguments.spawns, arguments.invocations).await?;
        arguments.present(&webhook::markdown(&compared)?, webhook::MARKS)?;
    }
    Ok(())
}

impl Arguments {
    /// Prints a part's figures, and keeps them if asked.
    fn present(&self, text: &str, marks: (&str, &str)) -> Result<()> {
        println!("{text}");
        if self.write { report::keep(text, marks) } else { Ok(()) }
    }
}

/// The Lambdas of a sale.
async fn hub(arguments: &Arguments) -> Result<String> {
    let mut till = Till::open(arguments.lambdas.clone()).await?;
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
    report::markdown(&report::Measured {
        sizes,
        cold,
        warm,
        growth,
        spawns: arguments.spawns,
        invocations: arguments.invocations,
    })
}
