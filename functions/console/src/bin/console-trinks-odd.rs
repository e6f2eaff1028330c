//! `console-trinks-odd`: webhooks of Trinks that need a person.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_console::trinks::messages;
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let messages = messages::Messages::from_env()?;
    let messages = &messages;
    http::serve(move |request| async move { messages::handle(messages, &request, Timestamp::now()).await }).await
}
