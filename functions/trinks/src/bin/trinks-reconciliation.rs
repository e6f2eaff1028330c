//! Finds what no webhook of Trinks brought.

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use ponte_platform::telemetry;
use ponte_trinks_functions::reconciliation::Reconciler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let worker = Reconciler::from_env()?;
    let worker = &worker;
    let answer = |event: LambdaEvent<serde_json::Value>| {
        // `{"again": true}` by hand; the schedule says nothing.
        let again = event.payload.get("again") == Some(&serde_json::Value::Bool(true));
        Box::pin(async move { worker.run(Timestamp::now(), again).await.map_err(Error::from) })
    };
    lambda_runtime::run(service_fn(answer)).await
}
