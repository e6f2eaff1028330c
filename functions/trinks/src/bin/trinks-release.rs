//! Brings back the calls that waited for the next month.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use ponte_platform::telemetry;
use ponte_trinks_functions::dispatcher::Dispatcher;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let worker = Dispatcher::from_env()?;
    let worker = &worker;
    let answer =
        |_: LambdaEvent<serde_json::Value>| Box::pin(async move { worker.release().await.map_err(Error::from) });
    lambda_runtime::run(service_fn(answer)).await
}
