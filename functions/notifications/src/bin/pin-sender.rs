//! Sends PINs: one queue message each, failed ones are delivered again.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use ponte_notifications::channels::Channels;
use ponte_notifications::pin_sender::PinSender;
use ponte_platform::aws::Aws;
use ponte_platform::secrets::Secret;
use ponte_platform::table::Table;
use ponte_platform::{settings, telemetry};

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
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Error>(batch(sender, event.payload).await)
    }))
    .await
}

async fn batch(sender: &PinSender, event: SqsEvent) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        if let Err(failure) = sender.handle(&message.body.unwrap_or_default(), Timestamp::now()).await {
            tracing::error!(event = "pin_failed", failure = %failure, "will be delivered again");
            let mut failed = BatchItemFailure::default();
            failed.item_identifier = message.message_id.unwrap_or_default();
            response.batch_item_failures.push(failed);
        }
    }
    response
}
