//! Tells what changed in the table to whoever listens.

use aws_lambda_events::event::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use ponte_platform::telemetry;
use ponte_trinks_functions::outbox::Outbox;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let outbox = Outbox::from_env()?;
    let outbox = &outbox;
    let answer = |event: LambdaEvent<Event>| Box::pin(async move { Ok::<_, Error>(outbox.batch(event.payload).await) });
    lambda_runtime::run(service_fn(answer)).await
}
