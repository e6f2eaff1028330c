//! `console-trinks-dead-letters`: what Trinks' consumers gave up.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_console::trinks::dead_letters;
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let dead_letters = dead_letters::DeadLetters::from_env()?;
    let dead_letters = &dead_letters;
    http::serve(move |request| async move { dead_letters::handle(dead_letters, &request, Timestamp::now()).await })
        .await
}
