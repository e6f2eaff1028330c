//! The receiver as a Lambda: one that takes HTTP deliveries, and the same messages from SNS or SQS.

use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;
use lambda_http::Error;
use lambda_runtime::{LambdaEvent, service_fn};
use ponte_platform::deliveries::{self, Deliveries, Delivery, Envelopes};
use ponte_platform::failure::Failure;
use ponte_platform::http;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Door, NotReceived, Receiver};

/// Runs the receiver.
pub async fn serve(receiver: &Receiver) -> Result<(), Error> {
    let answer = |event: LambdaEvent<Box<RawValue>>| -> Answering<'_> {
        Box::pin(async move {
            let Some(deliveries) = records(&event.payload)? else {
                let request = http::request_of(LambdaEvent::new(&event.payload, event.context))?;
                return Ok(http::event_answer(&receiver.answer(&request).await));
            };
            let handled = deliveries::handle(deliveries, |message| one(receiver, message)).await?;
            Ok(serde_json::to_value(handled)?)
        })
    };
    lambda_runtime::run(service_fn(answer)).await
}

type Answering<'a> = Pin<Box<dyn Future<Output = Result<Value, Error>> + Send + 'a>>;

/// The messages of an event of SNS or SQS; `None` for one of API Gateway.
fn records(event: &RawValue) -> Result<Option<Deliveries>, Error> {
    #[derive(Deserialize)]
    struct Probe {
        #[serde(rename = "Records")]
        records: Option<IgnoredAny>,
    }
    let probe: Probe = serde_json::from_str(event.get())?;
    if probe.records.is_none() {
        return Ok(None);
    }
    let event: Value = serde_json::from_str(event.get())?;
    let deliveries = Deliveries::read(&event, Envelopes::Kept).ok_or("the event is neither from SQS nor from SNS")?;
    Ok(Some(deliveries))
}

/// A message that SNS or SQS delivered. A forgery is not worth another delivery.
async fn one(receiver: &Receiver, message: Delivery) -> Result<(), Failure> {
    match receiver.receive(&Door::Internal, &message.body, Timestamp::now()).await {
        Err(NotReceived::Failed(failure)) => Err(failure),
        Ok(_) | Err(_) => Ok(()),
    }
}
