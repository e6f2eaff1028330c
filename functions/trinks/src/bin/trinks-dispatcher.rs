//! Makes the calls to Trinks that waited their turn.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use ponte_platform::deliveries::{Deliveries, Envelopes};
use ponte_platform::telemetry;
use ponte_trinks_functions::dispatcher::Dispatcher;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let dispatcher = Dispatcher::from_env()?;
    let dispatcher = &dispatcher;
    let answer = |event: LambdaEvent<serde_json::Value>| {
        Box::pin(async move {
            let deliveries = Deliveries::read(&event.payload, Envelopes::Opened).ok_or("the event is not from SQS")?;
            Ok::<_, Error>(dispatcher.batch(deliveries).await)
        })
    };
    lambda_runtime::run(service_fn(answer)).await
}
