//! Clients created and changed in Trinks.

use jiff::Timestamp;
use lambda_runtime::Error;
use ponte_platform::aws::Aws;
use ponte_platform::{deliveries, telemetry};
use ponte_trinks_functions::consumers::client_news;
use ponte_trinks_functions::desk::Desk;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let desk = Desk::from_env(&Aws::from_env()?)?;
    let desk = &desk;
    deliveries::serve(|message| async move { client_news(desk, &message.body, Timestamp::now()).await }).await
}
