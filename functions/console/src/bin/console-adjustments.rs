//! `console-adjustments`: manual credits and debits.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_console::{Console, adjustments};
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let console = Console::from_env()?;
    let console = &console;
    http::serve(move |request| async move { adjustments::handle(console, &request, Timestamp::now()).await }).await
}
