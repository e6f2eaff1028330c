//! Tells what changed in the table to whoever listens.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use ponte_events::Outbox;
use ponte_platform::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let outbox = Outbox::from_env()?;
    let outbox = &outbox;
    let answer = |event: LambdaEvent<serde_json::Value>| Box::pin(async move { outbox.handle(event.payload).await });
    lambda_runtime::run(service_fn(answer)).await
}
