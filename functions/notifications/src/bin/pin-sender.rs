//! Sends PINs: one queue message each, failed ones are delivered again.

use jiff::Timestamp;
use lambda_runtime::Error;
use ponte_notifications::channels::Channels;
use ponte_notifications::pin_sender::PinSender;
use ponte_platform::aws::Aws;
use ponte_platform::secrets::Secret;
use ponte_platform::table::Table;
use ponte_platform::{deliveries, settings, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let aws = Aws::from_env()?;
    let sender = PinSender {
        table: Table::from_env(&aws)?,
        identity: Secret::new(aws.secrets(), settings::required("PONTE_SECRET_ID")?),
        channels: Channels::from_env(&aws),
    };
    let sender = &sender;
    deliveries::serve(|message| async move { sender.handle(&message.body, Timestamp::now()).await }).await
}
