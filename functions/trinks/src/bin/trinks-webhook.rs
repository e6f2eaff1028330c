//! Receives Trinks' webhooks: over HTTPS, or from SNS and SQS directly.

use lambda_runtime::Error;
use ponte_platform::telemetry;
use ponte_trinks_functions::receiver::{Receiver, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    serve(&Receiver::from_env()?).await
}
