//! `trinks-sandbox`: the sandbox as a process, for local development.

use anyhow::Result;
use clap::Parser;
use ponte_trinks_sandbox::{Options, Sandbox, TOPIC_ARN};
use std::path::PathBuf;
use std::time::Duration;

/// Stands in for Trinks on 127.0.0.1: its API under /v1, its SNS webhooks, and /sandbox to steer it.
#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 9700)]
    port: u16,
    /// Keeps certificates and key, so that a restart needs no new trust.
    #[arg(long)]
    state: Option<PathBuf>,
    #[arg(long, default_value = TOPIC_ARN)]
    topic_arn: String,
    /// "1" signs with SHA1, "2" with SHA256.
    #[arg(long, default_value = "1", value_parser = ["1", "2"])]
    signature_version: String,
    /// Between the tries of a webhook delivery, in milliseconds; SNS itself waits 20 s.
    #[arg(long, default_value_t = 1_000)]
    retry_delay_ms: u64,
    /// Added to the numbers of what is made: whoever listens remembers them across a restart, which the sandbox does not.
    #[arg(long, default_value_t = 0)]
    ids_from: i64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let sandbox = Sandbox::start(Options {
        port: arguments.port,
        state: arguments.state,
        topic_arn: arguments.topic_arn,
        signature_version: arguments.signature_version,
        retry_delay: Duration::from_millis(arguments.retry_delay_ms),
        ids_from: arguments.ids_from,
    })
    .await?;
    println!("trinks-sandbox ready {}", sandbox.url);
    tokio::signal::ctrl_c().await?;
    Ok(())
}
