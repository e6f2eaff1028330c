//! Tells whose money expires soon.

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use ponte_events::ExpiringMoney;
use ponte_platform::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let worker = ExpiringMoney::from_env()?;
    let worker = &worker;
    let answer = |_: LambdaEvent<serde_json::Value>| {
        Box::pin(async move { worker.run(Timestamp::now()).await.map_err(Error::from) })
    };
    lambda_runtime::run(service_fn(answer)).await
}
