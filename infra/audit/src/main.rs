//! `cargo xtask audit`: proves the ledger's invariants over a table. Needs `PONTE_TABLE` and AWS's own variables
//! (region, credentials, for the local stack an endpoint). Exits with 1 when something is broken.

use std::process::ExitCode;

use lambda_runtime::Error;
use ponte_platform::aws::Aws;
use ponte_platform::table::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    let table = Table::from_env(&Aws::from_env()?)?;
    let report = ponte_audit::audit(&table, jiff::Timestamp::now()).await?;
    let total = report.total.map(|total| total.to_string()).unwrap_or_default();
    println!(
        "{}: {} accounts worth R$ {total}, {} postings, {} sales",
        table.name(),
        report.accounts,
        report.postings,
        report.sales
    );
    for stale in &report.stale_redemptions {
        println!("waits for its note: {stale}");
    }
    for broken in &report.broken {
        println!("BROKEN {broken}");
    }
    if report.broken.is_empty() {
        println!("every invariant holds");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} broken invariants", report.broken.len());
    Ok(ExitCode::FAILURE)
}
